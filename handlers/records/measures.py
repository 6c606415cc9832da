"""Latencies and counts, added up over all processes."""

from __future__ import annotations

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("measures")


def add(tx: Transaction, name: str, audience: str, label: str, bucket: str, value: int) -> None:
    """Adds to one bucket."""
    tx.run(_S.ADD, name=name, audience=audience, label=label, bucket=bucket, value=value)


def of(tx: Transaction, audience: str) -> list[tuple[str, str, str, int]]:
    """Every bucket of an audience: its measure's name, label, bucket, value."""
    return [(row[0], row[1], row[2], int(row[3])) for row in tx.all(_S.OF, reader=audience)]


def last_text(tx: Transaction) -> int:
    """The number of the newest text."""
    row = tx.one(_S.LAST)
    return int(row[0]) if row and row[0] is not None else 0


def apart(tx: Transaction, after: int) -> dict[tuple[str, str], tuple[str, str]]:
    """Of the texts after that number those that are not the ordinary desk's, by channel and carrier's id: the audience
    and the status of their reports."""
    return {(row[0], row[1]): (row[2], row[3]) for row in tx.all(_S.APART, after=after)}


def whose(tx: Transaction, token: str) -> tuple[str, str] | None:
    """The audience and the status of the report that a text of ours belongs to."""
    row = tx.one(_S.SENT, put=token)
    return None if row is None else (row[0], row[1])
