"""Reports and their revisions."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("reports")


@dataclass(frozen=True, slots=True)
class StoredReport:
    """The readable part of a report; its words are in its revisions. Times in milliseconds since 1970."""

    id: str
    organisation: str
    reference: str
    status: str
    revision: int
    kind: str
    state: str
    created_at: int
    updated_at: int


def key_place(report_id: str) -> Place:
    """Where a report's wrapped key stands."""
    return Place("reports", report_id, "key")


def document_place(report_id: str, revision: int) -> Place:
    """Where a revision's sealed document stands."""
    return Place("revisions", f"{report_id}:{revision}", "document")


def add(
    tx: Transaction, *, report_id: str, organisation: str, reference: str, status: str, key: bytes, created_at: int
) -> None:
    """Opens a report that has no revision yet."""
    tx.run(
        _S.ADD,
        id=report_id,
        organisation=organisation,
        reference=reference,
        status=status,
        key=key,
        revision=0,
        created_at=created_at,
        updated_at=created_at,
    )


def add_revision(
    tx: Transaction, *, report_id: str, revision: int, kind: str, state: str, created_at: int, document: bytes
) -> None:
    """Writes one revision and makes it the report's newest."""
    tx.run(_S.ADD_REVISION, report_id=report_id, revision=revision, kind=kind, created_at=created_at, document=document)
    tx.run(_S.ADVANCE, report=report_id, revision=revision, kind=kind, state=state, updated_at=created_at)


def wrapped_key(tx: Transaction, report_id: str) -> bytes | None:
    """The report's wrapped key, None where there is no such report."""
    row = tx.one(_S.KEY, report=report_id)
    return None if row is None else bytes(row[0])


def sealed_document(tx: Transaction, report_id: str, revision: int) -> tuple[bytes, str, int] | None:
    """A revision's sealed document, its kind and when it was made."""
    row = tx.one(_S.DOCUMENT, report=report_id, revision=revision)
    return None if row is None else (bytes(row[0]), row[1], row[2])


def listed(tx: Transaction, report_id: str | None = None) -> list[StoredReport]:
    """All reports that have a revision, oldest first, or the one of that id."""
    rows = tx.all(_S.LIST) if report_id is None else tx.all(_S.GET, report=report_id)
    return [StoredReport(*row) for row in rows]


def count(tx: Transaction) -> int:
    """How many reports have a revision."""
    row = tx.one(_S.COUNT)
    return int(row[0]) if row else 0
