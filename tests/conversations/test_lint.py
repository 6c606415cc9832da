"""Lint: operators see mistakes before passengers do."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import pytest

from conversations import asides, flows, support
from conversations.conditions import View
from conversations.flowfile import loads
from conversations.lint import Issue, lint, longest_texts, notices, values
from conversations.lint.paths import way_to
from conversations.script import Does, parse
from conversations.session import Aside
from conversations.telling import Telling
from conversations.texts import segments
from tests.conversations.player import begun
from tests.conversations.small import SMALL, changed, where

TODAY = date(2026, 11, 20)


def found(old: str, new: str) -> list[Issue]:
    """The issues of the small flow with one thing changed."""
    return lint(loads(changed(old, new)))


def told(source: str, previous: str | None = None) -> list[tuple[str | None, str]]:
    """Step and message of every issue."""
    issues = lint(loads(source), loads(previous) if previous is not None else None)
    return [(issue.step, issue.message) for issue in issues]


def test_the_small_flow_has_no_issues():
    assert lint(loads(SMALL)) == []


@pytest.mark.parametrize("slug", flows.slugs())
def test_no_shipped_flow_has_issues(slug: str):
    assert [str(issue) for issue in lint(flows.shipped(slug))] == []


@pytest.mark.parametrize("slug", flows.slugs())
def test_r13_a_flow_may_replace_itself(slug: str):
    assert lint(flows.shipped(slug), flows.shipped(slug)) == []


@pytest.mark.parametrize("slug", flows.slugs())
def test_every_text_is_one_segment_in_english_and_two_in_any_other(slug: str):
    """Rule 2: with the longest values filled in."""
    counts = [(text.language, segments(text.text).count) for text in longest_texts(flows.shipped(slug))]

    assert len(counts) > 30
    assert {count for language, count in counts if language == "en"} == {1}
    assert {count for language, count in counts if language != "en"} <= {1, 2}


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_longest_numbers_are_in_the_language_and_nothing_that_is_sent_is_longer(language: str):
    """Rule 2: at any hour, for anyone, in each nation; hours in the language's own words."""
    longest = values.weight(values.services(language))
    every = product(("ENG", "WLS", "SCT", None), support.AUDIENCES, range(7), range(0, 1440, 30), (False, True))
    for nation, audience, day, minute, by_text in every:
        offers = support.shipped().pick(nation, language, audience, day, minute, False, TODAY, by_text=by_text)
        assert values.weight(support.joined(offers, language)) <= longest

    assert ("bob dydd" in values.services(language)) == (language == "cy")


def test_a_question_of_many_stations_leaves_out_the_least_likely_where_all_do_not_fit():
    """Rule 2: two at least, one segment."""
    telling = Telling(flows.shipped("railway"), begun(flows.shipped("railway")), View())
    labels = tuple(f"Long Name of a Station ({number * 40})" for number in "abcd")

    text = asides.put(telling, Aside("which", labels, "place.at"), "")

    assert segments(text).count == 1
    assert " 2 " in text
    assert " 4 " not in text


def test_stations_with_two_brackets_are_told_apart_by_both():
    labels = ("Hammersmith (District and Piccadilly lines) (Underground)", "Hammersmith (Circle line) (Underground)")

    assert asides.apart(labels) == (
        "Hammersmith",
        ("District and Piccadilly lines, Underground", "Circle line, Underground"),
    )


@pytest.mark.parametrize(
    ("old", "new", "needle", "inside", "step", "language", "message"),
    [
        ("Which place?", "Which police?", '"Which police', "", "where", "en",
         "'police' would expose the reporter (R1)"),
        ("Added.", "Your report.", '"Your', "", "added", "en", "'report' would expose the reporter (R1)"),
        ("What did you see?", "Did you see the assault?", '"Did', "", "what", "en",
         "'assault' would expose the reporter (R1)"),
        ("A team. ", "The police. ", '"The police', "", "who", "en", "'police' would expose the reporter (R1)"),
        ("Which place?", "Which place!", '"Which place!', "", "where", "en", "no exclamation marks"),
        ("Which place?", "Which place \U0001f642", '"Which place \U0001f642', "", "where", "en", "no pictures"),
        ("A few words?", "Why did you sit there?", '"Why', "", "what", "en",
         "'why did you' blames or doubts; ask what happened"),
        ("A few words?", "Were you drinking?", '"Were', "", "what", "en",
         "'were you drinking' blames or doubts; ask what happened"),
        ("A few words?", "What were you wearing?", '"What were', "", "what", "en",
         "'what were you wearing' blames or doubts; ask what happened"),
        ("A few words?", "Did they follow you?", '"Did', "", "what", "en", "'did they follow' leads; ask openly"),
        ("A few words?", "What did he do?", '"What did he', "", "what", "en",
         "'he' takes for granted who it was; say the person, or they"),
        ("Which place?", "x" * 161, '"xx', "", "where", "en",
         "again: 161 units in 2 segments with the longest values, at most 1"),
        ("Which place?", "x" * 70 + "’", '"xx', "", "where", "en",
         "again: 71 units in 2 segments with the longest values, at most 1; ’ made it 70 units a segment"),
        ("Thanks. {question}", "x" * 150 + "{question}", '"xx', "", "greeting", "en",
         "176 units in 2 segments with the longest values, at most 1"),
        ("Ref {reference}.", "x" * 150, '"xx', "", "done", "en",
         "closing: 172 units in 2 segments with the longest values, at most 1"),
        ("Ring {services}. {question}", "x" * 100 + "{services}{question}", '"xx', "", "support", "en",
         "181 units in 2 segments with the longest values, at most 1"),
        ("languages: [en]", "languages: [en, cy]", "stop: {en: [", "{en", "keyword stop", "cy",
         "this language is missing"),
        ("languages: [en]", "languages: [en, cy]", 'again: {en: "Which', "{", "where", "cy",
         "this language is missing"),
        ("languages: [en]", "languages: [en, cy]", "words: {en: [right", "{", "side", "cy",
         "this language is missing"),
        ('{en: "Added."}', '{en: "Added.", cy: "Iawn."}', '{en: "Added', "", "added", "cy",
         "the flow does not name this language"),
        ("{en: [back]}", "{en: []}", "back: {en", "{", "keyword back", "en", "no word for it, so it cannot be said"),
        ("1 left 2 right\"}\n    short", "left or right\"}\n    short", '"left or', "", "side", "en",
         "the text does not offer 2"),
        ("[right, off]", "[right, end]", "{en: [right", "", "side", "en", "'end' belongs to carriers"),
        ("[right, off]", "[right, Left]", "{en: [right", "", "side", "en", "'Left' means two choices"),
        ("[thanks]", "[thanks, BACK]", "{en: [thanks", "", "keyword thanks", "en", "'BACK' already means back"),
        ("[done]", "[done, end]", "{en: [done", "", "keyword done", "en", "'end' belongs to carriers"),
        ("Near? 1 yes 2 no", "Near? Text YES or 2 no, 1", '"Near', "", "near", "en",
         "YES belongs to carriers; put its number before it"),
        ("Please ask elsewhere.", "Text INFO for more.", '"Text INFO', "", "offtopic", "en",
         "INFO belongs to carriers; offer a number"),
        ("SUPPORT for", "Numbers for", "{en: [support", "", "keyword support", "en",
         "no text tells of it, neither the greeting nor an end"),
        ("Ring 999 or press 55.", "Ring 999.", '"Ring 999', "", "danger", "en", "must say 55"),
        ("Ring 999 or press 55.", "[1:Ring 999] or press 55.", '"[1:Ring', "", "danger", "en", "must say 999"),
        ("Ring 0800 1111.", "Ring.", '"Ring. ', "", "child", "en", "must say 0800 1111"),
        ("Delete the thread. {question}", "Delete the thread.", '"Delete', "", "deleted", "en",
         "{question} is missing, or in a part that is dropped"),
        ("{repeat}? 1", "[1:{repeat}]? 1", '"[1:{rep', "", "check", "en",
         "{repeat} is missing, or in a part that is dropped"),
        ('    short: {en: "What?"}\n', "", "- id: what", "id", "what", None,
         "a question needs a short text, to stand behind the emergency advice"),
        ("minutes: 1.5", "minutes: 30", "- id: near", "id", "near", None,
         "30 minutes is no time-out: what is known would wait, at most 10"),
        ("ask: [where]", "ask: [where, what, side, near]", "- when: {urgency", "when", None, None,
         "4 questions in danger, 4 otherwise; ask fewer in danger"),
    ],
)  # fmt: skip
def test_an_issue_names_step_language_and_place(
    old: str, new: str, needle: str, inside: str, step: str | None, language: str | None, message: str
):
    source = changed(old, new)
    place = where(source, needle, inside)

    issues = [(i.step, i.language, i.message, i.line, i.column) for i in lint(loads(source))]

    assert (step, language, message, *place) in issues


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("What did you see?", "What did the police see?",
         ("> I saw it, at Leeds", "< What did the police see?")),
        ("1 left 2 right\"}\n    short", "Police? 1 left 2 right\"}\n    short",
         ("> this is what happened, at Leeds", "< Which side? 1 left 2 right", "> ???", "< Police? 1 left 2 right")),
        ("A team. ", "The police. ", ("> who is this", "< The police. ...")),
        ("Ring 999 or press 55.", "Police: 999 or 55.", ("> help", "< Police: 999 or 55. ...")),
        ("Ring {services}.", "x" * 150 + "{services}.", ("> support", f"< {'x' * 150}.... ...")),
        ("Ref {reference}.", "Your case {reference}.", ("> this is what happened", "< Your case ....")),
    ],
)  # fmt: skip
def test_a_text_that_fails_is_shown_where_a_passenger_would_see_it(old: str, new: str, path: tuple[str, ...]):
    """The shortest way to that very wording, as a phone conversation."""
    [issue] = found(old, new)

    assert issue.path[0].startswith(path[0][:6])
    assert issue.path[-1] == path[-1]
    assert {line.does for line in parse("\n".join(issue.path))} == {Does.SAYS, Does.HEARS}


@pytest.mark.parametrize(
    "text",
    [
        "What did they look like?",
        "Which way did they go?",
        "It is not your fault.",
        "Nid eich bai chi yw hyn.",
        "Tell us what happened, as much or as little as you like.",
        "Sut oedd y person yn edrych?",
    ],
)
def test_open_words_are_let_pass(text: str):
    """Rules 4 and 11."""
    assert found("A few words?", text) == []


def test_where_they_cannot_hear_55_may_be_missing():
    """Rule 8: text ways only."""
    variants = 'danger:\n    - when: {deaf: yes}\n      en: "Text 999. {question}"\n    - {en: "999 or 55. {question}"}'

    assert found('danger: {en: "Ring 999 or press 55. {question}"}', variants) == []


def test_an_identifier_of_the_machine_is_refused():
    assert ("model", "this id is reserved, choose another") in told(SMALL.replace("side", "model"))


def test_a_step_that_nothing_leads_to_is_found():
    assert told(changed("[where, what, side, check]", "[where, what, side]")) == [
        ("check", "no step leads here: no order asks it and no choice leads to it")
    ]


def test_a_step_whose_conditions_exclude_each_other_is_found():
    source = changed("asks: side\n    when: {not: {urgency: past}}", "asks: side\n    when: {urgency: emergency}")

    assert ("side", "never asked: its conditions and its orders' never hold at once") in told(source)


def test_an_order_that_another_hides_is_found():
    hidden = "  - when: {quiet: [yes, no]}\n    ask: [where]\n  - when: {urgency: emergency}"

    assert (None, "this order never fits: one before it always does") in told(
        changed("  - when: {urgency: emergency}", hidden)
    )


def test_a_question_behind_an_end_is_found():
    assert ("near", "stands behind the end 'done', so this order never asks it") in told(
        changed("ask: [where]", "ask: [where, done, near]")
    )


def test_a_round_without_a_way_out_is_shown_as_a_conversation():
    source = changed("        sets: {still_there: no}\n", "        to: side\n").replace("to: near", "to: side")

    [issue] = [issue for issue in lint(loads(source)) if "circle" in issue.message]

    assert issue.step == "side"
    assert issue.message == "every answer leads on to 'side' and in a circle; only SKIP gets out"
    assert issue.path == (
        "> this is what happened, at Leeds, still near",
        "< Which side? 1 left 2 right",
        "> 1",
        "< Which side? 1 left 2 right",
    )


def test_a_round_with_a_way_out_is_none():
    assert told(changed("to: near", "to: side")) == []


@pytest.mark.parametrize(("word", "meant"), [("support", "support"), ("back", "back"), ("forget it", "withdraw")])
def test_a_word_that_an_answer_takes_from_a_keyword_is_shown_as_a_conversation(word: str, meant: str):
    """Rules 7, 10 and 17: at any point."""
    [issue] = found("[right, off]", f"[right, {word}]")

    assert issue.message == f"{word!r} would be an answer here, so {meant} could not be said so"
    assert issue.path[-2:] == ("< Which side? 1 left 2 right", f"> {word}")
    assert {line.does for line in parse("\n".join(issue.path))} == {Does.SAYS, Does.HEARS}


def test_too_many_questions_before_the_first_fact_are_shown_as_a_conversation():
    source = changed("[where, what, side, check]", "[side, near, extra, where, what, check]").replace(
        "  - id: check",
        "  - id: extra\n    kind: yes_no\n    asks: extra\n"
        '    text: {en: "More? 1 yes 2 no"}\n    again: {en: "1 or 2?"}\n    short: {en: "1 or 2?"}\n  - id: check',
    )

    [issue] = [issue for issue in lint(loads(source)) if "first fact" in issue.message]

    assert issue.message == "3 questions come before the first fact that can be passed on, at most 2"
    assert (issue.line, issue.column) == where(source, "- ask: [side", "ask")
    assert issue.path[1::2] == (
        "< Which side? 1 left 2 right",
        "< Near? 1 yes 2 no",
        "< More? 1 yes 2 no",
        "< Where?",
    )


def test_an_order_that_asks_for_nothing_to_pass_on_is_shown_as_a_conversation():
    source = changed(
        "    ask: [where]\n  - ask: [where, what, side, check]", "    ask: [side]\n  - ask: [where, what, side]"
    )

    [issue] = [issue for issue in lint(loads(source)) if "passed on" in issue.message]

    assert issue.message == "nothing that can be passed on is asked in this order"
    assert (issue.line, issue.column) == where(source, "- when: {urgency: emergency}", "when")
    assert issue.path == ("> I am in danger", "< Which side? 1 left 2 right")


def test_r13_no_variant_of_the_emergency_advice_may_go():
    said = 'danger: {en: "Ring 999 or press 55. {question}"}'
    variant = '    - when: {deaf: yes}\n      en: "Text 999. {question}"'
    both = f'danger:\n{variant}\n    - {{en: "Ring 999 or press 55. {{question}}"}}'

    assert ("danger", "a variant of the emergency advice may not be dropped (R13)") in told(SMALL, changed(said, both))


def test_in_quiet_mode_1_or_2_answers_everything():
    """Rule 9."""
    [issue] = found("ask: [near]", "ask: [near, what]")

    assert (issue.step, issue.message) == ("what", "in quiet mode this would be asked, and 1 or 2 does not answer it")
    assert issue.path == ("> .", "< Near? 1 yes 2 no", "> skip", "< What happened?")


def test_the_shortest_way_goes_through_the_answers_that_are_asked_for():
    source = changed("when: {not: {urgency: past}}", "when: {answered: {near: 2}}").replace(
        "ask: [where, what, side, check]", "ask: [near, where, what, side, check]"
    )

    way = way_to(loads(source), "side")

    assert way[1:3] == ("< Near? 1 yes 2 no", "> 2")
    assert way[-1] == "< Which side? 1 left 2 right"


def test_a_language_that_nobody_has_read_is_to_be_known():
    unread, read = (
        changed("groups:", 'reviewed_by: {en: ""}\ngroups:'),
        changed("groups:", "reviewed_by: {en: A Reader}\ngroups:"),
    )

    assert [(notice.language, notice.message) for notice in notices(loads(unread))] == [
        ("en", "no speaker of this language has read the texts yet (reviewed_by)")
    ]
    assert notices(loads(read)) == []
    assert lint(loads(unread)) == []


STAFF = changed("sets: {still_there: no}", "sets: {suspect_is: rail_staff}")


@pytest.mark.parametrize(
    ("old", "new", "step", "message"),
    [
        ("{en: [stop]}", "{en: [halt]}", "keyword stop", "'stop' may not be dropped (R13)"),
        ("{en: [forget it]}", "{en: [take it back]}", "keyword withdraw", "'forget it' may not be dropped (R13)"),
        ("{en: [help]}", "{en: [hurry]}", "keyword danger", "'help' may not be dropped (R13)"),
        ("Ring 999 or press 55.", "Ring or press 55.", "danger", "the emergency advice may not lose 999 (R13)"),
        ("[where, what, side, check]", "[where, what, check]", "side",
         "the question about staff is no longer asked here (R13)"),
        ("when: {not: {urgency: past}}", "when: {urgency: now}", "side",
         "the question about staff is no longer asked here (R13)"),
        ("        sets: {suspect_is: rail_staff}\n", "", "side",
         "the question about staff is no longer asked here (R13)"),
        ("to: near", "to: where", "side", "the answers about staff may not tell or lead elsewhere (R13)"),
        ("Which place?", "Which police?", "where", "'police' would expose the reporter (R1)"),
    ],
)  # fmt: skip
def test_r13_what_no_edit_may_drop_or_reroute(old: str, new: str, step: str, message: str):
    assert (step, message) in told(changed(old, new, STAFF), STAFF)


def test_r13_other_edits_are_free():
    edit = changed("{en: [stop]}", "{en: [stop, enough]}", changed("Which place?", "Which stop?", STAFF))

    assert told(edit, STAFF) == []


def test_r13_the_way_to_what_was_dropped_is_shown():
    [issue] = lint(loads(changed("what, side, check", "what, check", STAFF)), loads(STAFF))[:1]

    assert issue.path[0].startswith("> ")
    assert "< Which side? 1 left 2 right" in issue.path


def test_an_issue_reads_well():
    [issue] = found("Which place?", "Which police?")
    line, column = where(SMALL, '"Which place')

    assert str(issue) == f"line {line}, column {column}: where (en): 'police' would expose the reporter (R1)"


def test_the_worked_example_of_the_guide_may_be_published():
    """docs/flows.md: a question more in the smallest whole flow."""
    guide = (Path(__file__).parents[2] / "docs" / "flows.md").read_text("utf-8")
    written = guide[guide.index("       - id: deck") : guide.index("4. Put it in")]
    deck = "".join(line.removeprefix("     ") for line in written.splitlines(keepends=True))
    source = changed("  - id: train\n", f"{deck.rstrip()}\n\n  - id: train\n", flows.source("starter"))
    source = changed("ask: [place, train, account, playback]", "ask: [place, train, deck, account, playback]", source)

    assert "deck" in loads(source).by_id
    assert lint(loads(source)) == []
