"""Texts of ours that are not answers: the intent is stored, then sent, then what became of it is noted.

A carrier's REST interface has no idempotency key. So: write that we are about to send, send, store the carrier's
id. Where no answer came the text is looked up at the carrier before another try. A text that is no longer worth
sending (too late, a newer text came, the reporter said STOP) lapses.

Source: twilio.com/docs/messaging/api/message-resource.
"""

from __future__ import annotations

import logging
import secrets
import time

from handlers import answer_news, turns
from handlers.ports import OutboundText, SendAction, SendError, StatusNote
from handlers.records import conversations, desk_items, reports, texts
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.records.texts import TextRow
from handlers.service import Service, milliseconds
from handlers.vault import DataKey, VaultError

LEASE_SECONDS = 60
ROUND_SECONDS = 10.0  # a carrier that is slow to answer must not keep the clock from its other steps
LATE_ANSWER_SECONDS = 600
FLOOD_SECONDS = 60
STAFF = "staff"
ONCE_MORE_SECONDS = 600
_ORDER = ("accepted", "scheduled", "queued", "sending", "sent", "delivered", "read")
_BACKOFF_SECONDS = (10, 30, 60, 120, 240)

log = logging.getLogger("quietline.outbound")


def queue_late_answer(
    tx: Transaction, conversation: ConversationRow, report_key: DataKey, reply: str, *, received_at: int, now: float
) -> None:
    """Stores an answer that could not go back in the response; worth sending for 10 min after the text (R4)."""
    token = secrets.token_hex(16)
    texts.add(
        tx,
        token=token,
        conversation_id=conversation.id,
        report_id=conversation.report_id,
        channel=conversation.channel,
        purpose="late_answer",
        due_at=milliseconds(now),
        lapses_at=received_at + LATE_ANSWER_SECONDS * 1000,
        after_text_at=max(received_at, milliseconds(now)),
        body=report_key.seal(reply.encode(), texts.place(token)),
    )


def send_due(service: Service, most: int = 50) -> int:
    """Sends what is due, for a while; returns how many were tried. Run by the clock; safe to run twice."""
    tried = 0
    goes_on = True
    until = time.monotonic() + ROUND_SECONDS
    while tried < most and goes_on:
        found, goes_on = _send_one(service)
        goes_on = goes_on and time.monotonic() < until
        tried += found
    return tried


def _send_one(service: Service) -> tuple[bool, bool]:
    """Claims one text under a lease, sends it outside any transaction, notes the result.

    Returns whether there was one, and whether the next may go: a carrier that does not answer would hold up the clock.
    """
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        row = texts.next_due(tx, now)
        if row is None:
            return False, False
        conversation = conversations.get(tx, row.conversation_id)
        cause = _why_not(service, row, conversation, now)
        if cause is not None or conversation is None:
            texts.not_sent(tx, row.id, state="lapsed", at=now, cause=cause or "conversation ended")
            return True, True
        try:
            outbound = _opened(service, tx, row, conversation)
        except VaultError as error:
            log.error("text %d cannot be opened (%s)", row.id, type(error).__name__)
            texts.not_sent(tx, row.id, state="failed", at=now, cause="cannot be opened")
            return True, True
        texts.begin(tx, row.id, now=now, lease_until=now + LEASE_SECONDS * 1000)
    return True, _send(service, row, outbound)


def _why_not(service: Service, row: TextRow, conversation: ConversationRow | None, now: int) -> str | None:
    """Why a text is not sent any more."""
    if conversation is None:
        return "conversation ended"
    if not now <= row.lapses_at <= now + (LATE_ANSWER_SECONDS + 60) * 1000:  # from before a clock jump: nobody knows
        return "too late"
    if conversation.last_text_at > row.after_text_at:
        return "a newer text came"
    try:
        session = turns.open_row(service, conversation).session
        advice = row.purpose != STAFF and session.danger  # advice in danger goes where the carrier lets us (R5)
        if session.state == "stopped" and not advice:
            return "stopped"
    except (turns.Lost, VaultError):
        return "unknown state"
    return None


def _opened(service: Service, tx: Transaction, row: TextRow, conversation: ConversationRow) -> OutboundText:
    wrapped = reports.wrapped_key(tx, row.report_id)
    if wrapped is None:
        raise VaultError("the report is gone")
    key = service.ring.unwrap("content", row.report_id, wrapped, reports.key_place(row.report_id))
    return OutboundText(
        token=row.token,
        medium=conversation.medium,
        sender=conversation.recipient,
        recipient=service.ring.open_address(conversation.address, conversations.place(conversation.id, "address")),
        body=key.open(row.body, texts.place(row.token)).decode(),
    )


def _send(service: Service, row: TextRow, outbound: OutboundText) -> bool:
    """Sends a text and notes what came of it; False where the carrier did not answer."""
    try:
        channel = service.channels[row.channel]
        external_id = None
        if row.tried_at is not None:
            external_id = channel.find_sent(outbound, row.tried_at / 1000 - 60)
        external_id = external_id or channel.send(outbound)
    except SendError as error:
        _note_failure(service, row, error)
        return error.action is not SendAction.UNKNOWN
    except Exception as error:  # noqa: BLE001 - a fault in a channel must not stop the other texts
        _note_failure(service, row, SendError(SendAction.UNKNOWN, type(error).__name__))
        return False
    with service.database.write() as tx:
        texts.sent(tx, row.id, external_id)
        desk_items.stir(tx, row.report_id)
    return True


def _note_failure(service: Service, row: TextRow, error: SendError) -> None:
    now = milliseconds(service.clock.now())
    pause = _BACKOFF_SECONDS[min(row.attempts, len(_BACKOFF_SECONDS) - 1)] * 1000
    if error.action is SendAction.FLOOD:
        pause = max(pause, FLOOD_SECONDS * 1000)
    again = {
        SendAction.RETRY: "due",
        SendAction.STOP_SENDING: "due",
        SendAction.FLOOD: "due",
        SendAction.UNKNOWN: "unknown",
    }.get(error.action, "failed")
    if error.action is SendAction.RETRY_ONCE and row.purpose == STAFF and not row.attempts:
        again, pause = "due", ONCE_MORE_SECONDS * 1000
    log.error("text %d was not sent (%s): %s", row.id, error.cause, again)
    with service.database.write() as tx:
        texts.not_sent(tx, row.id, state=again, at=now + pause, cause=error.cause)
        desk_items.stir(tx, row.report_id)


def note_status(service: Service, note: StatusNote) -> bool:
    """Moves a text's status forward; late, repeated and unknown callbacks change nothing. True where it moved."""
    if note.status in answer_news.FAILED:
        before = frozenset(_ORDER) - {"delivered", "read"}
    elif note.status in _ORDER:
        before = frozenset(_ORDER[: _ORDER.index(note.status)])
    else:
        return False
    if note.answers is not None:
        return answer_news.take(service, note, before)
    with service.database.write() as tx:
        report = texts.note_status(
            tx,
            channel=note.channel,
            external_id=note.external_id,
            before=before,
            status=note.status,
            error_code=note.error_code,
        )
        if report is not None:
            desk_items.stir(tx, report)
    return report is not None
