"""Plays conversations as the product does: saved and loaded again between any two events, every text looked over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import orjson

from conversations import report
from conversations.discretion import exposing
from conversations.events import Event, Outcome, Silence, Text
from conversations.flow import Flow
from conversations.flows import shipped
from conversations.reader import Reader
from conversations.session import Session
from conversations.texts import segments
from conversations.turn import take_turn

NOON = 1_763_726_400.0
"""21 November 2025, 12:00 UTC."""

VALIDATOR = jsonschema.Draft202012Validator(report.schema())


def begun(flow: Flow | None = None, now: float = NOON) -> Session:
    """A conversation before its first text."""
    return Session.new(
        flow or shipped("starter"), id="r-1", reference="7KQ4", organisation="demo", channel="sms", now=now
    )


class Player:
    """A phone (`conversations.script.Phone`) whose texts come 20 s apart. Timers run when they are due.

    Args:
        flow: the shipped starter where absent.
        reader: given to every turn.
    """

    def __init__(self, flow: Flow | None = None, reader: Reader | None = None) -> None:
        self.flow = flow or shipped("starter")
        self.reader = reader
        self.now = NOON
        self.stored = begun(self.flow).dump()
        self.outcome: Outcome | None = None
        self.revisions: list[dict[str, Any]] = []

    @property
    def session(self) -> Session:
        """The conversation as it was stored."""
        return Session.load(self.stored, self.flow)

    @property
    def report(self) -> dict[str, Any]:
        """The current report."""
        document = report.document(self.session)
        assert document is not None
        return document

    def say(self, text: str, **marks: Any) -> list[str]:
        """Texts, 20 s after the last event."""
        self.now += 20
        return self.take(Text(text, **marks))

    def wait(self, seconds: float) -> list[str]:
        """Lets time pass; timers run at their time."""
        end = self.now + seconds
        heard: list[str] = []
        while (due := self.session.due) is not None and due <= end:
            self.now = max(self.now, due)
            heard += self.take(Silence())
        self.now = end
        return heard

    def take(self, event: Event) -> list[str]:
        """Takes one event now, and looks the outcome over."""
        before = self.stored
        session = self.session
        outcome = take_turn(self.flow, session, event, self.now, self.reader)
        assert session.dump() == before, "the session given has changed"
        assert len(set(outcome.session.trail)) == len(outcome.session.trail)
        self.outcome, self.stored = outcome, outcome.session.dump()
        assert self.session.dump() == self.stored, "the session does not survive being stored"
        self._look_over(outcome)
        return [outcome.reply] if outcome.reply is not None else []

    def holds(self) -> Mapping[str, str]:
        """The names that a script can check; `none` for nothing."""
        assert self.outcome is not None
        document = report.document(self.session) or {}
        found = {"step": self.outcome.step, "asks": self.outcome.asks, "ended": self.outcome.ended}
        found |= {name: document.get(name) for name in ("state", "kind", "revision")}
        return {name: "none" if value is None else str(value) for name, value in found.items()}

    def _look_over(self, outcome: Outcome) -> None:
        if outcome.reply is not None:
            assert segments(outcome.reply).count == 1, outcome.reply
            assert exposing(outcome.reply) == [], outcome.reply
        if outcome.revision is not None:
            document = orjson.loads(orjson.dumps(outcome.revision.document))
            VALIDATOR.validate(document)
            assert document["revision"] == outcome.revision.number == len(self.revisions) + 1
            assert document["kind"] == outcome.revision.kind
            self.revisions.append(document)
