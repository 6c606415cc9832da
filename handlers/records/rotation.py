"""Rows under a master key: found by the key's id that they begin with, written anew where nobody changed them."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("rotation")


class Kind(Struct, frozen=True):
    """One column of wrapped keys or sealed addresses: whose master key it is under, and what its table counts by."""

    purpose: str
    name: str
    table: str
    column: str
    first: Any = ""

    @property
    def what(self) -> str:
        """For people."""
        return f"{self.table}.{self.column}"

    def place(self, row: str) -> Place:
        """Where the value of a row stands."""
        return Place(self.table, row, self.column)


KINDS: Final = (
    Kind("content", "INBOX_KEY", "inbox", "key", 0),
    Kind("content", "REPORT", "reports", "key"),
    Kind("content", "PHONE", "phone_texts", "key", 0),
    Kind("content", "PERSON", "people", "key"),
    Kind("content", "VIEW", "desk_views", "key"),
    Kind("content", "HANDOVER", "desk_handovers", "key"),
    Kind("confidential", "CONFIDENTIAL", "reports", "key"),
    Kind("confidential", "HANDOVER_APART", "desk_handovers", "key"),
    Kind("conversation", "CONVERSATION", "conversations", "key"),
    Kind("sending", "ADDRESS", "conversations", "address"),
    Kind("sending", "INBOX_SENDER", "inbox", "sender", 0),
    Kind("sending", "CONTACT", "contacts", "address"),
)


class Row(Struct, frozen=True):
    """A value under another key than the wanted one; `name` is the row's in its `Place`."""

    key: Any
    name: str
    sealed: bytes


class Indexed(Struct, frozen=True):
    """An open conversation: what its index is made of. `address` is sealed."""

    id: str
    index: str
    organisation: str
    channel: str
    medium: str
    address: bytes


def under_another(tx: Transaction, kind: Kind, key_id: str, after: Any, most: int) -> list[Row]:
    """The next rows after one that are not under that key."""
    wanted = _beginning(key_id)
    rows = tx.all(getattr(_S, f"NEXT_{kind.name}"), wanted=wanted, length=len(wanted), after=after, most=most)
    return [Row(row[0], row[1], bytes(row[2])) for row in rows]


def put(tx: Transaction, kind: Kind, row: Row, made: bytes) -> bool:
    """Writes a value under another key; False where the row has changed or gone meanwhile."""
    return tx.changed(getattr(_S, f"SET_{kind.name}"), row=row.key, was=row.sealed, made=made) == 1


def count(tx: Transaction, kind: Kind, key_id: str) -> tuple[int, int]:
    """How many values there are, and how many of them are under that key."""
    wanted = _beginning(key_id)
    row = tx.one(getattr(_S, f"COUNT_{kind.name}"), wanted=wanted, length=len(wanted))
    return (int(row[0]), int(row[1])) if row else (0, 0)


def open_conversations(tx: Transaction, after: str, most: int) -> list[Indexed]:
    """The next open conversations after one."""
    return [Indexed(*row) for row in tx.all(_S.OPEN, after=after, most=most)]


def put_index(tx: Transaction, row: Indexed, index: str) -> bool:
    """Writes another index; False where the row has changed or gone meanwhile."""
    return tx.changed(_S.SET_INDEX, row=row.id, was=row.index, made=index) == 1


def taken_before(tx: Transaction) -> dict[str, tuple[int, int]]:
    """How many erased texts are known by each index key, and until when (milliseconds since 1970)."""
    return {row[0]: (row[1], row[2]) for row in tx.all(_S.TAKEN_BEFORE)}


def _beginning(key_id: str) -> bytes:
    return key_id.encode() + b"\0"
