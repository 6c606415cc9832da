"""Open exchanges, found by keyed index; the row goes when the exchange ends, and its keys with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select, update

from handlers.records.database import Statement, Transaction
from handlers.records.schema import conversations
from handlers.vault import Place

_C = conversations.c
_MOST_INDEXES = 8


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One open exchange; `key`, `report_key`, `address` and `state` are sealed."""

    id: str
    address_index: str
    organisation: str
    channel: str
    medium: str
    recipient: str
    report_id: str
    flow: str
    flow_version: int
    flow_hash: str
    key: bytes
    report_key: bytes
    address: bytes
    state: bytes
    last_text_at: int
    due_at: int | None


_NAMES = tuple(ConversationRow.__dataclass_fields__)
_ROW = select(*[conversations.c[name] for name in _NAMES])
_BY_INDEX = _ROW.where(_C.address_index == bindparam("address_index"))
_FIND = Statement(_BY_INDEX, _BY_INDEX.with_for_update())
_LOCK = Statement(select(func.pg_advisory_xact_lock(bindparam("number"))))
_ADD = Statement(insert(conversations).values({name: bindparam(name) for name in _NAMES}))
_SAVE = Statement(
    update(conversations)
    .where(_C.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("address_index", "state", "last_text_at", "due_at")})
)
_DUE = _ROW.where(_C.due_at <= bindparam("now")).order_by(_C.due_at).limit(1)
_NEXT_DUE = Statement(_DUE, _DUE.with_for_update(skip_locked=True))
_NEXT_DUE_AT = Statement(select(func.min(_C.due_at)).where(_C.due_at.isnot(None)))
_PUT_OFF = Statement(update(conversations).where(_C.id == bindparam("row")).values(due_at=bindparam("due_at")))
_PULL_BACK = Statement(update(conversations).where(_C.due_at > bindparam("latest")).values(due_at=bindparam("due_at")))
_END = Statement(delete(conversations).where(_C.id == bindparam("row")))
_BY_ID = Statement(_ROW.where(_C.id == bindparam("row")))


def place(conversation_id: str, column: str) -> Place:
    """Where a sealed value of a conversation stands."""
    return Place("conversations", conversation_id, column)


def find(tx: Transaction, indexes: Sequence[str], *, lock: bool) -> ConversationRow | None:
    """The conversation under one of the keyed indexes, locked until the transaction ends.

    On PostgreSQL the address itself is locked first, so that two first texts at once make one conversation.
    """
    if lock:
        tx.run(_LOCK, number=_lock_number(indexes[-1]))
    for index in indexes[:_MOST_INDEXES]:
        row = tx.one(_FIND, address_index=index)
        if row is not None:
            return ConversationRow(*row)
    return None


def _lock_number(index: str) -> int:
    """A 63-bit number of the index: two addresses that share it only wait for each other."""
    return int.from_bytes(index.encode()[:8], "big") >> 1


def get(tx: Transaction, conversation_id: str) -> ConversationRow | None:
    """The conversation of that id, while it is open."""
    row = tx.one(_BY_ID, row=conversation_id)
    return None if row is None else ConversationRow(*row)


def add(tx: Transaction, row: ConversationRow) -> None:
    """Writes a new conversation."""
    tx.run(_ADD, **{name: getattr(row, name) for name in _NAMES})


def save(tx: Transaction, row: ConversationRow) -> None:
    """Writes what a turn changed."""
    tx.run(
        _SAVE,
        row=row.id,
        address_index=row.address_index,
        state=row.state,
        last_text_at=row.last_text_at,
        due_at=row.due_at,
    )


def next_due(tx: Transaction, now: int) -> ConversationRow | None:
    """The conversation whose timer is longest due, locked; one that another sweep holds is passed over."""
    row = tx.one(_NEXT_DUE, now=now)
    return None if row is None else ConversationRow(*row)


def next_due_at(tx: Transaction) -> int | None:
    """When the next timer is due, None where nothing is awaited."""
    row = tx.one(_NEXT_DUE_AT)
    return None if row is None else row[0]


def put_off(tx: Transaction, conversation_id: str, due_at: int) -> None:
    """Moves a timer."""
    tx.run(_PUT_OFF, row=conversation_id, due_at=due_at)


def pull_back(tx: Transaction, latest: int, due_at: int) -> int:
    """Brings timers that a clock jump left beyond `latest` to `due_at` (F11); returns how many."""
    return tx.changed(_PULL_BACK, latest=latest, due_at=due_at)


def end(tx: Transaction, conversation_id: str) -> None:
    """Forgets the conversation: its state, its address and its keys."""
    tx.run(_END, row=conversation_id)
