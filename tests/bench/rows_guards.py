"""What the storm's guards cost: the product's durable webhook beside the same without them, interleaved."""

from __future__ import annotations

import http.client
from contextlib import ExitStack
from pathlib import Path

from tests.bench.crowd import Crowd
from tests.bench.processes import Process, free_port, listens, python, wait_until
from tests.bench.product import Product
from tests.bench.report import Row, compared
from tests.bench.saturated import Contestant, rates, rounds, tails
from tests.bench.settings import Settings

MOST_COST = 0.10
_GUARDED, _BARE = "guarded", "unguarded"


def rows(settings: Settings, folder: Path) -> list[Row]:
    """Two installations, one contestant each."""
    with ExitStack() as running:
        contestants = []
        for name in (_GUARDED, _BARE):
            here = folder / name
            here.mkdir()
            product = Product(here, f"http://127.0.0.1:{free_port()}/reports", settings.workers)
            running.callback(product.stop)
            web = product.start_web().web if name == _GUARDED else _start_bare(product, here)
            wait_until(lambda product=product: _answers(product.port), 30, name, web)  # type: ignore[misc]
            contestants.append(Contestant(name, product.target, web, Crowd()))
        found = rounds(contestants, settings.pairs, settings.seconds, settings.connections)
    ours, bare = found[_GUARDED], found[_BARE]
    return [
        compared(
            "guards", "full turns / full turns without spool and flood counts", rates(ours), rates(bare), "req/s",
            bar=1 - MOST_COST, at_least=True, due=True,
        ),
        *(Row("", f"tails, {name}", tails(slices)) for name, slices in found.items()),
    ]  # fmt: skip


def _answers(port: int) -> bool:
    """Whether the workers have begun to serve."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _start_bare(product: Product, folder: Path) -> Process:
    web = Process("web", python("tests.bench.unguarded"), folder / "web.log", product.environment)
    product.processes["web"] = web
    wait_until(lambda: listens(product.port), 30, "unguarded web", web)
    return web
