"""Lint: operators see mistakes before passengers do."""

from __future__ import annotations

import pytest

from conversations import flows
from conversations.flowfile import loads
from conversations.lint import Issue, lint, longest_texts
from conversations.texts import segments
from tests.conversations.test_flowfile import SMALL


def found(old: str, new: str) -> list[Issue]:
    """The issues of the small flow with one thing changed."""
    assert old in SMALL
    return lint(loads(SMALL.replace(old, new, 1)))


def test_the_small_flow_has_no_issues():
    assert lint(loads(SMALL)) == []


@pytest.mark.parametrize("slug", flows.slugs())
def test_no_shipped_flow_has_issues(slug: str):
    assert [str(issue) for issue in lint(flows.shipped(slug))] == []


@pytest.mark.parametrize("slug", flows.slugs())
def test_every_english_text_is_one_segment_with_the_longest_values(slug: str):
    """Rule 2."""
    texts = [text for _, language, text, _ in longest_texts(flows.shipped(slug)) if language == "en"]

    assert len(texts) > 10
    assert max(segments(text).count for text in texts) == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Which place?", "Which police?", Issue("where", "en", "'police' would expose the reporter (R1)", 26, 17)),
        ("Added.", "Your report.", Issue("added", "en", "'report' would expose the reporter (R1)", 7, 15)),
        ("Which place?", "Which place!", Issue("where", "en", "no exclamation marks", 26, 17)),
        (
            "Which place?",
            "x" * 161,
            Issue("where", "en", "161 units in 2 segments with the longest values, at most 1", 26, 17),
        ),
        (
            "Which place?",
            "x" * 70 + "’",
            Issue("where", "en",
                  "71 units in 2 segments with the longest values, at most 1; ’ made it 70 units a segment",
                      26, 17),
        ),
        (
            "Thanks. {question}",
            "x" * 155 + "{question}",
            Issue("greeting", "en", "161 units in 2 segments with the longest values, at most 1", 6, 18),
        ),
        ("languages: [en]", "languages: [en, cy]", Issue("keyword stop", "cy", "this language is missing", 12, 9)),
        ("languages: [en]", "languages: [en, cy]", Issue("where", "cy", "this language is missing", 26, 12)),
        ("languages: [en]", "languages: [en, cy]", Issue("sure", "cy", "this language is missing", 36, 16)),
        ('{en: "Added."}', '{en: "Added.", cy: "Iawn."}',
         Issue("added", "cy", "the flow does not name this language", 7, 10)),
        ("id: sure", "id: model", Issue("model", None, "this id is reserved, choose another", 28, 5)),
        ("1 on 2 off\"}\n    again", "1 on or off\"}\n    again",
         Issue("sure", "en", "the text does not offer 2", 31, 16)),
        ("[off, no]", "[off, end]", Issue("sure", "en", "'end' belongs to carriers or is a keyword", 36, 16)),
        ("[off, no]", "[off, help]", Issue("sure", "en", "'help' belongs to carriers or is a keyword", 36, 16)),
        ("[off, no]", "[off, On]", Issue("sure", "en", "'On' means two choices", 36, 16)),
        ("[back]", "[back, OK]", Issue("keyword thanks", "en", "'ok' already means back", 18, 11)),
        ("Ring 999 or press 55.", "Ring 999.", Issue("danger", "en", "the emergency advice must say 55", 9, 16)),
        ("Ring 999 or press 55.", "[1:Ring 999] or press 55.",
         Issue("danger", "en", "the emergency advice must say 999", 9, 16)),
        ("in_danger: yes", "in_danger: no",
         Issue(None, None, "no question is asked in danger (in_danger: yes)", 20, 5)),
        ('    short: {en: "Where?"}\n', "",
         Issue("where", None, "a question asked in danger needs a short text", 20, 5)),
    ],
)  # fmt: skip
def test_an_issue_names_step_language_and_place(old: str, new: str, expected: Issue):
    assert expected in found(old, new)


def test_a_step_that_nothing_leads_to_is_found():
    lost = "  - id: lost\n    kind: end\n    ends: partial\n    text: {en: Bye.}\n  - id: sure"

    source = SMALL.replace("    in_danger", "    next: sure\n    in_danger").replace("  - id: sure", lost)

    assert Issue("lost", None, "no step leads here", 29, 5) in lint(loads(source))


def test_a_dead_end_is_found():
    loop = SMALL.replace("to: done", "to: where", 1).replace("    choices:", "    next: where\n    choices:")

    messages = [(issue.step, issue.message) for issue in lint(loads(loop))]

    assert ("where", "no end can be reached from here") in messages
    assert ("done", "no step leads here") in messages


@pytest.mark.parametrize(
    ("slot", "message"),
    [
        ("account", "'account' may not be repeated, only place and service (R2)"),
        ("place.to", "no question fills 'place.to'"),
    ],
)
def test_only_place_and_train_are_played_back(slot: str, message: str):
    repeats = f"\n    repeats:\n      - slot: {slot}\n        unnamed: {{en: it}}"

    assert (28, message) in [(issue.line, issue.message) for issue in found("kind: choice", "kind: playback" + repeats)]


def test_an_issue_reads_well():
    [issue] = found("Which place?", "Which police?")

    assert str(issue) == "line 26, column 17: where (en): 'police' would expose the reporter (R1)"
