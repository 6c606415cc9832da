"""Approved replies: what the file must keep, and how slots are filled (R1, R2; CONVERSATION rules 1, 2, 4, 9)."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.texts import segments
from handlers import replies

FLOWS = (None, "railway", "tram", "starter")


def test_r1_no_reply_names_what_it_may_not_and_each_fits_its_segments() -> None:
    assert replies.problems() == []


def test_the_check_of_the_file_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "reviewed_by": {"cy": ""},
        "general": {
            "a": {"label": "A", "en": "The police come to {place}", "cy": "Byddwn yna."},
            "b": {"label": "B", "en": "Hello {offence}", "cy": "Helo {offence}"},
            "c": {"label": "C", "en": "Are you on the {train}, at {place}? " * 3, "cy": "{train} {place}"},
            "d": {"label": "D", "en": "Why did you sit there?", "cy": "Ble?"},
        },
        "flows": {},
    }
    monkeypatch.setattr(replies, "_file", lambda: wrong)
    found = " | ".join(replies.problems())

    for part in (
        "a: the languages have different slots",
        "a (en): R1 forbids police",
        "no such slot as offence",
        "c (en): too long",
        "d (en): why did you",
    ):
        assert part in found


@pytest.mark.parametrize("flow", FLOWS)
def test_every_reply_is_there_in_both_languages(flow: str | None) -> None:
    for one in replies.approved(flow):
        assert set(one.texts) == {"en", "cy"}
        assert all(text.strip() for text in one.texts.values())
        assert one.texts["en"] != one.texts["cy"]


def test_welsh_says_that_nobody_has_read_it_yet() -> None:
    assert replies.unread() == ["cy"]


FACTS: dict[str, Any] = {
    "facts": {
        "place": {"at": "Clapham Junction", "from": "London Victoria", "to": "Brighton"},
        "service": {"time": "18:05", "coach": "3", "time_kind": "train"},
        "behaviours": ["rubbing"],
    }
}


def test_slots_are_filled_from_place_train_time_and_number_alone() -> None:
    filled = {one.code: one for one in replies.offered("railway", FACTS, "456 of 21/11")}

    assert filled["coming"].texts["en"].startswith("Someone is on the way to you (Clapham Junction).")
    assert filled["train"].texts["cy"] == "Ydych chi ar y trên 18:05 London Victoria to Brighton? 1 ydw 2 nac ydw"
    assert "456 of 21/11" in filled["number"].texts["en"]
    assert all(not one.missing for one in filled.values())
    assert all(segments(one.texts["en"]).count == 1 for one in filled.values())


@pytest.mark.parametrize(
    ("facts", "slots"),
    [
        ({}, {}),
        ({"place": {"next": "Leeds"}}, {"place": "Leeds"}),
        ({"service": {"time": "18:05", "time_kind": "event"}}, {}),
        ({"place": {"to": "Leeds"}, "service": {"time": "18:05"}}, {"time": "18:05", "train": "18:05 to Leeds"}),
    ],
)
def test_what_is_not_known_stays_a_blank(facts: dict[str, Any], slots: dict[str, str]) -> None:
    assert replies.slots({"facts": facts}, None) == slots
    text, missing = replies.filled("At {place}, on the {train}?", slots)
    assert replies.has_blanks(text) == bool(missing)


def test_a_facts_own_braces_are_no_slot() -> None:
    assert replies.filled("At {place}.", {"place": "{train}"}) == ("At {train}.", ())
