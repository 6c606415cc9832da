"""Open exchanges, found by keyed index; the row goes when the exchange ends, and its keys with it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("conversations")


_MOST_INDEXES = 8


class ConversationRow(Struct, frozen=True):
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


_NAMES = tuple(ConversationRow.__struct_fields__)


def place(conversation_id: str, column: str) -> Place:
    """Where a sealed value of a conversation stands."""
    return Place("conversations", conversation_id, column)


def find(tx: Transaction, indexes: Sequence[str], *, lock: bool) -> ConversationRow | None:
    """The conversation under one of the keyed indexes, with `lock` locked until the transaction ends.

    On PostgreSQL the address itself is locked first, so that two first texts at once make one conversation.
    """
    if lock:
        lock_address(tx, indexes)
    for index in indexes[:_MOST_INDEXES]:
        row = tx.one(_S.FIND if lock else _S.LOOK, address_index=index)
        if row is not None:
            return ConversationRow(*row)
    return None


def lock_address(tx: Transaction, indexes: Sequence[str]) -> None:
    """Locks an address on PostgreSQL until the transaction ends, before any of its rows: nobody waits in a circle."""
    tx.run(_S.LOCK, number=_lock_number(indexes[-1]))


def _lock_number(index: str) -> int:
    """A 63-bit number of the index: two addresses that share it only wait for each other."""
    return int.from_bytes(index.encode()[:8], "big") >> 1


def get(tx: Transaction, conversation_id: str) -> ConversationRow | None:
    """The conversation of that id, while it is open."""
    row = tx.one(_S.BY_ID, row=conversation_id)
    return None if row is None else ConversationRow(*row)


def take(tx: Transaction, conversation_id: str) -> ConversationRow | None:
    """The conversation of that id, while it is open, locked until the transaction ends."""
    row = tx.one(_S.TAKE, row=conversation_id)
    return None if row is None else ConversationRow(*row)


def of_report(tx: Transaction, report_id: str) -> str | None:
    """The id of the open conversation whose report this is."""
    row = tx.one(_S.OF_REPORT, report=report_id)
    return None if row is None else str(row[0])


def add(tx: Transaction, row: ConversationRow) -> None:
    """Writes a new conversation."""
    tx.run(_S.ADD, **{name: getattr(row, name) for name in _NAMES})


def save(tx: Transaction, row: ConversationRow) -> None:
    """Writes what a turn changed."""
    tx.run(
        _S.SAVE,
        row=row.id,
        address_index=row.address_index,
        state=row.state,
        last_text_at=row.last_text_at,
        due_at=row.due_at,
    )


def save_after(tx: Transaction, was: ConversationRow, row: ConversationRow) -> bool:
    """The same where it still stands as it was; False, and nothing written, where it has moved or ended."""
    changed = tx.changed(
        _S.SAVE_AFTER,
        row=row.id,
        was=was.state,
        state=row.state,
        last_text_at=row.last_text_at,
        due_at=row.due_at,
    )
    if changed and row.address_index != was.address_index:  # a new month; else its index need not be written anew
        tx.run(_S.FIND_UNDER, row=row.id, address_index=row.address_index)
    return changed == 1


def move(tx: Transaction, row: ConversationRow) -> None:
    """Writes that the conversation goes on under another report."""
    tx.run(_S.MOVE, row=row.id, report_id=row.report_id, report_key=row.report_key)


def next_due(tx: Transaction, now: int) -> ConversationRow | None:
    """The conversation whose timer is longest due, locked; one that another sweep holds is passed over."""
    row = tx.one(_S.NEXT_DUE, now=now)
    return None if row is None else ConversationRow(*row)


def next_due_at(tx: Transaction) -> int | None:
    """When the next timer is due, None where nothing is awaited."""
    row = tx.one(_S.NEXT_DUE_AT)
    return None if row is None else row[0]


def put_off(tx: Transaction, conversation_id: str, due_at: int) -> None:
    """Moves a timer."""
    tx.run(_S.PUT_OFF, row=conversation_id, due_at=due_at)


def pull_back(tx: Transaction, *, latest: int, future: int, keep: int, at: int) -> int:
    """Brings to `at` the timers that a clock jump left beyond `latest`, and those of conversations whose last text lies
    beyond `future` (F11); a day's end, `keep` after the last text, stays. Returns how many."""
    return tx.changed(_S.PULL_BACK, latest=latest, future=future, keep=keep, at=at)


def end(tx: Transaction, conversation_id: str) -> None:
    """Forgets the conversation: its state, its address and its keys."""
    tx.run(_S.END, row=conversation_id)
