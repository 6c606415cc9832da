"""Likeness: what the learned weights add to the rules, from where in the text, and that their file is current."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.reading import Context, read
from conversations.reading.compile import compiled
from conversations.reading.files import DATA
from conversations.reading.knowledge import COMPILED, knowledge
from conversations.reading.likely import LIKELIEST, LIKELY, UNNAMED_DANGER, likely_acts
from conversations.reading.likeness import DANGER, FILE, STAFF, Learned, Likeness, likeness
from conversations.reading.normal import words_of
from conversations.reading.reading import seen
from tests.evaluate.train import LABELS, files, fingerprint

SMALL = Likeness(Learned("", 9, {DANGER: -20, STAFF: 0}, {"knife": "1 a40 b-5", "a knife": "1 a30"}))


def test_the_weights_are_those_of_the_labelled_texts() -> None:
    """Fails after a change to the labelled texts: run `python -m tests.evaluate.train`."""
    learned = msgspec.json.decode((DATA / FILE).read_bytes(), type=Learned)
    assert learned.source == fingerprint(files())
    assert likeness().labels == list(LABELS)


def test_the_rules_worked_out_ahead_are_those_of_the_rule_files() -> None:
    """Fails after a change to a rule file: run `python -m conversations.reading.compile`."""
    assert (DATA / COMPILED).read_text(encoding="utf-8") == compiled()


def test_no_labelled_text_is_too_large_a_file() -> None:
    assert all(Path(file).stat().st_size < 300_000 for file in files())
    assert (DATA / FILE).stat().st_size < 3_000_000


def test_weights_are_added_up_as_the_file_says() -> None:
    """The logistic function of the bias and the weights, by the length of the text (logistic regression, tf-idf)."""
    with_knife = SMALL.scores(seen("he has a knife"))
    assert with_knife.of(DANGER) > 0.9
    assert with_knife.of(STAFF) < 0.5
    assert SMALL.scores(seen("nothing here")).of(DANGER) == pytest.approx(1 / (1 + 2.718281828**2), abs=1e-6)
    assert with_knife.of("no such label") == 0.0


def test_the_signs_that_weighed_most_say_where_they_stand() -> None:
    hits = SMALL.scores(seen("look he has a knife")).hits("danger", "likeness", DANGER)
    assert [(hit.pattern, hit.first, hit.last) for hit in hits] == [("a knife", 3, 5), ("knife", 4, 5)]


def test_a_danger_by_likeness_is_named_and_has_its_spans() -> None:
    """Every labelled text that only likeness reads as danger: the rule is named, the spans lie in the text."""
    found = 0
    for line in (Path(files()[0])).read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        for value in read(text).danger:
            if value.rule == "danger.likeness":
                found += 1
                assert value.spans
                assert all(0 <= start < end <= len(text) for start, end in value.spans)
                assert likeness().scores(seen(text)).of(DANGER) > UNNAMED_DANGER
    assert found


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_has_a_likeness_and_it_is_the_same_twice(text: str) -> None:
    scores = likeness().scores(seen(text))
    assert all(0.0 <= value <= 1.0 for value in map(scores.of, LABELS))
    assert likeness().scores(seen(text)) == scores
    for label in LABELS:
        for hit in scores.hits("danger", "likeness", label):
            start, end = words_of(text).span(hit.first, hit.last)
            assert 0 <= start < end <= len(text)


def test_an_answer_is_not_likened_to_whole_texts() -> None:
    for answer in ("her", "no", "leeds", "the driver"):
        reading = read(answer, Context(asks="location"))
        assert all("likeness" not in value.rule for value in (*reading.danger, reading.intent, reading.suspect_is))


def test_not_an_emergency_outweighs_any_likeness() -> None:
    text = "this is not an emergency but he keeps shouting and will not leave the carriage"
    assert read(text).urgency.value != "emergency"


def test_an_act_is_told_only_where_it_is_likely_and_without_one_the_likeliest_alone() -> None:
    told = 0
    for line in files()[0].read_text(encoding="utf-8").splitlines()[:80]:
        text = json.loads(line)["text"]
        scores = likeness().scores(seen(text))
        acts = likely_acts(words_of(text), [], scores, knowledge().behaviours)
        for label, hits in acts:
            told += 1
            assert hits
            assert scores.of(label) > (LIKELY if len(acts) > 1 else LIKELIEST)
    assert told


def test_what_the_rules_found_keeps_their_hits() -> None:
    reading = read("a man keeps staring at me and put his hand on my leg")
    assert [(act.value, act.rule) for act in reading.behaviours] == [
        ("staring", "behaviours.staring"),
        ("touching", "behaviours.touching"),
    ]
