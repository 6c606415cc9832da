"""Reports and their revisions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select, update

from handlers.records.database import Statement, Transaction
from handlers.records.schema import reports, revisions
from handlers.vault import Place

_R, _V = reports.c, revisions.c

_ADD_COLUMNS = ("id", "organisation", "reference", "status", "key", "revision", "created_at", "updated_at")
_ADD = Statement(insert(reports).values({name: bindparam(name) for name in _ADD_COLUMNS}))
_ADVANCE = Statement(
    update(reports)
    .where(_R.id == bindparam("report"))
    .values({name: bindparam(name) for name in ("revision", "kind", "state", "updated_at")})
)
_ADD_REVISION = Statement(
    insert(revisions).values(
        {name: bindparam(name) for name in ("report_id", "revision", "kind", "created_at", "document")}
    )
)
_KEY = Statement(select(_R.key).where(_R.id == bindparam("report")))
_DOCUMENT = Statement(
    select(_V.document, _V.kind, _V.created_at).where(
        _V.report_id == bindparam("report"), _V.revision == bindparam("revision")
    )
)
_LISTED = select(
    _R.id, _R.organisation, _R.reference, _R.status, _R.revision, _R.kind, _R.state, _R.created_at, _R.updated_at
).where(_R.revision > 0)
_LIST = Statement(_LISTED.order_by(_R.created_at, _R.id))
_GET = Statement(_LISTED.where(_R.id == bindparam("report")))
_COUNT = Statement(select(func.count()).select_from(reports).where(_R.revision > 0))


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
        _ADD,
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
    tx.run(_ADD_REVISION, report_id=report_id, revision=revision, kind=kind, created_at=created_at, document=document)
    tx.run(_ADVANCE, report=report_id, revision=revision, kind=kind, state=state, updated_at=created_at)


def wrapped_key(tx: Transaction, report_id: str) -> bytes | None:
    """The report's wrapped key, None where there is no such report."""
    row = tx.one(_KEY, report=report_id)
    return None if row is None else bytes(row[0])


def sealed_document(tx: Transaction, report_id: str, revision: int) -> tuple[bytes, str, int] | None:
    """A revision's sealed document, its kind and when it was made."""
    row = tx.one(_DOCUMENT, report=report_id, revision=revision)
    return None if row is None else (bytes(row[0]), row[1], row[2])


def listed(tx: Transaction, report_id: str | None = None) -> list[StoredReport]:
    """All reports that have a revision, oldest first, or the one of that id."""
    rows = tx.all(_LIST) if report_id is None else tx.all(_GET, report=report_id)
    return [StoredReport(*row) for row in rows]


def count(tx: Transaction) -> int:
    """How many reports have a revision."""
    row = tx.one(_COUNT)
    return int(row[0]) if row else 0
