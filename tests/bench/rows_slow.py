"""S9: the same burst, and the highest rate, on a disk whose every sync takes 2 ms longer."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.bench import slowsync
from tests.bench.bare import ServerSpec
from tests.bench.burst import Burst
from tests.bench.crowd import TEXTS_EACH
from tests.bench.report import Row
from tests.bench.rows_burst import Lane, follower_lane, product_lane
from tests.bench.settings import Settings

_WITHIN = 0.060  # seconds that webhook and sink p99 may take
_STEPS = (0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 1.8, 2.4, 3.2, 4.0)
_STEP_SECONDS = 4.0


def rows(settings: Settings, folder: Path) -> list[Row]:
    """Reported rows; without a C compiler one that says so."""
    shim = slowsync.build(folder)
    if shim is None:
        return [Row("S9", "slow disk", "", skipped="no C compiler here, so no slow disk")]
    env = slowsync.preload(shim, settings.slow_us)
    spec = ServerSpec(settings.server, settings.workers, settings.threads)
    added = f"+{settings.slow_us / 1000:g} ms a sync"
    with ExitStack() as running:
        limit = slowsync.one_commit_rate(folder, env)
        bare = follower_lane(running, spec, folder / "slow-follower", env)
        ours = product_lane(running, settings.workers, folder / "slow-ours", env)
        for lane in (bare, ours):
            lane.run(20, 2.0)
        floor, ours_burst = (lane.run(settings.reporters, settings.window) for lane in (bare, ours))
        best, best_burst = _highest(ours, limit)
    shape = f"{added}: {settings.reporters:,} reporters x 6 in {settings.window:.0f} s"
    within = f"{added}: highest rate with webhook and sink p99 <= 60 ms / one commit a text"
    held = f"{best:.0f}/s ({best_burst.tails})" if best_burst else "none"
    beside = f"{shape}, quietline / flock and bare follower"
    return [
        Row("S9", within, held, f"{limit:.0f}/s", best / limit, bar=1.8, value=best / limit, at_least=True),
        Row("S9", beside, ours_burst.tails, floor.tails, ours_burst.p99 / floor.p99),
    ]


def _highest(lane: Lane, limit: float) -> tuple[float, Burst | None]:
    """The last step of a rising ladder that held, in texts a second, and its burst."""
    best: tuple[float, Burst | None] = (0.0, None)
    for step in _STEPS:
        rate = limit * step
        reporters = int(rate * _STEP_SECONDS / TEXTS_EACH)
        if reporters > lane.crowd.left:
            break
        found = lane.run(reporters, _STEP_SECONDS)
        if found.unanswered or found.p99 > _WITHIN or not found.sink_p99 <= _WITHIN:
            break
        best = (rate, found)
    return best
