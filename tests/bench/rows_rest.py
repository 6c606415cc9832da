"""Engine, backlog, cold start and kills."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.bench import engine, proc, queue_floor
from tests.bench.backlog import drain_rate
from tests.bench.bare import BareServer, ServerSpec
from tests.bench.burst import burst
from tests.bench.crowd import Crowd
from tests.bench.kills import GRACE, Killer, orphans_of_up
from tests.bench.posts import posts
from tests.bench.processes import TAG, free_port
from tests.bench.product import Product
from tests.bench.report import Row, compared
from tests.bench.settings import Settings
from tests.bench.sink import SinkServer
from tests.bench.starts import first_answer
from tests.bench.valkey import Valkey

_ENGINE_SECONDS = 0.5
_RQ_JOBS = 200
_KILL_DRAIN = 75.0  # a lease of 30 s must run out after the last kill


def engine_rows(settings: Settings, _: Path) -> list[Row]:
    """Turns a second on one core."""
    found = engine.measure(Crowd().take(60), settings.pairs, _ENGINE_SECONDS)
    rows = []
    for reads in (False, True):
        railway, starter = found.ours["railway", reads], found.ours["starter", reads]
        read = "texts read" if reads else "nothing read"
        what = f"railway flow, {read}: turns with load and dump / bare table with JSON state, one core"
        rows.append(
            compared("engine", what, railway, found.table, "turns/s", bar=0.0137, at_least=True, due=True)
            if reads
            else compared("engine", what, railway, found.table, "turns/s")
        )
        full, small = ([1e6 / rate for rate in rates] for rates in (railway, starter))
        what = f"railway flow, {read}: a turn / one of the starter flow"
        rows.append(compared("engine", what, full, small, "us", bar=1.5, due=True))
    return rows


def backlog_rows(settings: Settings, folder: Path) -> list[Row]:
    """Each pair: rq's default worker on a filled queue, then a backlog of a fresh installation."""
    ours, floor = [], []
    for pair in range(settings.pairs):
        here = folder / f"backlog-{pair}"
        here.mkdir()
        with ExitStack() as running:
            sink = SinkServer(here).start()
            running.callback(sink.stop)
            product = Product(here, sink.url, settings.workers)
            running.callback(product.stop)
            product.start_web()
            ours.append(drain_rate(product, sink, Crowd(), settings.backlog))
        floor.append(_forking_rate(folder / f"rq-{pair}"))
    what = f"backlog of {settings.backlog:,} reports, reports/s / rq's forking worker, jobs/s"
    return [compared("S10", what, ours, floor, "/s", bar=20, at_least=True)]


def _forking_rate(folder: Path) -> float:
    folder.mkdir()
    valkey = Valkey(folder)
    try:
        return queue_floor.forking_rate(folder, valkey.url, _RQ_JOBS)
    finally:
        valkey.stop()


def start_rows(settings: Settings, folder: Path) -> list[Row]:
    """Byte code cached and database made beforehand: one start of each is thrown away."""
    spec = ServerSpec(settings.server, settings.workers, settings.threads)
    bare = BareServer("floors:signed", spec, folder)
    product = Product(folder, f"http://127.0.0.1:{free_port()}/reports", settings.workers)
    crowd = Crowd()

    try:
        ours, floor = [], []
        for _ in range(settings.pairs + 1):
            floor.append(first_answer(lambda: bare.start().process, bare.port, posts(bare.target, crowd.take(1))[0][0]))
            post = posts(product.target, crowd.take(1))[0][0]
            ours.append(first_answer(lambda: product.start_one("web"), product.port, post))
    finally:
        product.stop()
    what = "cold start of web to the first signed answer / bare signed Flask on the same server"
    return [compared("S20", what, [s * 1e3 for s in ours[1:]], [s * 1e3 for s in floor[1:]], "ms", bar=2, due=True)]


def kill_rows(settings: Settings, folder: Path) -> list[Row]:
    """The burst of S6 with a kill -9 every 0.8 s, and one of `quietline up` as a whole."""
    with ExitStack() as running:
        sink = SinkServer(folder).start()
        running.callback(sink.stop)
        product = Product(folder, sink.url, settings.workers)
        running.callback(product.stop)
        product.start_web().start_rest()
        crowd = Crowd()
        burst(product.target, crowd, 20, 1.0, sink)
        killer = Killer(product, sink, settings.window)
        found = burst(
            product.target,
            crowd,
            settings.reporters,
            settings.window,
            sink,
            tries=40,
            drain=_KILL_DRAIN,
            tick=killer.tick,
        )
        orphans = killer.orphans()
        lost, intact = found.lost + product.missing(found.taken), product.is_intact()
    orphans += len(proc.gone(proc.tagged(TAG), GRACE)) + orphans_of_up(folder)
    assert found.audit is not None
    doubled = found.audit.twice
    kills = ", ".join(f"{count} {name}" for name, count in killer.killed.items())
    shape = f"kill -9 during {settings.reporters:,} reporters x 6 in {settings.window:.0f} s"
    note = f"{kills}; {found.audit.resends} resends absorbed by key; database {'intact' if intact else 'DAMAGED'}"
    seen, bad = f"{lost}; {doubled}; {orphans} ({note})", lost + doubled + orphans + (not intact)
    return [Row("S22", f"{shape}: lost; doubled; orphans", seen, bar=0, value=bad, due=True)]
