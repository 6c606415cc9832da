"""What texts say, merged: the newest counts, acts add up, guesses give way, and what is told sticks."""

from __future__ import annotations

from typing import Any

import pytest

from conversations import facts, known
from conversations.flows import shipped
from conversations.reading import Context, Value, read
from conversations.session import Entry, Session
from tests.conversations.player import NOON, begun


def told(*texts: str | tuple[str, str]) -> Session:
    """A session after these texts; a pair is the thing asked and its answer."""
    session = begun(shipped("starter"))
    for text in texts:
        asks, body = text if isinstance(text, tuple) else (None, text)
        session.account.append(Entry(body, NOON, asks))
        facts.Merge(session, read(body, Context(asks=asks, facts=facts.nested(session.values))), asks).all()
    return session


def values(*texts: str | tuple[str, str]) -> dict[str, Any]:
    return told(*texts).values


def test_a_first_text_that_tells_all_is_all_read():
    """Rule 3."""
    session = told("man rubbing against women 1805 vic to brighton coach 3 just left clapham junction")

    assert session.values["place.at"] == "Clapham Junction"
    assert session.values["place.ids"] == {"at": "CLJ", "from": "VIC", "to": "BTN"}
    assert (session.values["service.time"], session.values["service.coach"]) == ("18:05", "3")
    assert {"place", "place.at", "service", "account"} <= known.known_slots(session)


@pytest.mark.parametrize(
    ("texts", "slot", "value"),
    [
        ((("location", "croydon"), ("train", "sorry i meant east croydon")), "place.at", "East Croydon"),
        ((("train", "coach 5 avanti"), ("suspect", "sorry coach 6 not 5")), "service.coach", "6"),
        ((("location", "rugby"), ("location", "just left coventry")), "place.at", "Coventry"),
        ((("train", "the 22:15 to stoke"), ("when", "about half past ten at night")), "service.time", "22:15"),
        ((("when", "half 7 this evening"), ("train", "the 19:12 to brighton")), "service.time", "19:12"),
        (("man staring at me", ("description", "he touched my leg")), "behaviours", ["staring", "touching"]),
        (("he has a knife", ("description", "it was last week")), "urgency", "emergency"),
        (("a guy flashed me", ("location", "just now at doncaster")), "urgency", "now"),
        (("a guy flashed me", ("location", "it was at doncaster, im ok now")), "urgency", "past"),
        (("a guy flashed me", ("train", "now")), "urgency", "now"),
        (("a man keeps texting me", ("suspect", "last week")), "urgency", "past"),
        (("man keeps staring at me", ("location", "we left leeds half an hour ago")), "urgency", "now"),
    ],
)
def test_the_newest_counts_and_corrections_are_made(texts: tuple[Any, ...], slot: str, value: Any):
    """Rule 7."""
    assert values(*texts)[slot] == value


def test_between_takes_the_place_of_at_and_at_of_between():
    before = values(("location", "between belsize park and hampstead"))
    assert "place.at" not in before
    after = values(("location", "between belsize park and hampstead"), ("location", "just past highgate"))
    assert "place.between" not in after
    assert set(after["place.ids"]) == {"at"}


def test_a_place_in_an_answer_about_a_person_is_no_correction():
    assert values(("location", "leeds"), ("suspect", "scarf from the york shop"))["place.at"] == "Leeds"


def test_a_thin_text_is_no_account():
    assert "account" not in known.known_slots(told("hes on my train again"))
    assert "account" in known.known_slots(told("man staring at me"))


def test_the_moment_something_happened_is_no_train():
    session = told(("when", "today about 4.30pm"))

    assert session.values["service.time_kind"] == "event"
    assert "service" not in known.known_slots(session)
    assert "when" in known.known_slots(session)


def test_nothing_of_an_earlier_sitting_is_known():
    """R2, R3."""
    session = told("man staring at me at leeds")
    session.before = len(session.account)
    session.earlier, session.values = facts.joined({}, session.values), {}

    assert known.known_slots(session) == frozenset()
    assert known.view(session, 12).behaviours == frozenset()


def test_what_happened_adds_up_over_sittings():
    assert facts.joined({"behaviours": ["staring"], "role": "self"}, {"behaviours": ["touching"]}) == {
        "behaviours": ["staring", "touching"],
        "role": "self",
    }


def test_every_span_points_into_its_text():
    session = told("1805 vic to brighton coach 3, man staring", ("suspect", "blue jacket and a beard"))

    for said in session.said.values():
        for span in said:
            assert 0 <= span.start < span.end <= len(session.account[span.entry].text)


def test_one_station_alone_is_no_choice():
    """Rule 6: two of one name are offered; a single guess is asked for as any place is."""
    session = begun(shipped("railway"))
    session.account.append(Entry("at manchester", NOON))
    reading = read("at manchester", Context())
    reading.place["at"] = Value(None, 0.3, alternatives=("Manchester Piccadilly",))

    facts.Merge(session, reading, None).all()

    assert session.aside is None
