"""The terminal phone's letter box: texts of ours wait here until the phone fetches them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.database import Statement, Transaction
from handlers.records.schema import phone_texts
from handlers.vault import Place

_P = phone_texts.c
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("token", "box", "key", "body")}
_ADD = Statement(
    sqlite.insert(phone_texts).values(_VALUES).on_conflict_do_nothing(),
    postgresql.insert(phone_texts).values(_VALUES).on_conflict_do_nothing(),
)
_AFTER = Statement(
    select(_P.id, _P.token, _P.key, _P.body)
    .where(_P.box == bindparam("number"), _P.id > bindparam("after"))
    .order_by(_P.id)
    .limit(bindparam("most"))
)
_FIND = Statement(select(_P.id).where(_P.token == bindparam("put")))


def place(token: str, column: str) -> Place:
    """Where a sealed value stands."""
    return Place("phone_texts", token, column)


def add(tx: Transaction, *, token: str, box: str, key: bytes, body: bytes) -> None:
    """Puts a text into a box; the same token twice is one text."""
    tx.run(_ADD, token=token, box=box, key=key, body=body)


def after(tx: Transaction, box: str, number: int, most: int) -> list[tuple[int, str, bytes, bytes]]:
    """The texts of a box after a number: number, token, wrapped key, sealed body."""
    rows = tx.all(_AFTER, number=box, after=number, most=most)
    return [(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


def number_of(tx: Transaction, token: str) -> int | None:
    """The number of the text that was put with this token."""
    row = tx.one(_FIND, put=token)
    return None if row is None else int(row[0])
