"""The terminal phone's letter box in the store: what is sent to a simulated number waits there, sealed."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from handlers.ports import LETTERS_AT_ONCE, Letter, OutboundText
from handlers.records import phone_texts
from handlers.records.database import Database
from handlers.vault import DataKey, KeyRing


class StoredMailbox:
    """Keeps texts until a phone fetches them."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    def put(self, text: OutboundText) -> str:
        """Keeps a text and returns its id; the same token again keeps nothing new and returns the first id."""
        place = phone_texts.place(text.token, "key")
        key, wrapped = self._ring.new_key("content", text.token, place)
        body = key.seal(orjson.dumps([text.sender, text.body]), phone_texts.place(text.token, "body"))
        with self._database.write() as tx:
            phone_texts.add(tx, token=text.token, box=self._box(text.recipient), key=wrapped, body=body)
            return _id(phone_texts.number_of(tx, text.token) or 0)

    def find(self, token: str) -> str | None:
        """The id of the text that was put with this token, None if it never was."""
        with self._database.read() as tx:
            number = phone_texts.number_of(tx, token)
        return None if number is None else _id(number)

    def letters(self, recipient: str, after: str | None) -> Sequence[Letter]:
        """What a number was sent after the letter with this id (None: from the first), LETTERS_AT_ONCE at most."""
        number = int(after) if after and after.isascii() and after.isdigit() else 0
        with self._database.read() as tx:
            rows = phone_texts.after(tx, self._box(recipient), min(number, 2**53), LETTERS_AT_ONCE)
        return [self._opened(*row) for row in rows]

    def _opened(self, number: int, token: str, wrapped: bytes, body: bytes) -> Letter:
        secret = self._ring.unwrap("content", token, wrapped, phone_texts.place(token, "key")).secret
        sender, text = orjson.loads(DataKey(token, secret).open(body, phone_texts.place(token, "body")))
        return Letter(_id(number), sender, text)

    def _box(self, recipient: str) -> str:
        return self._ring.indexes(["phone"], recipient)[0]


def _id(number: int) -> str:
    return f"{number:012d}"
