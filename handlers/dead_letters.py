"""What waits for a person (F9, F12): looked at, tried again or put aside, one by one.

    DeadLetterError    there is no such thing for whoever asks, or it cannot be done; the text says why

A dead letter is called `text-12` or `delivery-34`. Confidential ones are there for that team alone (R8).
"""

from __future__ import annotations

import logging
from typing import Final

import orjson
from msgspec import Struct
from msgspec.structs import replace

from handlers import stored_texts
from handlers.audit import ALTERATION, CONSULTATION
from handlers.commands import COMMAND, NOWHERE
from handlers.records import audit, dead, inbox, reports
from handlers.records.audit import AuditRow
from handlers.records.database import Database, Transaction
from handlers.records.dead import DeadDelivery, DeadText
from handlers.records.inbox import InboxRow
from handlers.service import Service, milliseconds
from handlers.status import DESK
from handlers.vault import VaultError

TEXT: Final = "text"
DELIVERY: Final = "delivery"
BY_A_PERSON: Final = "parked by a person"

log = logging.getLogger("quietline.dead")


class DeadLetterError(Exception):
    """It is not there, or it cannot be done."""


class DeadLetter(Struct, frozen=True):
    """One thing that waits. `since` is in Unix seconds; `cause` holds no content."""

    id: str
    what: str
    organisation: str | None
    sink: str | None
    state: str
    attempts: int
    since: float
    cause: str
    reference: str | None = None


def listed(database: Database, audience: str = DESK) -> list[DeadLetter]:
    """Everything that waits for an audience, texts first. Raises StoreError."""
    with database.read() as tx:
        texts = [_of_text(row) for row in dead.texts(tx)] if audience == DESK else []
        return texts + [_of_delivery(tx, row) for row in dead.deliveries(tx, audience)]


def get(database: Database, name: str, audience: str = DESK) -> DeadLetter:
    """One of them. Raises DeadLetterError, StoreError."""
    with database.read() as tx:
        what, number = _parsed(name)
        if what == TEXT:
            return _of_text(_text(tx, number, audience))
        return _of_delivery(tx, _delivery(tx, number, audience))


def content(service: Service, name: str, reader: str, audience: str = DESK) -> bytes:
    """What it says: a text's words, or a delivery's document, as UTF-8. The look is written into the audit first (R10).

    Args:
        service: the shared parts.
        name: of the dead letter.
        reader: who looks, by the name that the machine knows.
        audience: for whom.

    Raises DeadLetterError, StoreError, VaultError.
    """
    what, number = _parsed(name)
    with service.database.read() as tx:
        opened = _opened_text if what == TEXT else _opened_delivery
        said, row = opened(service, tx, number, audience)
    row = replace(row, at=milliseconds(service.clock.now()), what=name, to_whom=reader)
    with service.database.write() as tx:
        audit.add(tx, row)
    log.warning("the content of %s is shown to %s", name, reader)
    return said


def _opened_text(service: Service, tx: Transaction, number: int, audience: str) -> tuple[bytes, AuditRow]:
    """What a held text says, and the look at it."""
    held = _text(tx, number, audience)
    said = str(_body(service, tx, _stored(tx, held))["text"]).encode("utf-8", "replace")
    return said, _row(CONSULTATION, audience, held)


def _opened_delivery(service: Service, tx: Transaction, number: int, audience: str) -> tuple[bytes, AuditRow]:
    """A delivery's document, and the look at it."""
    found = _delivery(tx, number, audience)
    wrapped = reports.wrapped_key(tx, found.report_id)
    sealed = reports.sealed_document(tx, found.report_id, found.revision)
    if wrapped is None or sealed is None:
        raise VaultError("the document is gone")
    key = service.ring.unwrap("content", found.report_id, wrapped, reports.key_place(found.report_id))
    said = key.open(sealed[0], reports.document_place(found.report_id, found.revision))
    return said, _row(CONSULTATION, audience, found)


def _row(kind: str, audience: str, found: DeadText | DeadDelivery) -> AuditRow:
    """What the audit says of an act on it, but when, which and by whom."""
    row = AuditRow(0, None, found.organisation or NOWHERE, audience, kind, "dead letter", None, None, COMMAND)
    if isinstance(found, DeadDelivery):
        return replace(row, report_id=found.report_id, revision=found.revision)
    return row


def retry(service: Service, name: str, by: str, audience: str = DESK) -> None:
    """Makes it due now, for the clock or the forwarders; the audit says by whom.

    Raises DeadLetterError, StoreError.
    """
    what, number = _parsed(name)
    at = milliseconds(service.clock.now())
    with service.database.write() as tx:
        found: DeadText | DeadDelivery
        if what == DELIVERY:
            found = _delivery(tx, number, audience)
            _done(dead.retry_delivery(tx, number, at), f"{name} is being sent just now.")
        else:
            found = _text(tx, number, audience)
            if not found.can_be_taken:
                raise DeadLetterError(
                    f"{name} is over a day old: its sender's address is gone (R20). It stays as it is."
                )
            _done(dead.retry_text(tx, number, _whose(service, tx, found), at), f"{name} is due by itself.")
        _note(tx, found, audience, f"retry {name}", by, at)
    log.warning("%s is tried again", name)


def park(service: Service, name: str, by: str, audience: str = DESK) -> None:
    """Takes it out of the way until a person tries it again; the audit says by whom.

    Raises DeadLetterError, StoreError.
    """
    what, number = _parsed(name)
    with service.database.write() as tx:
        found: DeadText | DeadDelivery
        if what == DELIVERY:
            found = _delivery(tx, number, audience)
            _done(dead.park_delivery(tx, number, BY_A_PERSON), f"{name} is parked already, or being sent just now.")
        else:
            found = _text(tx, number, audience)
            _done(dead.hold_text(tx, number), f"{name} is held already.")
        _note(tx, found, audience, f"park {name}", by, milliseconds(service.clock.now()))
    log.warning("%s is put aside", name)


def _note(tx: Transaction, found: DeadText | DeadDelivery, audience: str, what: str, by: str, at: int) -> None:
    audit.add(tx, replace(_row(ALTERATION, audience, found), at=at, what=what, to_whom=by))


def _parsed(name: str) -> tuple[str, int]:
    what, _, number = name.partition("-")
    if what not in (TEXT, DELIVERY) or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise DeadLetterError("A dead letter is called text-12 or delivery-34: see quietline dead list.")
    return what, int(number)


def _done(done: bool, otherwise: str) -> None:
    if not done:
        raise DeadLetterError(otherwise)


def _text(tx: Transaction, number: int, audience: str) -> DeadText:
    found = dead.text(tx, number) if audience == DESK else None
    if found is None:
        raise DeadLetterError("There is no such dead letter.")
    return found


def _delivery(tx: Transaction, number: int, audience: str) -> DeadDelivery:
    found = dead.delivery(tx, number, audience)
    if found is None:
        raise DeadLetterError("There is no such dead letter.")
    return found


def _stored(tx: Transaction, found: DeadText) -> InboxRow:
    row = inbox.find(tx, found.channel, found.external_id)
    if row is None:
        raise DeadLetterError("There is no such dead letter.")
    return row


def _body(service: Service, tx: Transaction, row: InboxRow) -> dict[str, object]:
    key = stored_texts.row_key(service, tx, row)
    body: dict[str, object] = orjson.loads(key.open(row.body, inbox.place(row.channel, row.external_id, "body")))
    return body


def _whose(service: Service, tx: Transaction, found: DeadText) -> str:
    """The organisation of a text, found now where its address belonged to nobody when it came."""
    if found.organisation is not None:
        return found.organisation
    try:
        body = _body(service, tx, _stored(tx, found))
    except VaultError as error:
        raise DeadLetterError(f"text-{found.number} cannot be opened ({error}).") from None
    organisation = service.directory.of(str(body["medium"]), str(body["recipient"]))
    if organisation is None:
        raise DeadLetterError(f"text-{found.number} was sent to an address of no organisation: enter it, then retry.")
    return organisation.id


def _of_text(row: DeadText) -> DeadLetter:
    cause = "its turn fails" if row.organisation else "sent to an address of no organisation"
    if not row.can_be_taken:
        cause += "; its sender's address is gone"
    return DeadLetter(
        f"{TEXT}-{row.number}", TEXT, row.organisation, None, row.state, row.attempts, row.since / 1000, cause
    )


def _of_delivery(tx: Transaction, row: DeadDelivery) -> DeadLetter:
    report = reports.get(tx, row.report_id)
    return DeadLetter(
        id=f"{DELIVERY}-{row.number}",
        what=f"revision {row.revision} ({row.kind})",
        organisation=row.organisation,
        sink=row.sink,
        state=row.state,
        attempts=row.attempts,
        since=row.since / 1000,
        cause=row.cause or "",
        reference=report.reference if report else None,
    )
