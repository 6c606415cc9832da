"""What is wrong just now, who was told, and how each way of telling does. Times in milliseconds since 1970."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("alarms")


class AlarmRow(Struct, frozen=True):
    """One alarm. `times` is how often it was told, `due_at` when it is told next."""

    id: str
    audience: str
    words: str
    state: str
    since: int
    seen_at: int
    told_at: int | None
    times: int
    due_at: int


class RouteRow(Struct, frozen=True):
    """One way of telling. `failed_at`: since when it fails, None where the last try went through."""

    route: str
    audience: str
    told_at: int | None
    failed_at: int | None
    cause: str | None


def all_of(tx: Transaction) -> list[AlarmRow]:
    """Every alarm, the oldest first."""
    return [AlarmRow(*row) for row in tx.all(_S.ALL)]


def add(tx: Transaction, *, alarm: str, audience: str, words: str, now: int) -> None:
    """Raises an alarm, to be told at once."""
    tx.run(_S.ADD, id=alarm, audience=audience, words=words, since=now, seen_at=now, due_at=now)


def seen(tx: Transaction, alarm: str, words: str, now: int) -> None:
    """What it is about is still so."""
    tx.run(_S.SEEN, alarm=alarm, says=words, at=now)


def over(tx: Transaction, alarm: str, words: str, now: int) -> None:
    """It is over; the all-clear is due."""
    tx.run(_S.OVER, alarm=alarm, says=words, at=now)


def take(tx: Transaction, alarm: AlarmRow, *, now: int, latest: int, lease_until: int) -> bool:
    """Takes the right to tell it, which one process has; due where `due_at` is past, or beyond `latest` (F11)."""
    taken = tx.changed(_S.TAKE, alarm=alarm.id, was_due=alarm.due_at, now=now, latest=latest, lease_until=lease_until)
    return taken == 1


def told(tx: Transaction, alarm: str, *, now: int, following: int) -> None:
    """Somebody was told; it is told again at `following`."""
    tx.run(_S.TOLD, alarm=alarm, at=now, next=following)


def forget(tx: Transaction, alarm: str, state: str) -> None:
    """Deletes an alarm that is still in this state."""
    tx.run(_S.FORGET, alarm=alarm, still=state)


def routes(tx: Transaction) -> list[RouteRow]:
    """Every way of telling."""
    return [RouteRow(*row) for row in tx.all(_S.ROUTES)]


def note_route(tx: Transaction, row: RouteRow) -> None:
    """Notes how a way of telling does."""
    tx.run(
        _S.NOTE_ROUTE,
        route=row.route,
        audience=row.audience,
        told_at=row.told_at,
        failed_at=row.failed_at,
        cause=row.cause,
    )


def forget_route(tx: Transaction, route: str) -> None:
    """A way of telling that is no longer configured."""
    tx.run(_S.FORGET_ROUTE, name=route)
