"""Counts and ages of what waits, for one audience at a time. Times in milliseconds since 1970."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("status")


class Waiting(Struct, frozen=True):
    """Unfinished outbox rows of one sink, priority and state. `untouched_at`: the oldest that nobody has claimed."""

    sink: str
    priority: int
    state: str
    count: int
    oldest_at: int
    untouched_at: int | None


def outbox(tx: Transaction, audience: str) -> list[Waiting]:
    """What is due, leased or parked."""
    return [Waiting(*row) for row in tx.all(_S.OUTBOX, reader=audience)]


def texts(tx: Transaction) -> dict[str, tuple[int, int]]:
    """How many texts wait for their turn (`due`) and for a person (`held`), and since when."""
    return {row[0]: (row[1], row[2]) for row in tx.all(_S.TEXTS)}


def unsent(tx: Transaction, audience: str) -> dict[tuple[str, str], int]:
    """How many texts of ours wait to be sent, by channel and state."""
    return {(row[0], row[1]): row[2] for row in tx.all(_S.UNSENT_TEXTS, reader=audience)}


def unanswered(tx: Transaction, audience: str, now: int) -> list[tuple[str, int, int]]:
    """Reports at a desk that people work at, without an answer for long: organisation, how many, since when."""
    return [(row[0], row[1], row[2]) for row in tx.all(_S.UNANSWERED, reader=audience, now=now)]


def nowhere(tx: Transaction) -> list[tuple[str, int, int]]:
    """Confidential reports that have nowhere to go: organisation, how many, since when."""
    return [(row[0], row[1], row[2]) for row in tx.all(_S.NOWHERE)]


def alerts(tx: Transaction, since: int, most: int) -> list[tuple[str, str]]:
    """Confidential reports that have shown danger since then: organisation and report."""
    return [(row[0], row[1]) for row in tx.all(_S.ALERTS, since=since, most=most)]


def refusals(tx: Transaction, audience: str, since: int) -> list[tuple[str, str]]:
    """What carriers have refused of our texts since then: channel and cause."""
    return [(row[0], row[1]) for row in tx.all(_S.REFUSED, reader=audience, since=since)]
