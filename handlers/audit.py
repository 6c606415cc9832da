"""Each look and each change is written before anything is shown or done (R10).

A page is shown only after `looked` has returned: where it raises, there is nothing to show. A change writes its row in
its own transaction (`changed`), so that there is neither without the other. Rows hold ids and codes, never content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from msgspec import Struct

from handlers.records import audit
from handlers.records.audit import AuditRow
from handlers.records.company import Lead, TooLong
from handlers.records.database import StoreBusy, StoreError, Transaction
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn

KINDS: Final = ("collection", "alteration", "consultation", "disclosure", "combination", "erasure")
ALTERATION: Final = "alteration"
COMBINATION: Final = "combination"
CONSULTATION: Final = "consultation"
DISCLOSURE: Final = "disclosure"
ERASURE: Final = "erasure"
MOST_TOGETHER: Final = 8  # carriers' texts wait meanwhile


class _Look(Struct):
    """Rows of one look, and whether they are committed."""

    rows: list[AuditRow]
    notes: Callable[[Transaction], object] | None = None
    written: bool = False


def looked(
    service: Service, person: SignedIn, organisation: str, audience: str, what: str,
    seen: Iterable[tuple[str | None, int | None]], why: str,
    *, beside: tuple[str, Iterable[tuple[str | None, int | None]]] = ("", ()),
    notes: Callable[[Transaction], object] | None = None,
) -> None:  # fmt: skip
    """Writes who is about to see what, in one transaction; looks that come at the same time share one.

    Args:
        service: the shared parts.
        person: who looks.
        organisation, audience: whose it is.
        what: the page, such as `queue` or `report`.
        seen: the reports with their revisions; (None, None) for a page without any.
        why: the reason, a code.
        beside: what else the page shows, such as `joined`, and the reports with their revisions.
        notes: writes what the look changes, in the same transaction.

    Raises StoreError; then nothing may be shown.
    """
    at = milliseconds(service.clock.now())
    rows = [
        AuditRow(at, person.person_id, organisation, audience, CONSULTATION, page, report_id, revision, why)
        for page, reports in ((what, seen), beside)
        for report_id, revision in reports
    ]
    look = _Look(rows, notes)
    try:
        service.shared.company("audit", most=MOST_TOGETHER).do(look, partial(_write, service))
    except TooLong:
        raise StoreBusy("other looks are being written") from None
    if not look.written:
        raise StoreError("the look was not written")


def _write(service: Service, _own: _Look, lead: Lead) -> None:
    with service.database.write() as tx:
        looks: list[_Look] = lead.board()
        audit.add_all(tx, [row for look in looks for row in look.rows])
        for look in looks:
            if look.notes is not None:
                look.notes(tx)
    for look in looks:
        look.written = True


def changed(
    tx: Transaction, person_id: str | None, organisation: str, audience: str, kind: str, what: str,
    report_id: str | None, *, now: int, why: str, revision: int | None = None, to_whom: str | None = None,
) -> None:  # fmt: skip
    """Writes a change into the transaction that makes it. `person_id` None is the installation itself."""
    audit.add(tx, AuditRow(now, person_id, organisation, audience, kind, what, report_id, revision, why, to_whom))
