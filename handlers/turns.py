"""One step of one conversation: prepared without a transaction, written inside somebody else's.

`prepare` opens what is sealed, asks `conversations.turn.take_turn` what happens, and seals what came of it: the
state, the report's revisions, whom they go to. `write` puts that into the tables. Preparing needs no lock, so an
answer is worked out before the one writer's turn comes, and worked out again only if the conversation has moved
meanwhile (`Prepared.is_for`).

A conversation that turns out to be confidential goes on, in that turn, under a second random id and a key of its own
(R8). What the desk has had of it gets a new key, so that nothing sealed before opens any more.
"""

from __future__ import annotations

import logging
import os
import secrets
from hashlib import blake2b

import orjson
from msgspec import Struct
from msgspec.structs import asdict, replace

from conversations.events import CONFIDENTIAL
from conversations.flow import Flow
from conversations.session import Session, UnknownState
from conversations.turn import Event, Outcome, Silence, Text, take_turn
from handlers import dispatch, retention
from handlers.dispatch import SealedRevision
from handlers.flood import NO_TALLY, Tally
from handlers.ports import Organisation
from handlers.records import conversations, reports, shifts
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.vault import DataKey, KeyRing, NotOpened, VaultError

KEEP_SECONDS = 24 * 3600
FUTURE_SECONDS = 600
_REFERENCE_LETTERS = "234679ACDEFGHJKMNPQRTVWXYZ"
_REFERENCE_LENGTH = 4

log = logging.getLogger("quietline.turns")


class Lost(Exception):
    """A stored state that this version cannot read (F12)."""


class Memory(Struct, frozen=True):
    """What is remembered of the texts before: the last one's keyed digest and Unix seconds, which tell a text that the
    network sent twice (F2), and how many there were lately (F16)."""

    digest: str = ""
    at: float = 0.0
    tally: Tally = NO_TALLY

    def is_repeat_of(self, last: Memory, seconds: float) -> bool:
        """Whether the same words came within `seconds` of the last; of two at once either may be taken first."""
        return bool(self.digest) and self.digest == last.digest and abs(self.at - last.at) < seconds

    def after(self, reply: str | None, now: float) -> Memory:
        """The same once the text has been answered, or not."""
        counts = reply is not None and self.tally.may_answer
        return Memory(self.digest, self.at, self.tally.with_answer(now)) if counts else self


class NewReport(Struct, frozen=True):
    """A report that has no row yet; `key` is wrapped."""

    report_id: str
    organisation: str
    reference: str
    status: str
    key: bytes
    created_at: int
    audience: str = "desk"


class Switch(Struct, frozen=True):
    """From here on the conversation is confidential: its report that has no row yet, the desk's new wrapped key."""

    report: NewReport
    desk_id: str
    desk_key: bytes


class Opened(Struct, frozen=True):
    """A conversation with its seals open. `new_report` is there for one that is not stored yet.

    `report_key` is that of the report it stands under, `other_key` that of the other one it has an id for.
    """

    row: ConversationRow
    key: DataKey
    report_key: DataKey
    other_key: DataKey
    flow: Flow
    session: Session
    memory: Memory = Memory()
    new_report: NewReport | None = None

    def digest(self, body: str) -> str:
        """A digest of a text under this conversation's key (RFC 7693, keyed); empty for an empty text."""
        if not body:
            return ""
        return blake2b(body.encode("utf-8", "surrogatepass"), key=self.key.secret, digest_size=16).hexdigest()


class Prepared(Struct, frozen=True):
    """One turn, ready to be written.

    `seen` is the stored row it was worked out from (None: there was none). `row` is what it becomes, or, with a
    `new_report`, the conversation that begins in its place; None where it stays.
    """

    seen: ConversationRow | None
    row: ConversationRow | None
    conversation: ConversationRow
    report_key: DataKey
    outcome: Outcome
    revisions: tuple[SealedRevision, ...] = ()
    new_report: NewReport | None = None
    switch: Switch | None = None

    def is_for(self, row: ConversationRow | None) -> bool:
        """Whether the conversation still stands where it stood: every sealed state is unlike every other."""
        if row is None or self.seen is None:
            return row is self.seen
        return row.state == self.seen.state


def begin(
    service: Service, organisation: Organisation, *, channel: str, medium: str, sender: str, recipient: str,
    status: str, index: str, now: float,
) -> Opened:  # fmt: skip
    """A new conversation and its report, both with fresh keys, not stored yet."""
    flow = service.flows.current(organisation.flow)
    conversation_id, report_id = secrets.token_hex(16), secrets.token_hex(16)
    key, wrapped = service.ring.new_key("conversation", conversation_id, conversations.place(conversation_id, "key"))
    report_key, report_wrapped = service.ring.new_key("content", report_id, reports.key_place(report_id))
    spare = DataKey(secrets.token_hex(16), os.urandom(32))
    reference = _reference()
    row = ConversationRow(
        id=conversation_id,
        address_index=index,
        organisation=organisation.id,
        channel=channel,
        medium=medium,
        recipient=recipient,
        report_id=report_id,
        flow=flow.slug,
        flow_version=flow.version,
        flow_hash=flow.hash,
        key=wrapped,
        report_key=key.seal(report_key.secret, conversations.place(conversation_id, "report_key")),
        address=service.ring.seal_address(sender, conversations.place(conversation_id, "address")),
        state=b"",
        last_text_at=milliseconds(now),
        due_at=None,
    )
    session = Session.new(
        flow, id=report_id, reference=reference, spare=spare.id, spare_reference=_reference(),
        organisation=organisation.id, channel=medium, status=status, language=organisation.languages[0], now=now,
    )  # fmt: skip
    new_report = NewReport(report_id, organisation.id, reference, status, report_wrapped, milliseconds(now))
    return Opened(row, key, report_key, spare, flow, session, new_report=new_report)


def _reference() -> str:
    return "".join(_REFERENCE_LETTERS[byte % len(_REFERENCE_LETTERS)] for byte in os.urandom(_REFERENCE_LENGTH))


def open_row(service: Service, row: ConversationRow) -> Opened:
    """Opens a stored conversation. Raises Lost where flow or state cannot be read, UnknownKey for want of a key."""
    flow = service.flows.pinned(row.flow, row.flow_version, row.flow_hash)
    if flow is None:
        raise Lost("flow version")
    try:
        key = service.ring.unwrap("conversation", row.id, row.key, conversations.place(row.id, "key"))
        secret = key.open(row.report_key, conversations.place(row.id, "report_key"))
        plain = key.open(row.state, conversations.place(row.id, "state"))
        head = int.from_bytes(plain[:2], "big")
        digest, at, other, *tally = orjson.loads(plain[2 : 2 + head])
        session = Session.load(plain[2 + head :], flow)
        other_id = session.id if row.report_id == session.spare else session.spare
        other_key = DataKey(other_id, bytes.fromhex(other))
    except (NotOpened, UnknownState, ValueError, TypeError) as error:
        raise Lost(type(error).__name__) from error
    return Opened(row, key, DataKey(row.report_id, secret), other_key, flow, session, _memory(digest, at, tally))


def _memory(digest: str, at: float, tally: list[list[int]]) -> Memory:
    return Memory(digest, at, Tally(*map(tuple, tally)))


def prepare(
    service: Service, opened: Opened, event: Event, now: float, *, memory: Memory | None = None,
    index: str | None = None, replaces: ConversationRow | None = None,
) -> Prepared:  # fmt: skip
    """Takes the turn and seals what came of it.

    Args:
        service: the shared parts.
        opened: the conversation.
        event: what happened.
        now: Unix seconds. Times that a clock jump left in the future (F11) count as now.
        memory: of the text, where there was one.
        index: the keyed index to be found under from now on.
        replaces: the stored conversation that a new one begins in place of.
    """
    session = _mended(opened.session, now)
    outcome = take_turn(opened.flow, session, event, now, service.house(opened.row.organisation), service.reader)
    seen = replaces if opened.new_report else opened.row
    memory = memory.after(outcome.reply, now) if memory else opened.memory
    if isinstance(event, Text) and event.repeat:
        again = replace(memory, digest=opened.memory.digest, at=opened.memory.at)
        return Prepared(seen, _sealed_row(opened, outcome, again, None), opened.row, opened.report_key, outcome)
    switch = None
    if outcome.session.confidential and opened.row.report_id == outcome.session.id:
        opened, switch = _switched(service, opened, outcome.session, now)
    row = _sealed_row(opened, outcome, memory, index)
    revisions = _sealed_revisions(service, opened, outcome, now) if outcome.revisions else ()
    return Prepared(seen, row, row, opened.report_key, outcome, revisions, opened.new_report, switch)


def untouched(opened: Opened) -> Prepared:
    """No turn at all: the conversation stays as it stands."""
    session = opened.session
    outcome = Outcome(session, None, None, session.step, session.ended, (), None)
    return Prepared(opened.row, None, opened.row, opened.report_key, outcome)


def _switched(service: Service, opened: Opened, session: Session, now: float) -> tuple[Opened, Switch]:
    """The conversation under its confidential report, with a new key for what the desk has had."""
    confidential, row = opened.other_key, opened.row
    desk, desk_wrapped = service.ring.new_key("content", session.id, reports.key_place(session.id))
    report = NewReport(
        report_id=confidential.id,
        organisation=row.organisation,
        reference=session.spare_reference,
        status=session.status,
        key=service.ring.wrap("confidential", confidential, reports.key_place(confidential.id)),
        created_at=milliseconds(now),
        audience=CONFIDENTIAL,
    )
    row = replace(
        row,
        report_id=confidential.id,
        report_key=opened.key.seal(confidential.secret, conversations.place(row.id, "report_key")),
    )
    return replace(opened, row=row, report_key=confidential, other_key=desk), Switch(report, desk.id, desk_wrapped)


def _mended(session: Session, now: float) -> Session:
    if session.last_text <= now + FUTURE_SECONDS:
        return session
    mended = session.copy()
    mended.last_text = now
    mended.due = now if mended.due else None
    return mended


def _sealed_row(opened: Opened, outcome: Outcome, memory: Memory, index: str | None) -> ConversationRow:
    last_text_at = milliseconds(outcome.session.last_text)
    ends = last_text_at + KEEP_SECONDS * 1000
    tally = memory.tally
    head = orjson.dumps([memory.digest, memory.at, opened.other_key.secret.hex(), tally.texts, tally.answers])
    plain = len(head).to_bytes(2, "big") + head + outcome.session.dump()
    return replace(
        opened.row,
        address_index=index or opened.row.address_index,
        state=opened.key.seal(plain, conversations.place(opened.row.id, "state")),
        last_text_at=last_text_at,
        due_at=ends if outcome.due_at is None else min(ends, milliseconds(outcome.due_at)),
    )


def _sealed_revisions(service: Service, opened: Opened, outcome: Outcome, now: float) -> tuple[SealedRevision, ...]:
    organisation = service.directory.get(opened.row.organisation)
    keys = {key.id: key for key in (opened.report_key, opened.other_key)}
    return tuple(
        dispatch.seal(service, organisation, keys[revision.report_id], revision, now) for revision in outcome.revisions
    )


def write(tx: Transaction, prepared: Prepared) -> list[int]:
    """Writes a turn and returns the numbers of its outbox rows."""
    row = prepared.row
    if row is not None and prepared.new_report is not None:
        if prepared.seen is not None:
            conversations.end(tx, prepared.seen.id)
        reports.add(tx, **asdict(prepared.new_report))
        conversations.add(tx, row)
    elif row is not None:
        conversations.save(tx, row)
    return _write_rest(tx, prepared)


def write_if_unmoved(tx: Transaction, prepared: Prepared) -> list[int] | None:
    """The same for a turn of a stored conversation, without reading that again.

    Returns None, with nothing written, where the conversation has moved since, or the turn is of another kind.
    """
    seen, row = prepared.seen, prepared.row
    if seen is None or row is None or prepared.new_report is not None or not conversations.save_after(tx, seen, row):
        return None
    return _write_rest(tx, prepared)


def _write_rest(tx: Transaction, prepared: Prepared) -> list[int]:
    row, switch = prepared.row, prepared.switch
    if row is not None and switch is not None:
        reports.add(tx, **asdict(switch.report))
        reports.change_key(tx, switch.desk_id, switch.desk_key)
        if prepared.new_report is None:
            conversations.move(tx, row)
    if row is not None and not prepared.revisions and prepared.outcome.session.forwarded:
        shifts.touch(tx, row.report_id)  # the thread has grown, or the questions rest
    organisation = prepared.conversation.organisation
    return [number for revision in prepared.revisions for number in dispatch.write(tx, organisation, revision)]


def is_over(row: ConversationRow, now: float) -> bool:
    """Whether the conversation's last text is a day old (R3)."""
    return milliseconds(now) - row.last_text_at >= KEEP_SECONDS * 1000


def close(service: Service, tx: Transaction, row: ConversationRow, now: float) -> list[int]:
    """Ends a conversation; a silence that nobody heard goes forward first. Returns its outbox rows."""
    rung: list[int] = []
    try:
        opened = open_row(service, row)
        if opened.session.due is not None:
            opened.session.due = min(opened.session.due, now)
        last = prepare(service, opened, Silence(), now)
        rung = write(tx, last)
        retention.note_end(service.ring, tx, last.row or row, last.outcome.session)
    except (Lost, VaultError) as error:
        log.error("conversation %s ends unread (%s)", row.id, type(error).__name__)
    conversations.end(tx, row.id)
    return rung


def skipped_ahead(ring: KeyRing, conversation_id: str, wrapped: bytes, state: bytes, by: int) -> bytes:
    """A stored state whose next revision has a number that is higher by so many.

    A store that is restored has lost the last revisions; their numbers are taken where they went (F10).
    Raises Lost, VaultError.
    """
    key = ring.unwrap("conversation", conversation_id, wrapped, conversations.place(conversation_id, "key"))
    place = conversations.place(conversation_id, "state")
    plain = key.open(state, place)
    head = 2 + int.from_bytes(plain[:2], "big")
    try:
        session = Session.load(plain[head:])
    except UnknownState as error:
        raise Lost(str(error)) from error
    session.revision += by
    session.apart += by
    return key.seal(plain[:head] + session.dump(), place)
