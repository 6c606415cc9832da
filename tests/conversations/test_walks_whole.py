"""Walks through the whole railway flow with the reader: texts, silences, redeliveries and people in any order."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.events import Typing
from conversations.flow import OPENING, STOPPED, Kind
from conversations.texts import normalise
from conversations.turn import QUIET, SITTING, Event, HandBack, Silence, Staff, Text
from tests.conversations.player import Player, texting
from tests.naughty import NAUGHTY

OWN = {
    "railway": "a police officer touched me",
    "dyffryn": "your conductor touched me on the train",
    "tram": "your tram driver touched me",
}
"""The three organisations, with what is said of their own people there."""

SECRET = "Zebedee"

TEXTS = (
    "man keeps staring at me opposite, 1805 victoria to brighton coach 3 just left clapham junction",
    "mae dyn yn syllu arna i ar y trên o Gaerdydd i Abertawe",
    "1805 Caerdydd",
    "newport",
    "just past reading",
    "coach D",
    "no coach B",
    "sorry i meant east croydon",
    f"{SECRET} in a blue jacket with a beard",
    "he has got a knife",
    "hes grabbed my arm and wont let go",
    "a police officer touched me at leeds",
    "im 15 and scared",
    "im deaf",
    "lost my scarf on the train",
    "hello",
    "asdf",
    "who is this",
    "is this anonymous",
    "can you call me",
    "how do i delete these",
    "can i speak to a real person",
    "i just want to talk to someone",
    "not sure if i want to report this",
    "dont send it please",
    "it happened last tuesday",
    "my friend was followed at york",
    "mae dyn wedi fy nghyffwrdd, dwi'n 14",
    "2 mins ago",
    "not yet",
    "ddim eto",
    "no train it was by platform 19",
    "thank you so much for this",
    "ok actually i want to tell you",
    "ok 1",
    *("1", "2", "3", "yes", "no", "ie", "na", ".", "?", "x", "y", "c", ""),
    *("STOP", "START", "HELP", "HELPWCH", "SUPPORT", "CYMORTH", "SKIP", "BACK", "DONE", "CYMRAEG", "ENGLISH", "thanks"),
)
bodies = st.one_of(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.sampled_from(NAUGHTY)).map(
    lambda text: normalise(text)[0]
)


@dataclass(frozen=True)
class Waited:
    """Time that passed; timers run at their time."""

    seconds: float


events = st.one_of(
    bodies.map(Text),
    bodies.map(Text),
    bodies.map(Text),
    st.builds(Text, bodies, repeat=st.booleans(), held=st.booleans()),
    st.sampled_from([Silence(), Staff(), Typing(), HandBack()]),
    st.sampled_from([5.0, QUIET, 600.0, SITTING + 1, 7200.0]).map(Waited),
)
walks = st.lists(events, max_size=14)
organisations = st.sampled_from(sorted(OWN))


def walked(slug: str, events: list[Event | Waited]) -> Player:
    """A phone after a walk, looked over at every step (`Player`: R1, segments, the schema, stored and loaded)."""
    player = texting(slug)
    for event in events:
        if isinstance(event, Waited):
            assert player.wait(event.seconds) == [], "nothing is written unasked (R4)"
        else:
            take(player, event)
    return player


def take(player: Player, event: Event) -> None:
    before = player.session
    player.now += 20
    heard = player.take(event)
    after = player.session
    assert not [text for text in heard if SECRET in text], "R2: people are never named"
    assert after.account[: len(before.account)] == before.account, "words are never lost"
    assert before.confidential <= after.confidential, "R8: it never turns back"
    if before.step == STOPPED and after.step == STOPPED:
        assert not heard or "999" in heard[0], "R5: silence after a stop"
    if before.staffed and after.staffed and not isinstance(event, Text):
        assert heard == []
    alerts = [made for made in player.made if made.kind == "alert"]
    if isinstance(event, Text) and after.danger != before.danger and not event.held:
        assert "999" in heard[0], "rule 8: the advice"
        assert alerts, "rule 8: the alert, in the same turn"


@settings(deadline=None, max_examples=60)
@given(organisations, walks)
def test_any_walk_keeps_the_rules(slug: str, events: list[Event | Waited]):
    """Nothing raises, exposes, loses words, or exceeds two segments, whatever comes in whatever order."""
    walked(slug, events)


@settings(deadline=None, max_examples=40)
@given(organisations, walks)
def test_a_confidential_report_shows_the_desk_no_words(slug: str, events: list[Event | Waited]):
    """R8, R9: from the turn that shows it the desk's id carries no account, no person, no act."""
    player = walked(slug, [Text(OWN[slug]), *events])
    assert player.session.confidential
    desk = [made.document for made in player.made if made.audience == "desk"]

    assert all(not document["account"] and not document["said"] for document in desk)
    assert all(document["facts"]["suspect_is"] is None for document in desk)
    assert all(not document["facts"]["behaviours"] for document in desk)


STUBBORN = ("hmm", "thanks", "can i speak to a real person", "who is this", "can you call me", "yes", "lner", "diolch")
"""What somebody may send for ever. Words that ask for something each time (SUPPORT, "?", BACK) get it each time."""


@settings(deadline=None, max_examples=60)
@given(organisations, walks, st.sampled_from(STUBBORN))
def test_from_anywhere_an_end_is_near(slug: str, events: list[Event | Waited], always: str):
    """Rule 6: somebody who only ever sends the same comes to an end, to a person, or to silence."""
    player = walked(slug, [*events, HandBack()])
    for _ in range(3 * len(player.flow.steps)):
        step = player.flow.by_id.get(player.session.step)
        if not player.session.reportable:
            return  # greetings alone are met with silence (rule 18)
        if player.session.ended == "support_only":
            return  # sealed: a yes may come at any time
        if player.session.step in (OPENING, STOPPED) or (step is not None and step.kind is Kind.END):
            return
        take(player, Text(always))
    pytest.fail("the conversation came to no end")
