"""S6 and S7: the open-loop burst with everything running, beside the signed floor and the bare follower."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bare import BareFollower, BareServer, ServerSpec
from tests.bench.burst import Burst, burst
from tests.bench.crowd import Crowd
from tests.bench.posts import Target
from tests.bench.processes import Process
from tests.bench.product import Product
from tests.bench.report import Row, compared
from tests.bench.settings import Settings
from tests.bench.sink import SinkServer

_WARM_REPORTERS, _WARM_SECONDS = 30, 1.5


@dataclass(slots=True)
class Lane:
    """One server with the sink behind it, and a crowd of its own."""

    target: Target
    sink: SinkServer | None
    crowd: Crowd
    server: Process
    product: Product | None = None

    def run(self, reporters: int, seconds: float) -> Burst:
        """One burst. Raises BenchError when a process of the product ended under it."""
        found = burst(self.target, self.crowd, reporters, seconds, self.sink, server=self.server)
        if self.product is not None:
            self.product.check()
        return found


def follower_lane(running: ExitStack, spec: ServerSpec, folder: Path, env: dict[str, str] | None = None) -> Lane:
    """The flock server, the bare follower and a sink."""
    folder.mkdir()
    sink = SinkServer(folder).start()
    running.callback(sink.stop)
    server = BareServer("durable:locked", spec, folder, env).start().ready()
    running.callback(server.stop)
    running.callback(BareFollower(server, sink.port, folder, env).stop)
    return Lane(server.target, sink, Crowd(), server.process)


def product_lane(running: ExitStack, workers: int, folder: Path, env: dict[str, str] | None = None) -> Lane:
    """The whole product and a sink."""
    folder.mkdir()
    sink = SinkServer(folder).start()
    running.callback(sink.stop)
    product = Product(folder, sink.url, workers, env)
    running.callback(product.stop)
    product.start_web().start_rest()
    return Lane(product.target, sink, Crowd(), product.web, product)


def rows(settings: Settings, folder: Path) -> list[Row]:
    """Interleaved bursts of the same timetable."""
    spec = ServerSpec(settings.server, settings.workers, settings.threads)
    with ExitStack() as running:
        signed = BareServer("floors:signed", spec, folder).start().ready()
        running.callback(signed.stop)
        lanes = {
            "signed": Lane(signed.target, None, Crowd(), signed.process),
            "follower": follower_lane(running, spec, folder / "follower"),
            "ours": product_lane(running, settings.workers, folder / "ours"),
        }
        for lane in lanes.values():
            lane.run(_WARM_REPORTERS, _WARM_SECONDS)
        found: dict[str, list[Burst]] = {name: [] for name in lanes}
        for turn in range(settings.pairs):
            for name in lanes if turn % 2 == 0 else reversed(lanes):
                found[name].append(lanes[name].run(settings.reporters, settings.window))
    return _rows(settings, found)


def _rows(settings: Settings, found: dict[str, list[Burst]]) -> list[Row]:
    ours, signed, follower = found["ours"], found["signed"], found["follower"]
    shape = f"{settings.reporters:,} reporters x 6 in {settings.window:.0f} s"
    lost, doubled = (sum(getattr(each, name) for each in ours) for name in ("lost", "doubled"))
    resends = sum(each.audit.resends for each in ours if each.audit)
    bare_lost = sum(each.lost + each.doubled for each in follower)
    return [
        compared(
            "S6", f"{shape}: webhook p99 / signed floor's", _ms(ours, "p99"), _ms(signed, "p99"), "ms", bar=2, due=True
        ),
        Row(
            "S6", f"{shape}: lost; doubled", f"{lost}; {doubled} (resends {resends})", f"{bare_lost}",
            bar=0, value=lost + doubled, due=True,
        ),
        compared(
            "S7", f"{shape}: last text to sink, p99 / bare follower's",
            _ms(ours, "sink_p99"), _ms(follower, "sink_p99"), "ms", bar=2, due=True,
        ),
        *(Row("", f"burst, {name}", _middle(bursts)) for name, bursts in found.items()),
    ]  # fmt: skip


def _ms(bursts: list[Burst], name: str) -> list[float]:
    return [getattr(each, name) * 1e3 for each in bursts]


def _middle(bursts: list[Burst]) -> str:
    """The burst with the median webhook p99, in words."""
    return sorted(bursts, key=lambda each: each.p99)[len(bursts) // 2].tails
