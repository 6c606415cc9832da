"""Closed reports that a supervisor reads again; and what of a shift goes with a report. Times in milliseconds."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("samples")


class SampleRow(Struct, frozen=True):
    """A report that was drawn; `body` is the sealed remark."""

    report_id: str
    day: str
    reviewed_at: int | None
    reviewed_by: str | None
    body: bytes | None
    reference: str


def remark_place(report_id: str, day: str) -> Place:
    """Where a sealed remark stands."""
    return Place("desk_samples", f"{report_id}:{day}", "body")


def closed(tx: Transaction, organisation: str, audience: str, since: int, until: int) -> list[str]:
    """The reports that were closed in that time, exercises apart."""
    return [row[0] for row in tx.all(_S.CLOSED, owner=organisation, reader=audience, since=since, until=until)]


def drawn(tx: Transaction, organisation: str, audience: str, day: str) -> list[str]:
    """What was drawn for a day."""
    return [row[0] for row in tx.all(_S.DRAWN, owner=organisation, reader=audience, on=day)]


def draw(tx: Transaction, organisation: str, audience: str, day: str, report_id: str) -> None:
    """Notes that a report was drawn; again it changes nothing."""
    tx.run(_S.DRAW, report_id=report_id, day=day, organisation=organisation, audience=audience)


def listed(tx: Transaction, organisation: str, audience: str, most: int) -> list[SampleRow]:
    """What is still to be read first, then by day."""
    return [SampleRow(*row) for row in tx.all(_S.SAMPLES, owner=organisation, reader=audience, most=most)]


def review(
    tx: Transaction, organisation: str, audience: str, report_id: str, day: str, *, person_id: str, body: bytes, at: int
) -> bool:
    """Notes a review with its sealed remark; False where there is one, or nothing was drawn."""
    changed = tx.changed(
        _S.REVIEW, owner=organisation, reader=audience, report=report_id, on=day, at=at, who=person_id, body=body
    )
    return changed == 1


def reference(tx: Transaction, report_id: str) -> str:
    """A report's reference, empty where it is gone."""
    row = tx.one(_S.REFERENCE, report=report_id)
    return "" if row is None else str(row[0])


def erase(tx: Transaction, report_id: str) -> None:
    """Deletes all that a shift knows of a report."""
    for statement in (
        *(_S.ERASE_PRESENCE, _S.ERASE_ANSWERS, _S.ERASE_BREACHES, _S.ERASE_PROMISES),
        *(_S.ERASE_HANDED, _S.ERASE_SAMPLES, _S.ERASE_TYPING, _S.FORGET_REPORT),
    ):
        tx.run(statement, report=report_id)
