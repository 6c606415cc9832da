"""Who looked at or changed what. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("audit")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One look or change: ids and codes alone, no content and no number. `at` in milliseconds since 1970.

    `kind` is one of R10's six; `what` is such as `report`; `why` a short reason of ours; `to_whom` where something
    was disclosed to somebody else.
    """

    at: int
    person_id: str | None
    organisation: str
    audience: str
    kind: str
    what: str
    report_id: str | None
    revision: int | None
    why: str
    to_whom: str | None = None


_NAMES = tuple(AuditRow.__dataclass_fields__)


def add(tx: Transaction, row: AuditRow) -> None:
    """Writes one row."""
    tx.run(_S.ADD, **{name: getattr(row, name) for name in _NAMES})


def of_report(tx: Transaction, report_id: str) -> list[AuditRow]:
    """Who saw or changed a report, in order."""
    return [AuditRow(*row) for row in tx.all(_S.OF_REPORT, report=report_id)]


def newest(tx: Transaction, organisation: str, audience: str, most: int) -> list[AuditRow]:
    """An organisation's newest rows for an audience, the last one first."""
    return [AuditRow(*row) for row in tx.all(_S.NEWEST, at_organisation=organisation, reader=audience, most=most)]
