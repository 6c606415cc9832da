"""Alarms: raised once for as long as something is wrong, told at growing intervals, ended by an all-clear.

Every step is one short transaction, and the right to tell is taken by changing a row, so that two clocks tell once
(F6). Telling itself happens outside: it may take its time, and where it fails it is tried again each minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from handlers.conditions import ALERT, Condition
from handlers.records import alarms
from handlers.records.alarms import AlarmRow, RouteRow
from handlers.records.database import Database, Transaction
from handlers.service import milliseconds

# Seconds to the next telling after each: five minutes, a quarter, an hour, then every four hours.
INTERVALS = (300, 900, 3600, 14400)
QUIET_SECONDS = 60  # without it before it counts as over: what comes and goes is one alarm
FORGET_SECONDS = 86400
LEASE_SECONDS = 60
OVER = "over"


class Told(Struct, frozen=True):
    """How one way of telling did; `cause` is None where it went through, else free of addresses and secrets."""

    route: str
    cause: str | None = None


Tell = Callable[[AlarmRow], Sequence[Told]]


def keep(database: Database, conditions: Iterable[Condition], audience: str, now: float) -> None:
    """Raises what is new, keeps what lasts, ends what has not been so for a minute. Raises StoreError."""
    at = milliseconds(now)
    wrong = {each.id: each for each in conditions}
    with database.read() as tx:
        standing = {row.id: row for row in alarms.all_of(tx) if row.audience == audience}
    if not wrong and not standing:
        return
    with database.write() as tx:
        for each in wrong.values():
            if each.id in standing:
                alarms.seen(tx, each.id, each.words, at)
            else:
                alarms.add(tx, alarm=each.id, audience=audience, words=each.words, now=at)
        for row in standing.values():
            if row.id not in wrong:
                _end(tx, row, at)


def _end(tx: Transaction, row: AlarmRow, at: int) -> None:
    """It is over, once it has been quiet; whoever was told gets an all-clear, worth telling for a day."""
    quiet = abs(at - row.seen_at)
    if row.id.startswith(f"{ALERT}:"):  # no all-clear: nobody knows that by the passing of time
        if row.times or quiet >= FORGET_SECONDS * 1000:
            alarms.forget(tx, row.id, row.state)
        return
    if quiet >= FORGET_SECONDS * 1000 or (quiet >= QUIET_SECONDS * 1000 and not row.times):
        alarms.forget(tx, row.id, row.state)
    elif quiet >= QUIET_SECONDS * 1000 and row.state != OVER:
        alarms.over(tx, row.id, f"All clear: {row.words}", at)


def tell_due(database: Database, tell: Tell, audience: str, now: float) -> list[Told]:
    """Tells what is due, and notes how each way of telling did. Raises StoreError."""
    at = milliseconds(now)
    with database.read() as tx:
        rows = [row for row in alarms.all_of(tx) if row.audience == audience and _is_due(row, at)]
    ended: list[Told] = []
    for row in rows:
        with database.write() as tx:
            mine = alarms.take(tx, row, now=at, latest=_latest(at), lease_until=at + LEASE_SECONDS * 1000)
        if mine:
            results = list(tell(row))
            _note(database, row, results, at)
            ended += results
    return ended


def forget_others(database: Database, audience: str, routes: Iterable[str]) -> None:
    """Forgets ways of telling that are no longer configured. Raises StoreError."""
    known = set(routes)
    with database.read() as tx:
        gone = [row.route for row in alarms.routes(tx) if row.audience == audience and row.route not in known]
    if gone:
        with database.write() as tx:
            for route in gone:
                alarms.forget_route(tx, route)


def note_routes(database: Database, audience: str, results: Iterable[Told], at: int) -> None:
    """Notes how each way of telling did at `at` (milliseconds). Raises StoreError."""
    with database.write() as tx:
        before = {row.route: row for row in alarms.routes(tx)}
        for told in results:
            alarms.note_route(tx, _route(told, audience, before.get(told.route), at))


def _note(database: Database, row: AlarmRow, results: Sequence[Told], at: int) -> None:
    note_routes(database, row.audience, results, at)
    if all(told.cause is not None for told in results):
        return  # nobody heard it (or nobody is there to hear): the lease ends, and it is tried again
    with database.write() as tx:
        if row.state == OVER:
            alarms.forget(tx, row.id, OVER)
        else:
            pause = INTERVALS[min(row.times, len(INTERVALS) - 1)]
            alarms.told(tx, row.id, now=at, following=at + pause * 1000)


def _route(told: Told, audience: str, before: RouteRow | None, at: int) -> RouteRow:
    if told.cause is None:
        return RouteRow(told.route, audience, at, None, None)
    since = before.failed_at if before is not None and before.failed_at is not None else at
    return RouteRow(told.route, audience, before.told_at if before else None, since, told.cause)


def _is_due(row: AlarmRow, at: int) -> bool:
    return row.due_at <= at or row.due_at > _latest(at)


def _latest(at: int) -> int:
    """Beyond this no interval reaches: a clock jump left it there (F11)."""
    return at + (INTERVALS[-1] + LEASE_SECONDS) * 1000
