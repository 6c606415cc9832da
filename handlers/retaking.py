"""Takes the turns that failed once more, through the same code as at first; the clock runs it.

Three tries in all, then the text waits for a person (F12). Its answer goes by itself while it is worth sending; a
text that is taken over ten minutes late is kept with the report without a step or an answer (R4). Safe to run
twice.
"""

from __future__ import annotations

import logging

import orjson
from msgspec.structs import replace

from handlers import inbound, stored_texts
from handlers.outbound import LATE_ANSWER_SECONDS, queue_late_answer
from handlers.ports import Doorbell, InboundText, Media
from handlers.records import heartbeats, inbox
from handlers.records.database import Transaction
from handlers.records.inbox import InboxRow
from handlers.service import Service, milliseconds
from handlers.turns import KEEP_SECONDS
from handlers.vault import DataKey, VaultError

TRIES_AFTER = (inbound.FIRST_RETRY_SECONDS, 30.0)
MOST = 1000

log = logging.getLogger("quietline.retaking")


def retake_due(service: Service, doorbell: Doorbell, most: int = MOST) -> int:
    """Takes the turns that are due again, oldest first; returns how many were tried."""
    tried = 0
    while tried < most and _retake_one(service, doorbell):
        tried += 1
    return tried


def _retake_one(service: Service, doorbell: Doorbell) -> bool:
    now = service.clock.now()
    rung: list[int] = []
    with service.database.write() as tx:
        row = inbox.next_due(tx, milliseconds(now))
        if row is None:
            return False
        try:
            with tx.savepoint():
                rung = _retake(service, tx, row, now)
        except Exception as error:  # noqa: BLE001 - a poison text must not stop the next one
            _try_later(tx, row, now, error)
    if rung:
        doorbell.ring(rung)
    return True


def _retake(service: Service, tx: Transaction, row: InboxRow, now: float) -> list[int]:
    """The turn of a stored text, as of when it came unless a newer one has been taken since."""
    arrival = _arrival(service, row, stored_texts.row_key(service, tx, row), now)
    before = inbound.find(service, tx, arrival, lock=True)
    newest = before is None or before.last_text_at <= row.received_at
    if newest:
        arrival = replace(arrival, now=min(now, row.received_at / 1000))
    taken, rung = inbound.take(service, tx, arrival)
    said = taken.said
    if said and newest and arrival.text.carrier_answers is None:
        conversation, key = taken.turn.conversation, taken.turn.report_key
        queue_late_answer(tx, conversation, key, said, received_at=row.received_at, now=arrival.now)
    inbound.settle(tx, row.id, arrival, replace(taken, sealed_reply=row.reply))  # what it was answered with stays (F1)
    return rung


def _arrival(service: Service, row: InboxRow, key: DataKey, now: float) -> inbound.Arrival:
    stored = orjson.loads(key.open(row.body, inbox.place(row.channel, row.external_id, "body")))
    organisation = service.directory.get(row.organisation or "")
    if organisation is None or row.sender is None:
        raise VaultError("the organisation or the address is gone")
    text = InboundText(
        channel=row.channel,
        external_id=row.external_id,
        medium=stored["medium"],
        sender=service.ring.open_address(row.sender, inbox.place(row.channel, row.external_id, "sender")),
        recipient=stored["recipient"],
        body=stored["text"],
        carrier_answers=stored["carrier_answers"],
        media=tuple(Media(url, content_type) for url, content_type in stored["media"]),
    )
    came = row.received_at / 1000
    held = stored.get("held", False) or abs(now - came) >= LATE_ANSWER_SECONDS
    found = inbound.indexes(service, organisation, text, now)
    return inbound.Arrival(service.channels[row.channel], organisation, text, now, key, found, held=held, came=came)


def forget_senders(service: Service) -> None:
    """Destroys the addresses of texts that have waited for a person for a day (R20); the texts stay."""
    now = service.clock.now()
    with service.database.write() as tx:
        if not heartbeats.has_leapt(tx, milliseconds(now)):
            inbox.forget_senders(tx, milliseconds(now - KEEP_SECONDS))


def _try_later(tx: Transaction, row: InboxRow, now: float, error: Exception) -> None:
    """Due again, or held for a person after the last try."""
    attempts = row.attempts + 1
    held = attempts > len(TRIES_AFTER)
    log.error("the turn of row %d failed again (%s)%s", row.id, type(error).__name__, ", it is held" if held else "")
    inbox.postpone(
        tx,
        row.id,
        state="held" if held else "due",
        organisation=row.organisation,
        attempts=attempts,
        due_at=None if held else milliseconds(now + TRIES_AFTER[attempts - 1]),
        key=row.key or b"",
        sender=row.sender,
        reply=row.reply,
    )
