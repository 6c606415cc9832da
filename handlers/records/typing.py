"""Who writes to a reporter and has sent nothing yet. Times in milliseconds since 1970."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("typing")


class TypingRow(Struct, frozen=True):
    """Somebody writes since `began_at`; the questions rest until `until_at`."""

    person_id: str
    began_at: int
    until_at: int


class Over(Struct, frozen=True):
    """A report at which somebody wrote, and whose it is."""

    report_id: str
    organisation: str
    audience: str


def find(tx: Transaction, report_id: str) -> TypingRow | None:
    """Who writes at a report."""
    row = tx.one(_S.FIND, report=report_id)
    return None if row is None else TypingRow(*row)


def keep(tx: Transaction, report_id: str, row: TypingRow) -> None:
    """Notes it, in place of what was noted."""
    tx.run(_S.KEEP, report_id=report_id, person_id=row.person_id, began_at=row.began_at, until_at=row.until_at)


def end(tx: Transaction, report_id: str) -> bool:
    """Nobody writes there any more; False where nobody did."""
    return tx.changed(_S.END, report=report_id) == 1


def due(tx: Transaction, now: int, latest: int, most: int) -> list[Over]:
    """Where the questions rest no longer; what began after `latest` a clock jump has left (F11)."""
    return [Over(*row) for row in tx.all(_S.DUE, now=now, latest=latest, most=most)]
