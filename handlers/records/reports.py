"""Reports and their revisions."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("reports")


class StoredReport(Struct, frozen=True):
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
    tx: Transaction, *, report_id: str, organisation: str, reference: str, status: str, key: bytes, created_at: int,
    audience: str = "desk",
) -> None:  # fmt: skip
    """Opens a report that has no revision yet. `audience` is `desk` or `confidential`."""
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
        audience=audience,
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


def change_key(tx: Transaction, report_id: str, key: bytes) -> None:
    """Puts another wrapped key in place of the report's: what the old one sealed cannot be opened any more."""
    tx.run(_S.CHANGE_KEY, report=report_id, key=key)


def forget_revisions(tx: Transaction, report_id: str, before: int) -> None:
    """Deletes the documents of the revisions with a smaller number."""
    tx.run(_S.FORGET, report=report_id, before=before)


def thin_out(tx: Transaction, report_id: str, before: int) -> None:
    """The same, but for those that some sink is still to get."""
    tx.run(_S.THIN_OUT, report=report_id, before=before)


def listed(tx: Transaction, audience: str = "desk") -> list[StoredReport]:
    """The reports for an audience that have a revision, oldest first."""
    return [StoredReport(*row) for row in tx.all(_S.LIST, reader=audience)]


def get(tx: Transaction, report_id: str) -> StoredReport | None:
    """The report of that id, whomever it is for; None while it has no revision."""
    row = tx.one(_S.GET, report=report_id)
    return None if row is None else StoredReport(*row)


def count(tx: Transaction, audience: str = "desk") -> int:
    """How many reports for an audience have a revision."""
    row = tx.one(_S.COUNT, reader=audience)
    return int(row[0]) if row else 0
