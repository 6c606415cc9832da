"""One step of one conversation, inside a transaction that somebody else owns.

Opens what is sealed, asks `conversations.turn.take_turn` for what happens, and writes what came of it: the state,
the report's revision, and an outbox row for each sink that wants it.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from conversations.flow import Flow
from conversations.session import Session, UnknownState
from conversations.turn import Outcome, Revision, Silence, Text, take_turn
from handlers.ports import Organisation
from handlers.records import conversations, outbox, reports
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.vault import DataKey

KEEP_SECONDS = 24 * 3600
FUTURE_SECONDS = 600
_REFERENCE_LETTERS = "234679ACDEFGHJKMNPQRTVWXYZ"


@dataclass(frozen=True, slots=True)
class Memory:
    """What tells a text that the network sent twice (F2): the last one's keyed digest and Unix seconds."""

    digest: str = ""
    at: float = 0.0

    def is_repeat_of(self, last: Memory, seconds: float) -> bool:
        """Whether the same words came less than `seconds` after the last."""
        return bool(self.digest) and self.digest == last.digest and 0 <= self.at - last.at < seconds


@dataclass
class Opened:
    """A conversation with its seals open, ready for a turn."""

    row: ConversationRow
    is_new: bool
    key: DataKey
    report_key: DataKey
    flow: Flow
    session: Session
    memory: Memory
    rung: list[int] = field(default_factory=list)

    def digest(self, body: str) -> str:
        """A digest of a text under this conversation's key; empty for an empty text."""
        return hmac.digest(self.key.secret, body.encode("utf-8", "surrogatepass"), "sha256").hex()[:32] if body else ""


class Lost(Exception):
    """A stored state that this version cannot read (F12)."""


def begin(
    service: Service, tx: Transaction, organisation: Organisation, *, channel: str, medium: str, sender: str,
    recipient: str, status: str, indexes: Sequence[str], now: float,
) -> Opened:  # fmt: skip
    """A new conversation and its report, both with fresh keys; written by `save`."""
    flow = service.flows.current(organisation.flow)
    conversation_id, report_id = secrets.token_hex(16), secrets.token_hex(16)
    key, wrapped = service.ring.new_key("conversation", conversation_id, conversations.place(conversation_id, "key"))
    report_key, report_wrapped = service.ring.new_key("content", report_id, reports.key_place(report_id))
    reference = "".join(_REFERENCE_LETTERS[byte % len(_REFERENCE_LETTERS)] for byte in os.urandom(4))
    reports.add(
        tx,
        report_id=report_id,
        organisation=organisation.id,
        reference=reference,
        status=status,
        key=report_wrapped,
        created_at=milliseconds(now),
    )
    row = ConversationRow(
        id=conversation_id,
        address_index=indexes[0],
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
    return Opened(row, True, key, report_key, flow, session, Memory())


def open_row(service: Service, row: ConversationRow) -> Opened:
    """Opens a stored conversation. Raises Lost where flow or state are unknown, VaultError where a key is."""
    flow = service.flows.pinned(row.flow, row.flow_version, row.flow_hash)
    if flow is None:
        raise Lost("flow version")
    key = service.ring.unwrap("conversation", row.id, row.key, conversations.place(row.id, "key"))
    secret = key.open(row.report_key, conversations.place(row.id, "report_key"))
    plain = key.open(row.state, conversations.place(row.id, "state"))
    head = int.from_bytes(plain[:2], "big")
    try:
        memory = Memory(*orjson.loads(plain[2 : 2 + head]))
        session = Session.load(plain[2 + head :], flow)
    except (UnknownState, ValueError, TypeError) as error:
        raise Lost(type(error).__name__) from error
    return Opened(row, False, key, DataKey(row.report_id, secret), flow, session, memory)


def step(service: Service, tx: Transaction, opened: Opened, event: Text | Silence, now: float) -> Outcome:
    """Takes the turn and writes its report revision and outbox rows; the state is left to `save`.

    Times that a clock jump left in the future (F11) count as now.
    """
    if opened.session.last_text > now + FUTURE_SECONDS:
        opened.session.last_text = opened.session.since = now
        opened.session.due = now if opened.session.due else None
    outcome = take_turn(opened.flow, opened.session, event, now)
    opened.session = outcome.session
    if outcome.revision is not None:
        _forward(service, tx, opened, outcome.revision, milliseconds(now))
    return outcome


def save(tx: Transaction, opened: Opened, outcome: Outcome, *, index: str | None = None) -> None:
    """Writes the conversation's new state, and when it wants to be looked at again."""
    row = opened.row
    last_text_at = milliseconds(outcome.session.last_text)
    ends = last_text_at + KEEP_SECONDS * 1000
    due_at = ends if outcome.due_at is None else min(ends, milliseconds(outcome.due_at))
    memory = orjson.dumps([opened.memory.digest, opened.memory.at])
    plain = len(memory).to_bytes(2, "big") + memory + outcome.session.dump()
    state = opened.key.seal(plain, conversations.place(row.id, "state"))
    if opened.is_new:
        values = {name: getattr(row, name) for name in ConversationRow.__dataclass_fields__}
        values |= {"state": state, "last_text_at": last_text_at, "due_at": due_at}
        conversations.add(tx, ConversationRow(**values))
        return
    conversations.save(
        tx,
        row.id,
        address_index=index or row.address_index,
        state=state,
        last_text_at=last_text_at,
        due_at=due_at,
    )


def _forward(service: Service, tx: Transaction, opened: Opened, revision: Revision, at: int) -> None:
    """The revision, sealed, and a row for each sink that wants its kind."""
    report_id, number = opened.row.report_id, revision.number
    document = orjson.dumps(revision.document)
    reports.add_revision(
        tx,
        report_id=report_id,
        revision=number,
        kind=revision.kind,
        state=revision.document["state"],
        created_at=at,
        document=opened.report_key.seal(document, reports.document_place(report_id, number)),
    )
    organisation = service.directory.get(opened.row.organisation)
    for sink in organisation.sinks if organisation else ():
        if service.sinks[sink].wants(revision.kind):
            opened.rung.append(
                outbox.add(
                    tx,
                    report_id=report_id,
                    revision=number,
                    sink=sink,
                    organisation=opened.row.organisation,
                    kind=revision.kind,
                    priority=0 if revision.urgent else 1,
                    now=at,
                )
            )
