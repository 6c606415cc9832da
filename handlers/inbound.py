"""Takes a text in, once, and answers it: the durable turn.

    1. one write transaction; the inbox row comes first, unique by channel and carrier's id
    2. inside a savepoint: lock the conversation, take the turn, write state, report revision and outbox rows
    3. the reply is stored with the row, so the same text again gets the same reply
    4. after the commit, and only then, the doorbell rings

If step 2 raises, the savepoint goes and the row stays, due again: the reporter gets the flow's safe sentence and
the clock takes the turn through the same code (`retake_due`). If the commit fails the caller gets StoreError,
nothing is stored, and the carrier is told so: it tries again.

Safe to repeat: a carrier's id counts once.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field

import orjson

from conversations.turn import Outcome, Text
from handlers import turns
from handlers.outbound import LATE_ANSWER_SECONDS, queue_late_answer
from handlers.ports import Channel, Doorbell, InboundText, Media, Organisation
from handlers.records import conversations, inbox, reports
from handlers.records.database import Transaction
from handlers.records.inbox import InboxRow
from handlers.service import Service, milliseconds, months
from handlers.vault import DataKey, VaultError

REPEAT_SECONDS = 4.0
TRIES_AFTER = (5.0, 30.0)

log = logging.getLogger("quietline.inbound")


@dataclass(slots=True)
class Taken:
    """What one text led to."""

    reply: str | None = None
    report_id: str | None = None
    report_key: DataKey | None = None
    state: str = "taken"
    rung: list[int] = field(default_factory=list)


def receive(service: Service, doorbell: Doorbell, channel: Channel, text: InboundText) -> str | None:
    """Stores a text, takes its turn and returns the reply, None where nothing is said.

    Raises StoreError where nothing could be stored.
    """
    now = service.clock.now()
    organisation = service.directory.of(text.medium, text.recipient)
    row_key = DataKey(f"{text.channel}:{text.external_id}", secrets.token_bytes(32))
    body = row_key.seal(_body(text), inbox.place(text.channel, text.external_id, "body"))
    with service.database.write() as tx:
        number = inbox.add(tx, text.channel, text.external_id, milliseconds(now), body)
        if number is None:
            return stored_reply(service, tx, text.channel, text.external_id)
        if organisation is None:
            _hold(service, tx, number, text, row_key)
            return None
        try:
            with tx.savepoint():
                taken = take(service, tx, channel, organisation, text, now)
        except Exception as error:  # noqa: BLE001 - whatever a turn raises, the text itself is kept
            return _postpone(service, tx, number, organisation, text, row_key, now, error)
        _settle(tx, number, organisation, text, row_key, taken)
    if taken.rung:
        doorbell.ring(taken.rung)
    return taken.reply


def take(
    service: Service, tx: Transaction, channel: Channel, organisation: Organisation, text: InboundText, now: float
) -> Taken:
    """The turn of one text, inside the caller's savepoint."""
    indexes = service.ring.indexes(months(now), organisation.id, text.channel, text.medium, text.sender)
    opened = _open(service, tx, channel, organisation, text, indexes, now)
    memory = turns.Memory(opened.digest(text.body), now)
    repeat = channel.repeats and memory.is_repeat_of(opened.memory, REPEAT_SECONDS)
    outcome = turns.step(service, tx, opened, _event(text, repeat=repeat), now)
    if not repeat:
        opened.memory = memory
        turns.save(tx, opened, outcome, index=indexes[0])
    reply = _what_goes_back(service, tx, opened, text, outcome, now)
    state = "repeat" if repeat else "taken"
    return Taken(reply, opened.row.report_id, opened.report_key, state=state, rung=opened.rung)


def _event(text: InboundText, *, repeat: bool = False, held: bool = False) -> Text:
    notes = tuple(media.content_type.partition("/")[0] or "file" for media in text.media)
    return Text(text.body, repeat=repeat, held=held, carrier=text.carrier_answers, notes=notes)


def _open(
    service: Service,
    tx: Transaction,
    channel: Channel,
    organisation: Organisation,
    text: InboundText,
    indexes: list[str],
    now: float,
) -> turns.Opened:
    """The sender's open conversation; a new one where there is none, it is a day old, or unreadable."""
    row = conversations.find(tx, indexes, lock=not service.database.is_sqlite)
    if row is not None:
        if milliseconds(now) - row.last_text_at < turns.KEEP_SECONDS * 1000:
            try:
                return turns.open_row(service, row)
            except turns.Lost as lost:
                log.error("conversation %s closed, its stored state is unknown: %s", row.id, lost)
        conversations.end(tx, row.id)
    return turns.begin(
        service,
        tx,
        organisation,
        channel=text.channel,
        medium=text.medium,
        sender=text.sender,
        recipient=text.recipient,
        status=channel.report_status,
        indexes=indexes,
        now=now,
    )


def _what_goes_back(
    service: Service, tx: Transaction, opened: turns.Opened, text: InboundText, outcome: Outcome, now: float
) -> str | None:
    """The reply for the carrier's response; nothing where the carrier answered a keyword (HELP's goes later)."""
    if text.carrier_answers is None:
        return outcome.reply
    if text.carrier_answers == "HELP" and outcome.reply:
        queue_late_answer(service, tx, opened, outcome.reply, received_at=milliseconds(now), now=now)
    return None


def stored_reply(service: Service, tx: Transaction, channel: str, external_id: str) -> str | None:
    """What was answered to a text that was taken before (F1); None once that is erased."""
    row = inbox.find(tx, channel, external_id)
    if row is None or row.reply is None or row.key is None:
        return None
    try:
        key = _row_key(service, tx, row)
        return key.open(row.reply, inbox.place(channel, external_id, "reply")).decode()
    except VaultError:
        return None


def _row_key(service: Service, tx: Transaction, row: InboxRow) -> DataKey:
    """The key of an inbox row: under its report's key once it has one, under `content` before."""
    place, name = inbox.place(row.channel, row.external_id, "key"), f"{row.channel}:{row.external_id}"
    assert row.key is not None
    if row.report_id is None:
        return service.ring.unwrap("content", name, row.key, place)
    wrapped = reports.wrapped_key(tx, row.report_id)
    if wrapped is None:
        raise VaultError("the report is gone")
    report_key = service.ring.unwrap("content", row.report_id, wrapped, reports.key_place(row.report_id))
    return DataKey(name, report_key.open(row.key, place))


def _settle(
    tx: Transaction, number: int, organisation: Organisation, text: InboundText, row_key: DataKey, taken: Taken
) -> None:
    """The row's key goes under the report's, the reply under the row's."""
    assert taken.report_key is not None
    channel, external_id = text.channel, text.external_id
    inbox.settle(
        tx,
        number,
        state=taken.state,
        organisation=organisation.id,
        report_id=taken.report_id,
        key=taken.report_key.seal(row_key.secret, inbox.place(channel, external_id, "key")),
        reply=_sealed_reply(text, row_key, taken.reply),
    )


def _sealed_reply(text: InboundText, row_key: DataKey, reply: str | None) -> bytes | None:
    if reply is None:
        return None
    return row_key.seal(reply.encode(), inbox.place(text.channel, text.external_id, "reply"))


def _hold(service: Service, tx: Transaction, number: int, text: InboundText, row_key: DataKey) -> None:
    """A text to an address that no organisation has: kept for a person, never refused."""
    log.error("a text to an address of no organisation is held: row %d", number)
    inbox.postpone(
        tx,
        number,
        state="held",
        organisation=None,
        attempts=1,
        due_at=None,
        reply=None,
        **_alone(service, text, row_key),
    )


def _postpone(
    service: Service,
    tx: Transaction,
    number: int,
    organisation: Organisation,
    text: InboundText,
    row_key: DataKey,
    now: float,
    error: Exception,
) -> str | None:
    """The turn failed: the row is due again, and the reporter is told that the text came."""
    log.error("the turn of row %d failed (%s), it is taken again", number, type(error).__name__)
    flow = service.flows.current(organisation.flow)
    reply = None if text.carrier_answers else flow.safe.get(organisation.languages[0])
    inbox.postpone(
        tx,
        number,
        state="due",
        organisation=organisation.id,
        attempts=1,
        due_at=milliseconds(now + TRIES_AFTER[0]),
        reply=_sealed_reply(text, row_key, reply),
        **_alone(service, text, row_key),
    )
    return reply


def _alone(service: Service, text: InboundText, row_key: DataKey) -> dict[str, bytes]:
    """The key and the address of a row that no conversation holds yet."""
    place = inbox.place(text.channel, text.external_id, "key")
    sender = service.ring.seal_address(text.sender, inbox.place(text.channel, text.external_id, "sender"))
    return {"key": service.ring.wrap("content", row_key, place), "sender": sender}


def _body(text: InboundText) -> bytes:
    """What is kept of a text, its sender's address apart."""
    return orjson.dumps(
        {
            "text": text.body,
            "altered": text.altered,
            "medium": text.medium,
            "recipient": text.recipient,
            "carrier_answers": text.carrier_answers,
            "media": [[media.url, media.content_type] for media in text.media],
            "extras": dict(text.extras),
        }
    )


def retake_due(service: Service, doorbell: Doorbell, most: int = 50) -> int:
    """Takes the turns that failed, oldest first; returns how many were tried. Run by the clock; safe to run twice."""
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
    """The turn of a stored text; its answer goes by itself, if it is still worth sending (R4)."""
    key = _row_key(service, tx, row)
    stored = orjson.loads(key.open(row.body, inbox.place(row.channel, row.external_id, "body")))
    assert row.sender is not None
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
    organisation = service.directory.get(row.organisation or "")
    if organisation is None:
        raise LookupError("organisation")
    indexes = service.ring.indexes(months(now), organisation.id, text.channel, text.medium, text.sender)
    opened = _open(service, tx, service.channels[row.channel], organisation, text, indexes, now)
    newest = opened.row.last_text_at
    in_time = milliseconds(now) - row.received_at < LATE_ANSWER_SECONDS * 1000
    outcome = turns.step(service, tx, opened, _event(text, held=not in_time), now)
    turns.save(tx, opened, outcome, index=indexes[0])
    if outcome.reply and in_time and (opened.is_new or newest <= row.received_at) and text.carrier_answers != "STOP":
        queue_late_answer(service, tx, opened, outcome.reply, received_at=row.received_at, now=now)
    taken = Taken(None, opened.row.report_id, opened.report_key)
    _settle(tx, row.id, organisation, text, key, taken)
    return opened.rung


def _try_later(tx: Transaction, row: InboxRow, now: float, error: Exception) -> None:
    """Due again, or held for a person after the last try (F12)."""
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
