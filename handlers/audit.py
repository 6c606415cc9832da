"""Each look and each change is written before anything is shown or done (R10).

A page is shown only after `looked` has returned: where it raises, there is nothing to show. A change writes its row in
its own transaction (`changed`), so that there is neither without the other. Rows hold ids and codes, never content.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from handlers.records import audit
from handlers.records.audit import AuditRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn

KINDS: Final = ("collection", "alteration", "consultation", "disclosure", "combination", "erasure")
ALTERATION: Final = "alteration"
CONSULTATION: Final = "consultation"
DISCLOSURE: Final = "disclosure"


def looked(
    service: Service, person: SignedIn, organisation: str, audience: str, what: str,
    seen: Iterable[tuple[str | None, int | None]], why: str,
) -> None:  # fmt: skip
    """Writes who is about to see what, in one transaction.

    Args:
        service: the shared parts.
        person: who looks.
        organisation, audience: whose it is.
        what: the page, such as `queue` or `report`.
        seen: the reports with their revisions; (None, None) for a page without any.
        why: the reason, a code.

    Raises StoreError; then nothing may be shown.
    """
    at = milliseconds(service.clock.now())
    with service.database.write() as tx:
        for report_id, revision in seen:
            audit.add(
                tx,
                AuditRow(
                    at, person.person_id, organisation, audience, CONSULTATION, what, report_id, revision, why, None
                ),
            )


def changed(
    tx: Transaction, person_id: str | None, organisation: str, audience: str, kind: str, what: str,
    report_id: str | None, *, now: int, why: str, revision: int | None = None, to_whom: str | None = None,
) -> None:  # fmt: skip
    """Writes a change into the transaction that makes it. `person_id` None is the installation itself."""
    audit.add(tx, AuditRow(now, person_id, organisation, audience, kind, what, report_id, revision, why, to_whom))
