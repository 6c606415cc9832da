"""What each revision of a report changed, in the desk's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from gateway.desk import words
from handlers.history import Revision

KINDS: Final = {
    "alert": "Danger",
    "started": "First known",
    "updated": "Facts changed",
    "unfinished": "The reporter went quiet",
    "complete": "Complete",
    "added": "Text added",
    "stopped": "The reporter said STOP",
    "moved": "Handled elsewhere",
}


class Change(Struct, frozen=True):
    """One revision: its number, what it was, when (milliseconds), and what it changed."""

    number: int
    kind: str
    at: int
    changes: tuple[str, ...]


def of(revisions: list[Revision]) -> list[Change]:
    """The revisions with what each changed, newest first."""
    found: list[Change] = []
    before: Mapping[str, Any] = {}
    for one in revisions:
        found.append(Change(one.number, KINDS.get(one.kind, one.kind), one.at, _changes(before, one.document)))
        before = one.document
    return found[::-1]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    was = {name: value for name, value, _ in words.facts(before)}
    now = {name: value for name, value, _ in words.facts(after)}
    found = [
        f"{name}: {value}" if name not in was else f"{name}: {was[name]} → {value}"
        for name, value in now.items()
        if was.get(name) != value
    ]
    found += [f"{name}: no longer {value}" for name, value in was.items() if name not in now]
    marks = [mark for mark in after.get("marks", []) if mark not in before.get("marks", [])]
    found += [words.MARKS[mark] for mark in marks if mark in words.MARKS]
    texts = len(after.get("account", [])) - len(before.get("account", []))
    if texts > 0:
        found.append(f"{texts} more {'text' if texts == 1 else 'texts'}")
    return tuple(found)
