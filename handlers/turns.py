"""One step of one conversation: prepared without a transaction, written inside somebody else's.

`prepare` opens what is sealed, asks `conversations.turn.take_turn` what happens, and seals what came of it: the
state, the report's revision, whom it goes to. `write` puts that into the tables. Preparing needs no lock, so an
answer is worked out before the one writer's turn comes, and worked out again only if the conversation has moved
meanwhile (`Prepared.is_for`).
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from dataclasses import asdict, dataclass, replace

import orjson

from conversations.flow import Flow
from conversations.session import Session, UnknownState
from conversations.turn import Outcome, Revision, Silence, Text, take_turn
from handlers.ports import Organisation
from handlers.records import conversations, outbox, reports
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.vault import DataKey, NotOpened, VaultError

KEEP_SECONDS = 24 * 3600
FUTURE_SECONDS = 600
_REFERENCE_LETTERS = "234679ACDEFGHJKMNPQRTVWXYZ"
_REFERENCE_LENGTH = 4

log = logging.getLogger("quietline.turns")


class Lost(Exception):
    """A stored state that this version cannot read (F12)."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What tells a text that the network sent twice (F2): the last one's keyed digest and Unix seconds."""

    digest: str = ""
    at: float = 0.0

    def is_repeat_of(self, last: Memory, seconds: float) -> bool:
        """Whether the same words came within `seconds` of the last; of two at once either may be taken first."""
        return bool(self.digest) and self.digest == last.digest and abs(self.at - last.at) < seconds


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report that has no row yet; `key` is wrapped."""

    report_id: str
    organisation: str
    reference: str
    status: str
    key: bytes
    created_at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation with its seals open. `new_report` is there for one that is not stored yet."""

    row: ConversationRow
    key: DataKey
    report_key: DataKey
    flow: Flow
    session: Session
    memory: Memory = Memory()
    new_report: NewReport | None = None

    def digest(self, body: str) -> str:
        """A digest of a text under this conversation's key; empty for an empty text."""
        return hmac.digest(self.key.secret, body.encode("utf-8", "surrogatepass"), "sha256").hex()[:32] if body else ""


@dataclass(frozen=True, slots=True)
class SealedRevision:
    """A revision, and the sinks that want it. `priority` 0 goes before 1."""

    number: int
    kind: str
    state: str
    at: int
    document: bytes
    sinks: tuple[str, ...]
    priority: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """One turn, ready to be written.

    `seen` is the stored row it was worked out from (None: there was none). `row` is what it becomes, or, with a
    `new_report`, the conversation that begins in its place; None where it stays.
    """

    seen: ConversationRow | None
    row: ConversationRow | None
    conversation: ConversationRow
    report_key: DataKey
    outcome: Outcome
    revision: SealedRevision | None = None
    new_report: NewReport | None = None

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
    letters = _REFERENCE_LETTERS
    reference = "".join(letters[byte % len(letters)] for byte in os.urandom(_REFERENCE_LENGTH))
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
        flow,
        id=report_id,
        reference=reference,
        organisation=organisation.id,
        channel=medium,
        status=status,
        language=organisation.languages[0],
        now=now,
    )
    new_report = NewReport(report_id, organisation.id, reference, status, report_wrapped, milliseconds(now))
    return Opened(row, key, report_key, flow, session, new_report=new_report)


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
        memory = Memory(*orjson.loads(plain[2 : 2 + head]))
        session = Session.load(plain[2 + head :], flow)
    except (NotOpened, UnknownState, ValueError, TypeError) as error:
        raise Lost(type(error).__name__) from error
    return Opened(row, key, DataKey(row.report_id, secret), flow, session, memory)


def prepare(
    service: Service, opened: Opened, event: Text | Silence, now: float, *, memory: Memory | None = None,
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
    outcome = take_turn(opened.flow, session, event, now)
    seen = replaces if opened.new_report else opened.row
    if isinstance(event, Text) and event.repeat:
        return Prepared(seen, None, opened.row, opened.report_key, outcome)
    row = _sealed_row(opened, outcome, memory or opened.memory, index)
    revision = _sealed_revision(service, opened, outcome.revision, now) if outcome.revision else None
    return Prepared(seen, row, row, opened.report_key, outcome, revision, opened.new_report)


def _mended(session: Session, now: float) -> Session:
    if session.last_text <= now + FUTURE_SECONDS:
        return session
    mended = session.copy()
    mended.last_text = mended.since = now
    mended.due = now if mended.due else None
    return mended


def _sealed_row(opened: Opened, outcome: Outcome, memory: Memory, index: str | None) -> ConversationRow:
    last_text_at = milliseconds(outcome.session.last_text)
    ends = last_text_at + KEEP_SECONDS * 1000
    head = orjson.dumps([memory.digest, memory.at])
    plain = len(head).to_bytes(2, "big") + head + outcome.session.dump()
    return replace(
        opened.row,
        address_index=index or opened.row.address_index,
        state=opened.key.seal(plain, conversations.place(opened.row.id, "state")),
        last_text_at=last_text_at,
        due_at=ends if outcome.due_at is None else min(ends, milliseconds(outcome.due_at)),
    )


def _sealed_revision(service: Service, opened: Opened, revision: Revision, now: float) -> SealedRevision:
    organisation = service.directory.get(opened.row.organisation)
    sinks = organisation.sinks if organisation else ()
    place = reports.document_place(opened.row.report_id, revision.number)
    return SealedRevision(
        number=revision.number,
        kind=revision.kind,
        state=revision.document["state"],
        at=milliseconds(now),
        document=opened.report_key.seal(orjson.dumps(revision.document), place),
        sinks=tuple(sink for sink in sinks if service.sinks[sink].wants(revision.kind)),
        priority=0 if revision.urgent else 1,
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
    return [] if prepared.revision is None else _forward(tx, prepared.conversation, prepared.revision)


def is_over(row: ConversationRow, now: float) -> bool:
    """Whether the conversation's last text is a day old (R3)."""
    return milliseconds(now) - row.last_text_at >= KEEP_SECONDS * 1000


def close(service: Service, tx: Transaction, row: ConversationRow, now: float) -> list[int]:
    """Ends a conversation; a silence that nobody heard goes forward first. Returns its outbox rows."""
    rung: list[int] = []
    try:
        rung = write(tx, prepare(service, open_row(service, row), Silence(), now))
    except (Lost, VaultError) as error:
        log.error("conversation %s ends unread (%s)", row.id, type(error).__name__)
    conversations.end(tx, row.id)
    return rung


def _forward(tx: Transaction, conversation: ConversationRow, revision: SealedRevision) -> list[int]:
    reports.add_revision(
        tx,
        report_id=conversation.report_id,
        revision=revision.number,
        kind=revision.kind,
        state=revision.state,
        created_at=revision.at,
        document=revision.document,
    )
    return [
        outbox.add(
            tx,
            report_id=conversation.report_id,
            revision=revision.number,
            sink=sink,
            organisation=conversation.organisation,
            kind=revision.kind,
            priority=revision.priority,
            now=revision.at,
        )
        for sink in revision.sinks
    ]
