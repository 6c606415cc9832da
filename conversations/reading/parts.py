"""The part that a place plays in a report, and how plainly the text says so."""

from __future__ import annotations

from msgspec import Struct

from conversations.reading.places import Mention

BARE, PLAIN, CLEAR = 1, 2, 3
"""A name that merely stands there; one after a word that says where; one that nothing else can be meant by."""


class Role(Struct, frozen=True):
    """A mention and its part: `role`, how plainly the text says so (1 to 3), the rule that says it."""

    mention: Mention
    role: str
    strength: int
    rule: str
