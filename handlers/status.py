"""How an installation does just now, for one audience: what waits, since when, what is down. No content, no address.

Read from the database at each call, so that every process says the same.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from handlers.records import alarms, heartbeats, outbox, status
from handlers.records.alarms import AlarmRow, RouteRow
from handlers.records.database import Database
from handlers.records.outbox import Pause
from handlers.records.status import Waiting
from handlers.service import milliseconds

DESK = "desk"
CONFIDENTIAL = "confidential"
SYNTHETIC = "synthetic"
FLOOD = "flood"
FLOOD_SECONDS = 600
# Shorter than the first repetition of an alarm: each is told once.
ALERT_SECONDS = 240
MOST_ALERTS = 20
REFUSED_SECONDS = 3600
PROCESSES = ("worker", "clock")


class SinkStatus(Struct, frozen=True):
    """What waits for one sink. Ages in seconds; None where nothing waits."""

    sink: str
    waiting: int = 0
    oldest: float | None = None
    danger: int = 0
    danger_oldest: float | None = None
    untouched: float | None = None
    parked: int = 0
    parked_oldest: float | None = None
    paused_cause: str | None = None
    paused_for: float | None = None


class Status(Struct, frozen=True):
    """Everything at one moment. Ages in seconds.

    `texts` are those whose turn is not taken: state to (how many, age of the oldest). `silent_for` is by process,
    None where one was never seen; `synthetic` by the organisation whose way was tried. `nowhere` are confidential
    reports that no sink may have, by organisation; empty for the ordinary desk. `floods` are organisations that one
    number has sent too many texts lately. `unanswered` are reports at the desk whose supervisor is to be told, by
    organisation.
    """

    audience: str
    at: float
    sinks: tuple[SinkStatus, ...]
    texts: dict[str, tuple[int, float]]
    unsent: dict[tuple[str, str], int]
    silent_for: dict[str, float | None]
    synthetic: dict[str, float]
    nowhere: dict[str, tuple[int, float]]
    floods: tuple[str, ...] = ()
    unanswered: dict[str, tuple[int, float]] = field(default_factory=dict)
    alerts: tuple[tuple[str, str], ...] = ()
    alarms: tuple[AlarmRow, ...] = ()
    routes: tuple[RouteRow, ...] = ()

    @property
    def waiting(self) -> int:
        """Reports on their way."""
        return sum(sink.waiting for sink in self.sinks)

    @property
    def oldest(self) -> float | None:
        """Age of the oldest that is on its way."""
        return max((sink.oldest for sink in self.sinks if sink.oldest is not None), default=None)

    @property
    def failing_routes(self) -> list[RouteRow]:
        """Ways of telling whose last try failed."""
        return [route for route in self.routes if route.failed_at is not None]


def read(database: Database, now: float, audience: str = DESK) -> Status:
    """The status at `now` (Unix seconds) for `desk` or `confidential`. Raises StoreError."""
    at = milliseconds(now)
    with database.read() as tx:
        waiting, paused = status.outbox(tx, audience), outbox.paused(tx)
        beats = heartbeats.all_of(tx)
        desk = audience == DESK
        texts = status.texts(tx) if desk else {}
        return Status(
            audience=audience,
            at=now,
            sinks=_sinks(waiting, paused, at),
            texts={state: (count, _age(at, since)) for state, (count, since) in texts.items()},
            unsent=status.unsent(tx, audience),
            silent_for={name: _silence(beats.get(name), at) for name in PROCESSES},
            synthetic={
                name.partition(".")[2]: _age(at, since)
                for name, since in sorted(beats.items())
                if desk and name.startswith(f"{SYNTHETIC}.")
            },
            floods=tuple(
                name.partition(".")[2]
                for name, since in sorted(beats.items())
                if desk and name.startswith(f"{FLOOD}.") and abs(at - since) < FLOOD_SECONDS * 1000
            ),
            nowhere={} if desk else {row[0]: (row[1], _age(at, row[2])) for row in status.nowhere(tx)},
            unanswered={row[0]: (row[1], _age(at, row[2])) for row in status.unanswered(tx, audience, at)},
            alerts=() if desk else tuple(status.alerts(tx, at - ALERT_SECONDS * 1000, MOST_ALERTS)),
            alarms=tuple(row for row in alarms.all_of(tx) if row.audience == audience),
            routes=tuple(row for row in alarms.routes(tx) if row.audience == audience),
        )


def _age(at: int, since: int) -> float:
    """Seconds; none from the future, which a clock that went back has left."""
    return max(0, at - since) / 1000


def _silence(beat: int | None, at: int) -> float | None:
    return None if beat is None else abs(at - beat) / 1000


def _sinks(waiting: list[Waiting], paused: dict[str, Pause], at: int) -> tuple[SinkStatus, ...]:
    """The sinks that something of this audience waits for; a pause alone would tell of another's reports (R8)."""
    names = {row.sink for row in waiting}
    return tuple(
        _sink(name, [row for row in waiting if row.sink == name], paused.get(name), at) for name in sorted(names)
    )


def _sink(name: str, rows: list[Waiting], paused: Pause | None, at: int) -> SinkStatus:
    moving = [row for row in rows if row.state != "parked"]
    danger = [row for row in moving if row.priority == 0]
    parked = [row for row in rows if row.state == "parked"]
    untouched = [row.untouched_at for row in moving if row.untouched_at is not None]
    return SinkStatus(
        sink=name,
        waiting=sum(row.count for row in moving),
        oldest=_oldest(moving, at),
        danger=sum(row.count for row in danger),
        danger_oldest=_oldest(danger, at),
        untouched=_age(at, min(untouched)) if untouched else None,
        parked=sum(row.count for row in parked),
        parked_oldest=_oldest(parked, at),
        paused_cause=None if paused is None else paused.cause,
        paused_for=None if paused is None else _age(at, paused.paused_at),
    )


def _oldest(rows: list[Waiting], at: int) -> float | None:
    return _age(at, min(row.oldest_at for row in rows)) if rows else None


def as_document(now: Status) -> dict[str, Any]:
    """The status as plain JSON data. Ages in seconds, times in milliseconds since 1970."""
    document = asdict(now)
    for name in ("sinks", "alarms", "routes"):
        document[name] = [asdict(row) for row in document[name]]
    del document["alerts"]  # of reports, by their ids
    document["unsent"] = {
        channel: {state: count for (of, state), count in now.unsent.items() if of == channel}
        for channel in sorted({channel for channel, _ in now.unsent})
    }
    for name in ("texts", "nowhere", "unanswered"):
        document[name] = {key: {"count": count, "oldest": age} for key, (count, age) in getattr(now, name).items()}
    return document


def refusals(database: Database, now: float, audience: str = DESK) -> list[tuple[str, str]]:
    """What carriers have refused of our texts within the last hour: channel and cause. Raises StoreError."""
    with database.read() as tx:
        return status.refusals(tx, audience, milliseconds(now - REFUSED_SECONDS))
