"""Which server: the same bare signed route on each that is installed."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from tests.bench.bare import BareServer, ServerSpec
from tests.bench.crowd import Crowd
from tests.bench.report import Row, compared
from tests.bench.saturated import Contestant, Slice, rates, rounds, tails
from tests.bench.serve import SERVERS
from tests.bench.settings import Settings


def rows(settings: Settings, folder: Path) -> list[Row]:
    """Requests a second of each server beside gunicorn's own threaded worker."""
    installed = [kind for kind in SERVERS if kind == "product" or find_spec(kind)]
    with ExitStack() as running:
        contestants = []
        for kind in installed:
            here = folder / kind
            here.mkdir()
            spec = ServerSpec(kind, settings.workers, settings.threads)
            server = BareServer("floors:signed", spec, here).start()
            running.callback(server.stop)
            contestants.append(Contestant(kind, server.ready().target, server.process, Crowd()))
        found = rounds(contestants, settings.pairs, settings.seconds, settings.connections)
    return [row for kind in installed for row in _rows(kind, found[kind], found["gunicorn"])]


def _rows(kind: str, found: list[Slice], floor: list[Slice]) -> list[Row]:
    what = f"bare signed route on {kind} / on gunicorn"
    return [compared("server", what, rates(found), rates(floor), "req/s"), Row("", f"tails on {kind}", tails(found))]
