"""Plays conversations as the product does: saved and loaded again between any two events, every text looked over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import orjson

from conversations import report, support
from conversations.discretion import exposing
from conversations.events import Event, Outcome, Revision, Silence, Text
from conversations.flow import Flow
from conversations.flows import shipped
from conversations.reading import read
from conversations.session import Session
from conversations.texts import segments
from conversations.turn import NO_HOUSE, House, Reader, take_turn

NOON = 1_763_726_400.0
"""21 November 2025, 12:00 UTC."""

_SCHEMA = jsonschema_rs.Draft202012Validator(report.schema())


def begun(flow: Flow | None = None, now: float = NOON) -> Session:
    """A conversation before its first text."""
    return Session.new(
        flow or shipped("starter"),
        id="r-1",
        reference="7KQ4",
        spare="s-1",
        spare_reference="9XW2",
        organisation="demo",
        channel="sms",
        now=now,
    )


HOUSES = {
    "railway": House(confidential=frozenset({"police"}), services=support.shipped()),
    "dyffryn": House(area=("Wales",), confidential=frozenset({"rail_staff"}), services=support.shipped()),
    "tram": House(area=("England",), confidential=frozenset({"rail_staff"}), services=support.shipped(), people=False),
}
"""The organisations that the stories of a folder happen at: the three of the example file."""


def texting(slug: str) -> Player:
    """Someone who texts one of `HOUSES`: its own flow, every text read; the starter, nothing read, for any other."""
    if slug not in HOUSES:
        return Player()
    return Player(shipped(slug), read, HOUSES[slug])


class Player:
    """A phone (`conversations.script.Phone`) whose texts come 20 s apart. Timers run when they are due.

    Args:
        flow: the shipped starter where absent.
        reader: given to every turn.
        house: the organisation.
    """

    def __init__(self, flow: Flow | None = None, reader: Reader | None = None, house: House = NO_HOUSE) -> None:
        self.flow = flow or shipped("starter")
        self.reader = reader
        self.house = house
        self.now = NOON
        self.stored = begun(self.flow).dump()
        self.outcome: Outcome | None = None
        self.revisions: list[dict[str, Any]] = []
        self.made: list[Revision] = []

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
        outcome = take_turn(self.flow, session, event, self.now, self.house, self.reader)
        assert session.dump() == before, "the session given has changed"
        assert len(set(outcome.session.trail)) == len(outcome.session.trail)
        self.outcome, self.stored = outcome, outcome.session.dump()
        assert self.session.dump() == self.stored, "the session does not survive being stored"
        self._look_over(outcome)
        return [outcome.reply] if outcome.reply is not None else []

    def holds(self) -> Mapping[str, str]:
        """The names that a script can check; `none` for nothing.

        `sent` are the kinds that the latest event sent forward, in order; `!` stands behind a confidential one.
        """
        assert self.outcome is not None
        document = report.document(self.session) or {}
        found = {"step": self.outcome.step, "asks": self.outcome.asks, "ended": self.outcome.ended}
        found |= {name: document.get(name) for name in ("state", "kind", "revision", "audience")}
        sent = (f"{made.kind}{'!' * (made.audience == 'confidential')}" for made in self.outcome.revisions)
        found |= {"language": self.session.language, "sent": ",".join(sent) or None}
        found["marks"] = ",".join(document.get("marks", ())) or None
        return {name: "none" if value is None else str(value) for name, value in found.items()}

    def _look_over(self, outcome: Outcome) -> None:
        if outcome.reply is not None:
            most = 1 if outcome.session.language == "en" else 2
            assert segments(outcome.reply).count <= most, outcome.reply
            assert exposing(outcome.reply) == [], outcome.reply
        for revision in outcome.revisions:
            document = orjson.loads(orjson.dumps(revision.document))
            _SCHEMA.validate(document)
            earlier = [made for made in self.made if made.report_id == revision.report_id]
            assert document["revision"] == revision.number == len(earlier) + 1
            assert (document["kind"], document["audience"]) == (revision.kind, revision.audience)
            assert document["id"] == revision.report_id
            self.revisions.append(document)
            self.made.append(revision)


ORDINARY = ("man keeps staring at me", "victoria", "1805 to brighton", "in the next seat")
"""The starter flow's ordinary way, up to the play-back."""


def played(*texts: str) -> Player:
    """A phone of the starter flow after these texts."""
    player = Player()
    for text in texts:
        player.say(text)
    return player


def last(player: Player) -> Outcome:
    """What the latest event came to."""
    assert player.outcome is not None
    return player.outcome


def kinds(player: Player) -> list[str]:
    """The kinds of the revisions so far."""
    return [revision["kind"] for revision in player.revisions]
