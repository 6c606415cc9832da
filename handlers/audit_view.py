"""Who saw and changed what, for auditors. Rows about confidential reports are not among them (R8)."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import audit
from handlers.records import audit as rows
from handlers.records import people
from handlers.records.audit import AuditRow
from handlers.service import Service
from handlers.sign_in import SignedIn

MOST = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One audit row, with the name of whose it is."""

    row: AuditRow
    by: str


def newest(service: Service, person: SignedIn, organisation: str) -> list[Seen]:
    """The newest rows of an organisation; the look at them is one of them. Raises StoreError."""
    audit.looked(service, person, organisation, "desk", "audit", [(None, None)], "auditing")
    with service.database.read() as tx:
        found = rows.newest(tx, organisation, "desk", MOST)
        known = {row.id: row.shown for row in people.listed(tx)}
    return [Seen(row, known.get(row.person_id or "", "Quietline")) for row in found]
