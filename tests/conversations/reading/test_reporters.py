"""Thirty simulated reporters, each read text by text with the question asked: what is merged is what they said."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from conversations.reading import Context, read
from tests.conversations.reading.reporters import misread
from tests.evaluate import __main__ as evaluate

_FILE = Path(evaluate.__file__).parent / "reporters.jsonl"
REPORTERS = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
LEAST = {"place": 29, "service": 29, "behaviours": 29, "urgency": 28, "role": 29, "suspect_is": 28}


def test_what_thirty_reporters_say_in_answers_is_put_together() -> None:
    wrong: Counter[str] = Counter()
    for reporter in REPORTERS:
        slots = misread(reporter)
        reported = reporter["expect"]["intent"] == "report"
        wrong.update(name for name in slots if reported or name in {"place", "service"})
    for name, least in LEAST.items():
        assert len(REPORTERS) - wrong[name] >= least, (name, wrong[name])


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("can i speak to a real person pls", "person"),
        ("yes but not by phone", "by_text"),
        ("can someone call me back", "call_back"),
        ("im deaf so please only text me", "no_voice"),
        ("cant talk he will hear me", "no_voice"),
        ("not sure if i want to report this", "unsure"),
        ("no keep me anonymous", "anonymous"),
        ("actually no dont send it please", "withdraw"),
        ("a woman officer if possible", "woman_officer"),
        ("gai siarad efo rhywun go iawn, bod dynol", "person"),
    ],
)
def test_what_else_a_reporter_asks_for_is_heard(text: str, wish: str) -> None:
    assert wish in read(text, Context(asks="contact")).wishes


def test_the_coach_said_in_place_of_the_one_taken_back() -> None:
    reading = read("no not coach d, c", Context(asks="confirm", facts={"service": {"coach": "D"}}))
    assert reading.service["coach"].value == "C"
    assert [c.old for c in reading.denied] == ["D"]


def test_a_text_that_begins_with_who_writes_it_accuses_nobody_of_staff() -> None:
    assert read("Guard here on 2S31. Passenger spat at me over his ticket").suspect_is.value is None
    assert read("The guard on 2S31. He spat at me over my ticket").suspect_is.value == "rail_staff"
