"""The words that stand before a place and say what it is to the report (`cues.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from conversations.reading.files import load

AT, FROM, TO, NEXT, BETWEEN, DROP = "at", "from", "to", "next", "between", "drop"
"""What a place may be: where it happened, where the train comes from, goes to and stops next; `drop`: none of these."""


class Cues(Struct, frozen=True):
    """The cue phrases, as tuples of words, and the words that follow a place."""

    phrases: Mapping[tuple[str, ...], str]
    skip: frozenset[str]
    decoys: frozenset[str]
    trains: frozenset[str]
    nexts: frozenset[str]


@lru_cache(maxsize=1)
def cues() -> Cues:
    """The cues of `cues.yaml`. Where two roles claim a phrase, the one listed first keeps it."""
    data = load("cues.yaml")
    phrases: dict[tuple[str, ...], str] = {}
    for role in (AT, TO, FROM, NEXT, DROP):
        for line in data[role].splitlines():
            if line.strip():
                phrases.setdefault(tuple(line.split()), role)
    return Cues(
        phrases,
        frozenset(data["skip"].split()),
        frozenset(data["decoy_after"].split()),
        frozenset(data["train_after"].split()),
        frozenset(data["next_after"].split()),
    )
