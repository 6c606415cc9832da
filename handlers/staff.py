"""A person answers in the thread: says something, and hands the conversation back to the questions.

    NotSaid     it may not be said, or not like this; `why` is one of `REASONS`

What is said must keep R4: within 30 minutes of the reporter's last text unless the reporter agreed to more, never after
STOP or a refusal, and in quiet mode only as a question that 1 or 2 answers. R1 holds for staff too: its words are
refused where a lock screen shows them, and further on they need a second yes.

Intent and state change in one transaction under the conversation's lock, as a turn does. Safe to repeat: a `key`
counts once.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from msgspec import Struct

from conversations.discretion import exposing
from conversations.events import HandBack, Staff, Typing
from conversations.session import Session
from conversations.texts import normalise, segments
from handlers import turns
from handlers.outbound import LATE_ANSWER_SECONDS, STAFF, queue_late_answer
from handlers.ports import Doorbell
from handlers.records import conversations, texts
from handlers.records import typing as writers
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.vault import VaultError

WINDOW_SECONDS: Final = 30 * 60
LOCK_SCREEN: Final = 40
MOST_SEGMENTS: Final = 2
REASONS: Final = {
    "closed": "the conversation is over",
    "lost": "the conversation cannot be read here",
    "stopped": "the reporter said STOP",
    "refused": "the reporter wants no texts back",
    "window": "the reporter's last text is over 30 minutes old, and nothing else was agreed",
    "empty": "there is nothing to say",
    "long": "it is longer than two segments",
    "quiet": "the reporter cannot type: only a question that 1 or 2 answers may be put",
    "words": "its beginning shows on a lock screen and could give the reporter away",
    "sure": "it names what could give the reporter away; confirm that it is safe to say",
}
_ANY_CHOICE: Final = "? 1 2"  # what quiet mode lets through
_CHOICES: Final = re.compile(r"(?<!\w)1(?!\w).*(?<!\w)2(?!\w)", re.DOTALL)


class Standing(Struct, frozen=True):
    """Where a thread stands for who would write in it.

    `why` is what speaks against it, one of `REASONS`, None where nothing does; `silent` that only a question that 1 or
    2 answers may be put; `until` (Unix seconds) when it ends, None where more was agreed; `staffed` that a person
    answers and the questions rest, `typing` that they rest while somebody writes; `put` the question put last that is
    still open, `put_at` when.
    """

    why: str | None
    silent: bool = False
    until: float | None = None
    staffed: bool = False
    typing: bool = False
    put: str | None = None
    put_at: float = 0.0


class NotSaid(Exception):
    """It was not said.

    Args:
        why: one of `REASONS`.
        words: the words that R1 forbids, for the person who wrote them.
    """

    def __init__(self, why: str, words: tuple[str, ...] = ()) -> None:
        super().__init__(REASONS[why])
        self.why = why
        self.words = words


def say(service: Service, doorbell: Doorbell, report_id: str, text: str, *, key: str, sure: bool = False) -> bool:
    """Texts the reporter and silences the questions until `hand_back`.

    Args:
        service: the shared parts.
        doorbell: rung for what the turn forwards.
        report_id: the report whose thread it is.
        text: what the person wrote.
        key: of this one wish to say it; the same again changes nothing.
        sure: the person has seen that R1's words stand in it, past what a lock screen shows.

    Returns False where it was said before. Raises NotSaid, StoreError.
    """
    body, _ = normalise(text)
    check_words(body, sure=sure)
    now = service.clock.now()
    rung: list[int] = []
    conversation_id = _of(service, report_id)
    with service.database.write() as tx:
        row = _locked(tx, conversation_id, report_id)
        token = _token(row.id, key)
        if texts.state_of(tx, token) is not None:
            return False
        opened = _opened(service, row)
        _check_moment(opened.session, body, now)
        prepared = turns.prepare(service, opened, Staff(), now)
        rung = turns.write(tx, prepared)
        _queue(tx, prepared, token, body, now)
        writers.end(tx, report_id)
    if rung:
        doorbell.ring(rung)
    return True


def standing(service: Service, report_id: str) -> Standing:
    """Whether the reporter may be texted now; changes nothing. Raises StoreError, turns.Lost, VaultError."""
    with service.database.read() as tx:
        found = conversations.of_report(tx, report_id)
        row = None if found is None else conversations.get(tx, found)
    if row is None or row.report_id != report_id:
        return Standing("closed")
    session = turns.open_row(service, row).session
    why: str | None = None
    try:
        _check_moment(session, _ANY_CHOICE, service.clock.now())
    except NotSaid as refused:
        why = refused.why
    agreed = session.consent.get("contact") == "may_text"
    is_open = session.ended is None and session.state != "stopped" and not session.staffed
    return Standing(
        why,
        silent="silent" in session.marks,
        until=None if agreed else session.last_text + WINDOW_SECONDS,
        staffed=session.staffed,
        typing=session.typing,
        put=session.put if is_open else None,
        put_at=session.last_text,
    )


def hand_back(service: Service, doorbell: Doorbell, report_id: str, *, unsent: bool = False) -> str | None:
    """Lets the questions go on; returns what the reporter is texted, None for nothing.

    With `unsent` only where somebody wrote and has sent nothing.

    Raises NotSaid (`closed`, `lost`), StoreError. Repeated, it changes nothing.
    """
    now = service.clock.now()
    conversation_id = _of(service, report_id)
    with service.database.write() as tx:
        row = _locked(tx, conversation_id, report_id)
        opened = _opened(service, row)
        if not (opened.session.typing or (opened.session.staffed and not unsent)):
            return None
        prepared = turns.prepare(service, opened, HandBack(), now)
        rung = turns.write(tx, prepared)
        writers.end(tx, report_id)
        reply = prepared.outcome.reply
        if reply is not None:
            at = milliseconds(now)
            queue_late_answer(tx, prepared.conversation, prepared.report_key, reply, received_at=at, now=now)
    if rung:
        doorbell.ring(rung)
    return reply


def typing(service: Service, tx: Transaction, report_id: str) -> bool:
    """Lets the questions rest while somebody writes; False where they rest already, or none is to come.

    In the caller's transaction, whose first lock is the audit's. Raises turns.Lost, VaultError.
    """
    found = conversations.of_report(tx, report_id)
    row = None if found is None else conversations.take(tx, found)
    if row is None or row.report_id != report_id:
        return False
    opened = turns.open_row(service, row)
    session = opened.session
    if session.staffed or session.typing or session.state == "stopped":
        return False
    turns.write(tx, turns.prepare(service, opened, Typing(), service.clock.now()))
    return True


def _of(service: Service, report_id: str) -> str:
    """The open conversation of a report, looked for before the lock is taken."""
    with service.database.read() as tx:
        found = conversations.of_report(tx, report_id)
    if found is None:
        raise NotSaid("closed")
    return found


def _locked(tx: Transaction, conversation_id: str, report_id: str) -> ConversationRow:
    row = conversations.take(tx, conversation_id)
    if row is None or row.report_id != report_id:
        raise NotSaid("closed")
    return row


def _opened(service: Service, row: ConversationRow) -> turns.Opened:
    try:
        return turns.open_row(service, row)
    except (turns.Lost, VaultError):
        raise NotSaid("lost") from None


def _token(conversation_id: str, key: str) -> str:
    """The same for the same wish: the text's row is unique by it."""
    return hashlib.sha256(f"{len(conversation_id)}:{conversation_id}{key}".encode()).hexdigest()[:32]


def check_words(body: str, *, sure: bool = False) -> None:
    """Whether a text may be sent as it is worded, to anybody. Raises NotSaid: `empty`, `long`, `words`, `sure`."""
    if not body.strip():
        raise NotSaid("empty")
    if segments(body).count > MOST_SEGMENTS:
        raise NotSaid("long")
    words = tuple(exposing(body))
    if words and _begins_early(body, words):
        raise NotSaid("words", words)
    if words and not sure:
        raise NotSaid("sure", words)


def _begins_early(body: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words begins where a lock screen shows it, even if it is cut off there."""
    return tuple(exposing(body[LOCK_SCREEN:])) != words


def _check_moment(session: Session, body: str, now: float) -> None:
    """Whether something may be written in the thread now (R4)."""
    if session.state == "stopped":
        raise NotSaid("stopped")
    contact = session.consent.get("contact")
    if contact == "anonymous":
        raise NotSaid("refused")
    if now - session.last_text > WINDOW_SECONDS and contact != "may_text":
        raise NotSaid("window")
    if "silent" in session.marks and not ("?" in body and _CHOICES.search(body)):
        raise NotSaid("quiet")


def _queue(tx: Transaction, prepared: turns.Prepared, token: str, body: str, now: float) -> None:
    """Stores the text; unlike an answer it stays worth sending when the reporter texts meanwhile."""
    session = prepared.outcome.session
    until = now + LATE_ANSWER_SECONDS + 60
    if session.consent.get("contact") != "may_text":
        until = min(until, session.last_text + WINDOW_SECONDS)
    lapses_at = milliseconds(until)
    texts.add(
        tx,
        token=token,
        conversation_id=prepared.conversation.id,
        report_id=prepared.conversation.report_id,
        channel=prepared.conversation.channel,
        purpose=STAFF,
        due_at=milliseconds(now),
        lapses_at=lapses_at,
        after_text_at=lapses_at,
        body=prepared.report_key.seal(body.encode(), texts.place(token)),
    )
