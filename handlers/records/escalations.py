"""Reports that wait for a control room's answer. A row is due while somebody is left to be told."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("escalations")


class Waiting(Struct, frozen=True):
    """A report without an answer: how many contacts know, of which revision, and what there is to tell by now.

    `priority` is 0 where one of its revisions was urgent.
    """

    report_id: str
    step: int
    told: int
    revision: int
    kind: str
    organisation: str
    audience: str
    priority: int | None


def new(tx: Transaction, organisation: str, most: int) -> list[tuple[str, int]]:
    """Reports that went forward and are not waited for yet, with when they first did. Tests are none."""
    return [(row[0], row[1]) for row in tx.all(_S.NEW, owner=organisation, most=most)]


def begin(tx: Transaction, report_id: str, due_at: int) -> None:
    """Waits for an answer until `due_at`; nothing where it does already."""
    tx.run(_S.BEGIN, report_id=report_id, due_at=due_at)


def due(tx: Transaction, now: int, most: int) -> list[Waiting]:
    """Reports whose answer is overdue, danger first, locked."""
    return [Waiting(*row) for row in tx.all(_S.DUE, now=now, most=most)]


def behind(tx: Transaction, most: int) -> list[Waiting]:
    """Reports of which the contacts that were told know an older revision, locked."""
    return [Waiting(*row) for row in tx.all(_S.BEHIND, most=most)]


def move(tx: Transaction, row: Waiting, *, step: int, due_at: int | None) -> bool:
    """Notes that the next contact was told of the newest revision; False where somebody else was faster."""
    moved = tx.changed(
        _S.MOVE, report=row.report_id, from_step=row.step, step=step, revision=row.revision, due_at=due_at
    )
    return moved == 1


def keep_up(tx: Transaction, row: Waiting) -> None:
    """Notes that the contacts were told of the newest revision."""
    tx.run(_S.KEEP_UP, report=row.report_id, revision=row.revision)


def settle(tx: Transaction, report_id: str) -> None:
    """Nobody else is told."""
    tx.run(_S.SETTLE, report=report_id, due_at=None)


def hasten(tx: Transaction, report_id: str, at: int) -> None:
    """The next contact is told at `at`, unless it is due sooner; also where nobody else was to be told."""
    tx.run(_S.HASTEN, report=report_id, at=at)


def pull_back(tx: Transaction, latest: int, at: int) -> int:
    """Brings what a clock jump left beyond `latest` to `at` (F11); returns how many."""
    return tx.changed(_S.PULL_BACK, latest=latest, at=at)


def step_of(tx: Transaction, report_id: str) -> int:
    """How many contacts were told of a report."""
    row = tx.one(_S.STEP, report=report_id)
    return 0 if row is None else int(row[0])
