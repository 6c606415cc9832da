"""The terminal phone's letter box: texts of ours wait here until the phone fetches them."""

from __future__ import annotations

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("phone_texts")


def place(token: str, column: str) -> Place:
    """Where a sealed value stands."""
    return Place("phone_texts", token, column)


def add(tx: Transaction, *, token: str, box: str, key: bytes, body: bytes) -> None:
    """Puts a text into a box; the same token twice is one text."""
    tx.run(_S.ADD, token=token, box=box, key=key, body=body)


def after(tx: Transaction, box: str, number: int, most: int) -> list[tuple[int, str, bytes, bytes]]:
    """The texts of a box after a number: number, token, wrapped key, sealed body."""
    rows = tx.all(_S.AFTER, number=box, after=number, most=most)
    return [(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


def number_of(tx: Transaction, token: str) -> int | None:
    """The number of the text that was put with this token."""
    row = tx.one(_S.FIND, put=token)
    return None if row is None else int(row[0])
