"""Each look and each change is written before anything is shown or done (R10).

A page is shown only after `looked` has returned: where it raises, there is nothing to show. A change writes its row in
its own transaction (`changed`), so that there is neither without the other. Rows hold ids and codes, never content.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from handlers.records import audit
from handlers.records.audit import AuditRow
from handlers.records.company import PassOn, TooLong
from handlers.records.database import StoreBusy, StoreError, Transaction
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn

KINDS: Final = ("collection", "alteration", "consultation", "disclosure", "combination", "erasure")
ALTERATION: Final = "alteration"
COMBINATION: Final = "combination"
CONSULTATION: Final = "consultation"
DISCLOSURE: Final = "disclosure"
MOST_TOGETHER: Final = 8  # carriers' texts wait meanwhile


@dataclass(slots=True)
class _Look:
    """Rows of one look, and whether they are committed."""

    rows: list[AuditRow]
    written: bool = False


def looked(
    service: Service, person: SignedIn, organisation: str, audience: str, what: str,
    seen: Iterable[tuple[str | None, int | None]], why: str,
) -> None:  # fmt: skip
    """Writes who is about to see what, in one transaction; looks that come at the same time share one.

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
    rows = [
        AuditRow(at, person.person_id, organisation, audience, CONSULTATION, what, report_id, revision, why)
        for report_id, revision in seen
    ]
    look = _Look(rows)
    try:
        service.shared.company("audit", most=MOST_TOGETHER).do(look, partial(_write, service))
    except TooLong:
        raise StoreBusy("other looks are being written") from None
    if not look.written:
        raise StoreError("the look was not written")


def _write(service: Service, looks: Sequence[_Look], _pass_on: PassOn) -> None:
    with service.database.write() as tx:
        audit.add_all(tx, [row for look in looks for row in look.rows])
    for look in looks:
        look.written = True


def changed(
    tx: Transaction, person_id: str | None, organisation: str, audience: str, kind: str, what: str,
    report_id: str | None, *, now: int, why: str, revision: int | None = None, to_whom: str | None = None,
) -> None:  # fmt: skip
    """Writes a change into the transaction that makes it. `person_id` None is the installation itself."""
    audit.add(tx, AuditRow(now, person_id, organisation, audience, kind, what, report_id, revision, why, to_whom))
