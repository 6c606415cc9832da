"""The open-loop burst S6 and its way to the sink: delays from the scheduled instant, nothing lost, nothing doubled."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from tests.bench.crowd import LAST_TEXT, MARKED_TEXTS, Crowd, mark
from tests.bench.load import OpenLoop, Tally, percentile, timetable
from tests.bench.posts import Target, posts
from tests.bench.processes import Process
from tests.bench.sink import Audit, Delivery, SinkServer, audit
from tests.bench.wiring import connections

WIRES = 8


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst. Times in seconds; `unanswered` texts were never acknowledged; `sink_*` is of the last text.

    `taken` holds the MessageSids of all acknowledged texts.
    """

    rate: float
    p50: float
    p99: float
    unanswered: int
    sink_p50: float = float("nan")
    sink_p99: float = float("nan")
    audit: Audit | None = None
    taken: frozenset[str] = frozenset()

    @property
    def lost(self) -> int:
        """Acknowledged texts that no report at the sink holds, and texts never acknowledged."""
        return self.unanswered + (len(self.audit.missing) if self.audit else 0)

    @property
    def doubled(self) -> int:
        """Second reports of one reporter, and second deliveries of one revision."""
        return self.audit.twice + self.audit.resends if self.audit else 0

    @property
    def tails(self) -> str:
        """For the table, in milliseconds."""
        text = f"p50 {self.p50 * 1e3:.1f} p99 {self.p99 * 1e3:.1f} ms"
        return (
            text
            if self.audit is None
            else f"{text}, at the sink p50 {self.sink_p50 * 1e3:.1f} p99 {self.sink_p99 * 1e3:.1f} ms"
        )


def burst(
    target: Target,
    crowd: Crowd,
    reporters: int,
    seconds: float,
    sink: SinkServer | None = None,
    *,
    tries: int = 1,
    drain: float = 20.0,
    tick: Callable[[], None] | None = None,
    server: Process | None = None,
) -> Burst:
    """Sends six texts of each reporter by the timetable, then waits up to `drain` seconds for the last report.

    `server`: whose workers get the same number of connections to begin with.
    """
    plan = timetable(posts(target, crowd.take(reporters)), seconds)
    with connections(target.port, WIRES, server) if server else nullcontext([]) as wired:
        tally = OpenLoop(target.port, wired, tries=tries, tick=tick).run(plan)
    unanswered = sum(1 for answer in tally.answers if answer.status != 200)
    rate, p50, p99 = tally.rate, tally.percentile(0.5), tally.percentile(0.99)
    if sink is None:
        return Burst(rate, p50, p99, unanswered)
    marks = acknowledged(tally)
    deliveries = settle(sink, marks, drain, tick)
    lags = text_to_sink(tally, deliveries)
    taken = frozenset(answer.text.sid for answer in tally.answers if answer.status == 200)
    at_sink = percentile(lags, 0.5), percentile(lags, 0.99)
    return Burst(rate, p50, p99, unanswered, *at_sink, audit(deliveries, marks), taken)


def acknowledged(tally: Tally) -> list[str]:
    """The marks of all marked texts that were answered with 200."""
    taken = (answer.text for answer in tally.answers if answer.status == 200)
    return [mark(text.reporter, text.index) for text in taken if text.index in MARKED_TEXTS]


def settle(sink: SinkServer, marks: list[str], within: float, tick: Callable[[], None] | None = None) -> list[Delivery]:
    """Waits until the sink has all marks, and a moment more in which something doubled would come."""
    deadline, expected = time.monotonic() + within, set(marks)
    while time.monotonic() < deadline:
        if tick is not None:
            tick()
        missing = expected.difference(*(delivery.marks for delivery in sink.deliveries()))
        time.sleep(0.2)
        if not missing:
            break
    return sink.deliveries()


def text_to_sink(tally: Tally, deliveries: list[Delivery]) -> list[float]:
    """For each reporter's last text: seconds from its scheduled instant to the first report at the sink with it."""
    first: dict[str, float] = {}
    for delivery in deliveries:
        for found in delivery.marks:
            first.setdefault(found, delivery.at)
    last = (answer for answer in tally.answers if answer.status == 200 and answer.text.index == LAST_TEXT)
    named = ((mark(answer.text.reporter, LAST_TEXT), answer.due) for answer in last)
    return [first[name] - due for name, due in named if name in first]
