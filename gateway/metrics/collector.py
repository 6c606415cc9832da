"""The figures of one audience as Prometheus wants them, read from the database at each scrape.

Gauges say what is true just now; histograms and counters are what all processes have added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.metrics.meter import BOUNDS, COUNT, DELIVERY, INTAKE, MORE, SEGMENTS, SUM, TURN
from handlers import status
from handlers.records import measures
from handlers.records.database import StoreError
from handlers.service import Service
from handlers.spool import SpoolError
from handlers.status import DESK, SinkStatus, Status

_HISTOGRAMS: Final = {
    INTAKE: ("quietline_intake_seconds", "From a carrier's request to our answer.", ()),
    TURN: ("quietline_turn_seconds", "One turn with its commit.", ()),
    DELIVERY: ("quietline_delivery_seconds", "From a revision to its confirmation by the sink.", ("sink",)),
}
_SINK_GAUGES: Final[tuple[tuple[str, str, Callable[[SinkStatus], float | None]], ...]] = (
    ("outbox_waiting", "Revisions on their way.", lambda sink: sink.waiting),
    ("outbox_oldest_seconds", "Age of the oldest revision on its way.", lambda sink: sink.oldest or 0.0),
    ("outbox_unclaimed_oldest_seconds", "Age of the oldest never tried.", lambda sink: sink.untouched or 0.0),
    ("danger_waiting", "Revisions of danger on their way.", lambda sink: sink.danger),
    ("danger_oldest_seconds", "Age of the oldest of danger.", lambda sink: sink.danger_oldest or 0.0),
    ("dead_letters", "Revisions that a sink refused, parked for a person.", lambda sink: sink.parked),
    ("sink_paused", "1 where a sink refuses everything.", lambda sink: float(sink.paused_cause is not None)),
)


class StatusCollector(Collector):
    """Collects one audience's figures.

    Args:
        service: the shared parts.
        audience: `desk` or `confidential`.
        spooled: counts texts that are on the disk and not in the database, where there is such a spool.
    """

    def __init__(self, service: Service, audience: str, spooled: Callable[[], int] | None) -> None:
        self._service = service
        self._audience = audience
        self._spooled = spooled

    def describe(self) -> Iterator[Metric]:
        """Nothing in advance: registering must not ask the database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Every figure; `quietline_up` alone, at 0, while the database does not answer."""
        try:
            now = status.read(self._service.database, self._service.clock.now(), self._audience)
            with self._service.database.read() as tx:
                buckets = measures.of(tx, self._audience)
        except StoreError:
            yield _gauge("up", "1 while the database answers.", 0)
            return
        yield _gauge("up", "1 while the database answers.", 1)
        yield from _sinks(now)
        if self._audience == DESK:
            yield from _installation(now)
            yield from self._spool()
        else:
            yield _by(
                "held_reports", "Reports that no sink may have.", "organisation",
                {name: count for name, (count, _) in now.nowhere.items()},
            )  # fmt: skip
        yield from _alarms(now)
        yield from _measured(buckets)

    def _spool(self) -> Iterator[Metric]:
        """Nothing where there is no spool, or where it cannot be read: the alarm `spool` tells that."""
        if self._spooled is not None:
            with suppress(SpoolError):
                yield _gauge("spool_texts", "Texts on the disk that are not in the database.", self._spooled())


def _sinks(now: Status) -> Iterator[Metric]:
    for name, help_text, value in _SINK_GAUGES:
        yield _by(name, help_text, "sink", {sink.sink: value(sink) for sink in now.sinks})


def _installation(now: Status) -> Iterator[Metric]:
    for state, help_text in (("due", "whose turn failed and is due again"), ("held", "held for a person")):
        count, age = now.texts.get(state, (0, 0.0))
        yield _gauge(f"texts_{state}", f"Texts {help_text}.", count)
        yield _gauge(f"texts_{state}_oldest_seconds", f"Age of the oldest text {help_text}.", age)
    unsent: dict[str, float] = defaultdict(float)
    for (channel, _), count in now.unsent.items():
        unsent[channel] += count
    yield _by("texts_unsent", "Texts of ours that wait to be sent.", "channel", unsent)
    yield _by("silent_seconds", "Since a process was last seen.", "process", now.silent_for)
    yield _by("synthetic_seconds", "Since the synthetic reporter came through.", "organisation", now.synthetic)


def _alarms(now: Status) -> Iterator[Metric]:
    yield _by("alarm", "1 for each alarm that is raised.", "alarm", {row.id: 1.0 for row in now.alarms})
    failing = {row.route: float(row.failed_at is not None) for row in now.routes}
    yield _by("alarm_route_failing", "1 where an alarm could not be told.", "route", failing)


def _measured(buckets: list[tuple[str, str, str, int]]) -> Iterator[Metric]:
    values: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for name, label, bucket, value in buckets:
        values[name][label][bucket] = value
    for name, (metric, help_text, labels) in _HISTOGRAMS.items():
        family = HistogramMetricFamily(metric, help_text, labels=labels)
        for label, found in sorted(values[name].items()):
            family.add_metric([label] if labels else [], _cumulative(found), found.get(SUM, 0) / 1_000_000)
        yield family
    counter = CounterMetricFamily("quietline_segments_sent", "Segments of answers and texts.", labels=("channel",))
    for label, found in sorted(values[SEGMENTS].items()):
        counter.add_metric([label], found.get(COUNT, 0))
    yield counter


def _cumulative(found: dict[str, int]) -> list[Any]:
    total, cumulative = 0, []
    for bound in BOUNDS:
        total += found.get(f"{bound * 1000:g}", 0)
        cumulative.append((str(bound), total))
    return [*cumulative, ("+Inf", total + found.get(MORE, 0))]


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"quietline_{name}", help_text, value=value)


def _by(name: str, help_text: str, label: str, values: Any) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"quietline_{name}", help_text, labels=(label,))
    for key, value in sorted(values.items()):
        if value is not None:
            family.add_metric([key], value)
    return family
