"""Where the simulator keeps the texts that a phone has not fetched yet."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from handlers.ports import LETTERS_AT_ONCE, Letter, OutboundText


class Mailbox(Protocol):
    """Keeps texts for phones. Safe to call from several threads."""

    def put(self, text: OutboundText) -> str:
        """Keeps a text and returns its id; the same token again keeps nothing new and returns the first id."""
        ...

    def find(self, token: str) -> str | None:
        """The id of the text that was put with this token, None if it never was."""
        ...

    def letters(self, recipient: str, after: str | None) -> Sequence[Letter]:
        """What a number was sent after the letter with this id (None: from the first), LETTERS_AT_ONCE at most."""
        ...


class MemoryMailbox:
    """A mailbox that lasts as long as its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}
        self._letters: dict[str, list[Letter]] = {}

    def put(self, text: OutboundText) -> str:
        """See Mailbox."""
        with self._lock:
            known = self._ids.get(text.token)
            if known is not None:
                return known
            letter_id = f"{len(self._ids) + 1:012d}"
            self._ids[text.token] = letter_id
            self._letters.setdefault(text.recipient, []).append(Letter(letter_id, text.sender, text.body))
            return letter_id

    def find(self, token: str) -> str | None:
        """See Mailbox."""
        with self._lock:
            return self._ids.get(token)

    def letters(self, recipient: str, after: str | None) -> Sequence[Letter]:
        """See Mailbox."""
        with self._lock:
            kept = self._letters.get(recipient, [])
            return tuple(letter for letter in kept if after is None or letter.id > after)[:LETTERS_AT_ONCE]
