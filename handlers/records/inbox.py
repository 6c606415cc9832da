"""Every text that was taken, once per channel and carrier's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, null, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.database import Statement, Transaction
from handlers.records.schema import WAITING, inbox
from handlers.vault import Place

_COLUMNS = (
    *("channel", "external_id", "received_at", "state", "attempts", "body"),
    *("organisation", "report_id", "key", "reply"),
)
_VALUES: dict[str, Any] = {name: bindparam(name) for name in _COLUMNS}

_ADD = Statement(
    sqlite.insert(inbox).values(_VALUES).on_conflict_do_nothing().returning(inbox.c.id),
    postgresql.insert(inbox).values(_VALUES).on_conflict_do_nothing().returning(inbox.c.id),
)
_SETTLE = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("organisation", "report_id", "state", "key", "reply")})
    .values(sender=null(), due_at=null())
)
_POSTPONE = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values(
        {name: bindparam(name) for name in ("organisation", "state", "attempts", "due_at", "key", "sender", "reply")}
    )
)
_ROW = select(
    inbox.c.id,
    inbox.c.channel,
    inbox.c.external_id,
    inbox.c.organisation,
    inbox.c.report_id,
    inbox.c.received_at,
    inbox.c.state,
    inbox.c.attempts,
    inbox.c.key,
    inbox.c.sender,
    inbox.c.body,
    inbox.c.reply,
)
_FIND = Statement(_ROW.where(inbox.c.channel == bindparam("channel"), inbox.c.external_id == bindparam("external_id")))
_DUE = (
    _ROW.where(text(WAITING), inbox.c.state == "due", inbox.c.due_at <= bindparam("now"))
    .order_by(inbox.c.due_at)
    .limit(1)
)
_NEXT_DUE = Statement(_DUE, _DUE.with_for_update(skip_locked=True))
_WAITING = Statement(select(inbox.c.state, func.count()).where(text(WAITING)).group_by(inbox.c.state))


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A stored text; `key`, `sender`, `body` and `reply` are sealed."""

    id: int
    channel: str
    external_id: str
    organisation: str | None
    report_id: str | None
    received_at: int
    state: str
    attempts: int
    key: bytes | None
    sender: bytes | None
    body: bytes
    reply: bytes | None


def place(channel: str, external_id: str, column: str) -> Place:
    """Where a sealed value of an inbox row stands: the row's name is known before the row is written."""
    return Place("inbox", f"{channel}:{external_id}", column)


def add(
    tx: Transaction,
    channel: str,
    external_id: str,
    received_at: int,
    body: bytes,
    *,
    organisation: str | None = None,
    report_id: str | None = None,
    state: str = "taken",
    key: bytes | None = None,
    reply: bytes | None = None,
) -> int | None:
    """Writes the row and returns its number; None where this carrier's id was taken before."""
    row = tx.one(
        _ADD,
        channel=channel,
        external_id=external_id,
        received_at=received_at,
        state=state,
        attempts=1,
        body=body,
        organisation=organisation,
        report_id=report_id,
        key=key,
        reply=reply,
    )
    return None if row is None else row[0]


def settle(
    tx: Transaction,
    row: int,
    *,
    state: str,
    organisation: str | None,
    report_id: str | None,
    key: bytes,
    reply: bytes | None,
) -> None:
    """Notes that the text was taken (or is a repeat), with its sealed reply."""
    tx.run(_SETTLE, row=row, state=state, organisation=organisation, report_id=report_id, key=key, reply=reply)


def postpone(
    tx: Transaction,
    row: int,
    *,
    state: str,
    organisation: str | None,
    attempts: int,
    due_at: int | None,
    key: bytes,
    sender: bytes | None,
    reply: bytes | None,
) -> None:
    """Notes that the turn is still to be taken (`due`) or waits for a person (`held`)."""
    tx.run(
        _POSTPONE,
        row=row,
        state=state,
        organisation=organisation,
        attempts=attempts,
        due_at=due_at,
        key=key,
        sender=sender,
        reply=reply,
    )


def find(tx: Transaction, channel: str, external_id: str) -> InboxRow | None:
    """The row of a carrier's id."""
    row = tx.one(_FIND, channel=channel, external_id=external_id)
    return None if row is None else InboxRow(*row)


def next_due(tx: Transaction, now: int) -> InboxRow | None:
    """The oldest text whose turn is due, locked until the transaction ends."""
    row = tx.one(_NEXT_DUE, now=now)
    return None if row is None else InboxRow(*row)


def waiting(tx: Transaction) -> dict[str, int]:
    """How many texts wait for their turn (`due`) and for a person (`held`)."""
    return {"due": 0, "held": 0} | {row[0]: row[1] for row in tx.all(_WAITING)}
