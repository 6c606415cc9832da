"""Simulated people text a railway police force; what must come of it (CONVERSATION rules 3, 6, 7, 8, 10, 12, 17)."""

from __future__ import annotations

import pytest

from tests.reporters.driver import play_all
from tests.reporters.people import people
from tests.reporters.score import Figures, Score, figures, score


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    return [score(played) for played in play_all(people())]


@pytest.fixture(scope="module")
def found(scores: list[Score]) -> Figures:
    return figures(scores)


def test_every_conversation_ends_as_it_should(scores: list[Score]):
    wrong = {one.played.person.id: one.played.ended for one in scores if not one.ended_well}

    assert wrong == {}


def test_place_and_train_of_the_merged_report_are_exact(found: Figures):
    assert found.exact / found.reports >= 0.95


def test_nobody_is_asked_more_than_they_bear(scores: list[Score]):
    assert [one.played.person.id for one in scores if one.asked_too_much] == []


def test_a_first_text_that_tells_all_needs_two_questions_at_most(found: Figures):
    assert found.most_until_complete <= 2
    assert found.most_after_full <= 3


def test_four_texts_are_enough_for_half_of_them(found: Figures):
    assert found.median_texts <= 4


def test_who_only_wants_help_or_lost_something_makes_no_report(scores: list[Score]):
    assert [one.played.person.id for one in scores if not one.played.person.reports and one.rest] == []


def test_every_text_of_ours_keeps_to_its_segments(scores: list[Score]):
    """Rule 2: one segment in English, two at most in Welsh."""
    sizes = [
        (one.played.person.id, line["report"]["facts"]["language"] if line["report"] else "en", size)
        for one in scores
        for line in one.played.heard
        for size in line["segments"]
    ]

    assert [size for size in sizes if size[2] > 2] == []


def test_danger_gets_advice_and_an_urgent_revision_in_the_same_turn(scores: list[Score]):
    """Rule 8: 999 in the answer to the text that tells of danger, and the report says why it is urgent."""
    for one in scores:
        alarmed = [line for line in one.played.heard if line["report"] and line["report"]["why_urgent"]]
        if one.played.person.expect.get("emergency_advice") and one.played.told_all:
            assert alarmed, one.played.person.id
            assert any("999" in text for text in alarmed[0]["replies"]), one.played.person.id


@pytest.mark.parametrize("at", ["2026-01-05T07:30:00+00:00", "2026-07-11T23:55:00+01:00"])
def test_the_hour_does_not_matter(at: str):
    """The same people early in winter and late in summer."""
    from datetime import datetime

    found = figures([score(played) for played in play_all(people(), datetime.fromisoformat(at))])

    assert (found.endings, found.asked_too_much) == (found.people, 0)
    assert found.exact / found.reports >= 0.95
