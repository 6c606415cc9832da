"""Saturated rows: requests a second, tails, CPU and memory of the web process, beside the floors."""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.bench import proc
from tests.bench.bare import BareServer, ServerSpec
from tests.bench.crowd import Crowd
from tests.bench.processes import Process, free_port
from tests.bench.product import Product, sizes
from tests.bench.report import Row, compared
from tests.bench.saturated import Contestant, Slice, median_rate, rates, rounds, tails
from tests.bench.settings import Settings

_FLOORS = {"signed": "floors:signed", "busy_timeout": "durable:busy", "flock": "durable:locked"}
_OURS = "quietline"


def rows(settings: Settings, folder: Path) -> list[Row]:
    """The web process alone, reports piling up in the outbox: forwarding is measured with the burst."""
    spec = ServerSpec(settings.server, settings.workers, settings.threads)
    with ExitStack() as running:
        contestants = []
        for name, app in _FLOORS.items():
            server = BareServer(app, spec, folder).start().ready()
            running.callback(server.stop)
            contestants.append(Contestant(name, server.target, server.process, Crowd()))
        product = Product(folder, f"http://127.0.0.1:{free_port()}/reports", settings.workers)
        running.callback(product.stop)
        product.start_web()
        contestants.append(Contestant(_OURS, product.target, product.web, Crowd()))
        found = rounds(contestants, settings.pairs, settings.seconds, settings.connections)
        print("sealed bytes:", sizes(product), file=sys.stderr, flush=True)
        return [
            *_rate_rows(found),
            _tail_row(found[_OURS]),
            _cpu_row(found),
            _memory_row(product, contestants[0].server),
        ]


def _rate_rows(found: dict[str, list[Slice]]) -> list[Row]:
    ours, signed, naive = found[_OURS], found["signed"], found["busy_timeout"]
    better = max(("busy_timeout", "flock"), key=lambda name: median_rate(found[name]))
    return [
        compared(
            "commit", f"full turns / hand-written commit of the same rows ({better}, the better of two)",
            rates(ours), rates(found[better]), "req/s", bar=0.8, at_least=True, due=True,
        ),
        compared(
            "S1", "full turns / bare signed Flask route, 2 workers, SQLite FULL", rates(ours), rates(signed), "req/s",
            bar=0.7, at_least=True,
        ),
        compared(
            "S2", "full turns / naive durable handler (busy_timeout)", rates(ours), rates(naive), "req/s",
            bar=1.8, at_least=True,
        ),
        *(Row("", f"tails of {name}", tails(slices)) for name, slices in found.items()),
    ]  # fmt: skip


def _tail_row(ours: list[Slice]) -> Row:
    ratio = statistics.median(each.p99 / each.p50 for each in ours)
    what = "saturated p99 / p50 of full turns, 2 writer processes"
    return Row("S5", what, tails(ours), ratio=ratio, bar=3, value=ratio, due=True)


def _cpu_row(found: dict[str, list[Slice]]) -> Row:
    ours, floor = ([each.cpu * 1e6 for each in found[name]] for name in (_OURS, "signed"))
    return compared("S23", "CPU of a full turn / of a signed request", ours, floor, "us", bar=1.3)


def _memory_row(product: Product, floor: Process) -> Row:
    pids = proc.workers(product.web.pid)
    rss, pss = (max(map(measure, pids)) for measure in (proc.rss_mib, proc.pss_mib))
    bare = max(map(proc.rss_mib, proc.workers(floor.pid)))
    return Row(
        "memory", "resident memory of a web worker after the load, MiB", f"{rss:.0f} MiB (PSS {pss:.0f})",
        f"{bare:.0f} MiB", rss / bare, bar=100, value=rss, due=True,
    )  # fmt: skip
