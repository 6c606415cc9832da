"""Plays a script against an engine and shows where the conversation departed from it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

from conversations.script import parse, play
from gateway.phone.engine import Standing
from gateway.phone.visit import Heard, Visit


class ScriptPhone:
    """The phone that plays a script (`conversations.script.Phone`).

    Args:
        visit: the sitting it texts in.
        sender: its number.
        recipient: whom it texts; None for the first organisation.
    """

    def __init__(self, visit: Visit, sender: str, recipient: str | None) -> None:
        self._visit = visit
        self._sender = sender
        self._recipient = recipient
        self._standing = Standing()
        self._before: Mapping[str, Any] = {}

    def say(self, text: str) -> list[str]:
        """Texts, and returns what is heard back. Raises PhoneError."""
        return self._noted(self._visit.text(text, sender=self._sender, recipient=self._recipient, at=None))

    def wait(self, seconds: float) -> list[str]:
        """Lets time pass, and returns what is heard meanwhile. Raises PhoneError."""
        return self._noted(self._visit.wait(seconds, sender=self._sender))

    def holds(self) -> Mapping[str, str]:
        """Step, question and ending of the conversation; state, kind and revision of its report. `none` for nothing.

        `sent` is the kind of the revision that the last line made.
        """
        standing, report = self._standing, self._standing.report or {}
        found = {"step": standing.step, "asks": standing.asks, "ended": standing.ended}
        found |= {name: report.get(name) for name in ("state", "kind", "revision")}
        made = [each.get(name) for each in (self._before, report) for name in ("id", "revision")]
        found["sent"] = report.get("kind") if made[:2] != made[2:] else None
        return {name: "none" if value is None else str(value) for name, value in found.items()}

    def _noted(self, heard: Heard) -> list[str]:
        self._before, self._standing = self._standing.report or {}, heard.standing
        return list(heard.texts)


def departures(source: str, name: str, phone: ScriptPhone) -> str:
    """A unified diff from a script to what happened; empty where they agree. Raises ScriptError, PhoneError."""
    script = source.splitlines()
    played = list(script)
    for difference in play(parse(source), phone):
        played[difference.line - 1] = difference.got.rstrip()
    return "\n".join(unified_diff(script, played, name, f"{name} as played", lineterm=""))
