"""Flow files: whatever is wrong is told with its exact line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import flows
from conversations.conditions import BEHAVIOURS, SLOTS, View
from conversations.flow import Kind
from conversations.flowconditions import KEYS
from conversations.flowfile import FlowFileError, load, loads
from tests.conversations.small import SMALL, changed, where
from tests.naughty import with_naughty_strings


def problems(source: str) -> list[tuple[int, int, str | None, str]]:
    """What is wrong with a file."""
    with pytest.raises(FlowFileError) as caught:
        loads(source)
    return [(problem.line, problem.column, problem.step, problem.message) for problem in caught.value.problems]


def test_a_flow_file_is_read():
    flow = loads(SMALL)

    assert (flow.slug, flow.version, flow.languages, flow.label) == ("small", 3, ("en",), "A small one")
    assert [(step.id, step.kind) for step in flow.steps] == [
        ("where", Kind.PLACE),
        ("what", Kind.ACCOUNT),
        ("side", Kind.CHOICE),
        ("near", Kind.YES_NO),
        ("check", Kind.PLAYBACK),
        ("done", Kind.END),
    ]
    assert [order.ask for order in flow.orders] == [("near",), ("where",), ("where", "what", "side", "check")]
    assert (flow.complete, flow.first.id, flow.end.id) == (("place", "service"), "where", "done")


def test_a_kind_brings_what_the_file_does_not_say():
    """Rule 6: numbered, and the words for yes and no in the flow's languages."""
    flow = loads(SMALL)

    assert [(step.asks, step.slot) for step in flow.steps] == [
        ("location", "place"),
        ("description", "account"),
        ("side", None),
        ("suspect", "still_there"),
        ("confirm", None),
        (None, None),
    ]
    near = flow.by_id["near"]
    assert [(choice.number, choice.words.by_language["en"], choice.sets) for choice in near.choices] == [
        (1, ("yes", "y"), {"still_there": True}),
        (2, ("no", "n"), {"still_there": False}),
    ]
    assert near.minutes == 1.5


def test_a_choice_tells_and_leads():
    left, right = loads(SMALL).by_id["side"].choices

    assert (left.sets, left.to) == ({}, "near")
    assert (right.sets, right.to) == ({"still_there": False}, None)


def test_a_text_has_variants():
    """Rule 14."""
    what = loads(SMALL).by_id["what"].text

    assert what.render("en", {}, View(role="witness")) == "What did you see?"
    assert what.render("en", {}, View(role="self")) == "What happened?"
    assert what.render("en", {}) == "What happened?"


def test_on_off_yes_and_no_stay_words():
    """YAML 1.1 would make booleans of them."""
    flow = loads(SMALL)

    assert [choice.words.by_language["en"] for choice in flow.by_id["side"].choices] == [
        ("left", "on"),
        ("right", "off"),
    ]
    assert flow.keywords["no"].by_language == {"en": ("no", "n")}


def test_the_hash_is_of_what_a_file_says_not_of_how():
    flow = loads(SMALL)

    assert loads("# a comment\n" + changed('{en: "Where?"}', "{ en:   'Where?' }")).hash == flow.hash
    assert loads(changed("Which place?", "Which stop?")).hash != flow.hash
    assert len(flow.hash) == 64


@pytest.mark.parametrize(
    ("old", "new", "needle", "inside", "step", "message"),
    [
        ("version: 3", "version: three", "three", "", None, "expected a whole number from 1"),
        ("version: 3", "version: 0", "version: 0", "0", None, "expected a whole number from 1"),
        ("version: 3", "version: ٣", "٣", "", None, "expected a whole number from 1"),
        ("version: 3\n", "", "flow", "", None, "'version' is missing"),
        ("flow: small", "flow: Small one", "Small one", "", None,
         "'Small one' is no id; use small letters, figures and _, a letter first"),
        ("label: A small one", "label: ''", "''", "", None, "expected a text that is not blank"),
        ("label: A small one", "label: [a]", "[a]", "", None, "expected a text"),
        ("languages: [en]", "languages: en", "languages: en", "en", None, "expected a list"),
        ("languages: [en]", "languages: []", "[]", "", None, "name at least one language"),
        ("languages: [en]", "languages: [en, en]", "en, en]", "en]", None, "'en' is here twice"),
        ("languages: [en]", "languages: [english]", "[english]", "", None,
         "'english' is no language code such as en or cy"),
        ("label: A", "lable: x\nlabel: A", "lable", "", None,
         "unknown key 'lable'; expected keys flow, version, label, languages, complete, lines, keywords, order, steps, "
         "reviewed_by, groups, topics"),
        ("flow: small", "flow: small\nflow: small", "small\nflow", "flow", None, "'flow' is here twice"),
        ("complete: [place, service]", "complete: [place, weather]", "weather", "", None,
         "unknown slot 'weather'; expected one of " + ", ".join(SLOTS)),
        ("goods: [theft,", "goods: [arson,", "arson", "", None,
         "unknown behaviour 'arson'; expected one of " + ", ".join(BEHAVIOURS)),
        ("goods: [", "theft: [", "theft: [", "[", None, "'theft' is a behaviour already"),
        ("  safe: {en: \"Thanks.\"}\n", "", "greeting", "", None, "'safe' is missing"),
        ("  thanks: {en: [thanks]}\n", "", "stop: {en: [", "", None, "'thanks' is missing"),
        ("{en: [stop]}", "{en: stop}", "{en: stop", "stop", None, "expected a list"),
        ("{en: \"Added.\"}", "Added.", "Added.", "", None, "expected keys and values"),
        ("{en: \"Added.\"}", "{}", "{}", "", None, "expected a text for each language"),
        ("{en: \"Added.\"}", "{english: Added.}", "Added.", "", None,
         "'english' is no language code such as en or cy"),
        ("who\n    words", "2\n    words", "2\n    words", "", None,
         "'2' is no id; use small letters, figures and _, a letter first"),
        ("kind: place", "kind: map", "map", "", "where",
         "unknown kind 'map'; expected one of place, train, yes_no, choice, time, person, account, consent, playback, "
         "end"),
        ("    asks: side\n", "", "id: side", "", "side", "'asks' is missing"),
        ("slot: still_there", "slot: feeling", "feeling", "", "near",
         "unknown slot 'feeling'; expected one of " + ", ".join(SLOTS)),
        ("minutes: 1.5", "minutes: soon", "soon", "", "near", "expected minutes, more than 0 and at most 60"),
        ("minutes: 1.5", "minutes: 0", "minutes: 0", "0", "near", "expected minutes, more than 0 and at most 60"),
        ("Which place?", "Which {here}?", "{here}", "", "where", "unknown placeholder {here}; known here: none"),
        ("Ref {reference}.", "Ref {ref}.", "{ref}", "", "done",
         "unknown placeholder {ref}; known here: {reference}"),
        ("Ref {reference}.", "Ref {reference.", "{reference.", "", "done",
         "'{' has no meaning here; write {name} or [1:words]"),
        ("Which place?", "Which [1:place?", "[1:place", "", "where", "this part is not closed with ]"),
        ("to: near", "to: nowhere", "nowhere", "", "side", "leads to 'nowhere', which is no step"),
        ("id: what", "id: where", "id: where\n    kind: account", "", "where", "a step 'where' is here already"),
        ("id: done", "id: stopped", "id: stopped", "", "stopped", "'stopped' is built in; choose another id"),
        ("ends: complete", "ends: happily", "happily", "", "done",
         "unknown ending 'happily'; expected one of complete, handover, partial, support_only, withdrawn"),
        ("    ends: complete\n", "    ends: complete\n    next: where\n", "next: where", "", "done",
         "unknown key 'next'; expected keys id, kind, text, ends"),
        ("      - words: {en: [right, off]}\n        sets: {still_there: no}\n", "", "- words: {en: [left", "", "side",
         "offer 2 to 9 choices"),
        ("sets: {still_there: no}", "sets: {still_there: perhaps}", "perhaps", "", "side", "expected yes or no"),
        ("sets: {still_there: no}", "sets: {urgency: unknown}", "unknown", "", "side",
         "expected emergency or now or past"),
        ("slot: place\n        name", "slot: account\n        name", "account\n        name", "", "check",
         "unknown thing to repeat (R2) 'account'; expected one of place, service, when"),
        ("ask: [where]", "ask: [wear]", "wear", "", None, "'wear' is no step"),
        ("ask: [where]", "ask: [done]", "[done]\n  - ask", "", None, "an order begins with a question"),
        ("ask: [where]", "ask: []", "ask: []", "[]", None, "name at least one question"),
        ("  - ask: [where, what", "  - when: {quiet: no}\n    ask: [where, what", "{quiet: no}", "", None,
         "the last order has no 'when', so that one always fits"),
        ("  - when: {quiet: yes}\n    ask: [near]", "  - ask: [near]", "ask: [near]", "", None,
         "'when' is missing; only the last order does without"),
        ("      - when: {role: witness}\n        en: ", "      - en: ", "en: \"What did", "", "what",
         "'when' is missing"),
        ("      - en: \"What happened", "      - when: {quiet: no}\n        en: \"What happened",
         "when: {quiet: no}", "", "what", "the last text has no 'when'"),
        ("label: A small one", "label: A\nreviewed_by: {cy: x}", "cy: x", "", None,
         "unknown key 'cy'; expected keys en"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(
    old: str, new: str, needle: str, inside: str, step: str | None, message: str
) -> None:
    source = changed(old, new)

    assert (*where(source, needle, inside), step, message) in problems(source)


@pytest.mark.parametrize(
    ("condition", "inside", "message"),
    [
        ("{}", "{}", "name at least one of " + ", ".join(KEYS)),
        ("{weather: wet}", "weather", "unknown key 'weather'; expected keys " + ", ".join(KEYS)),
        ("{urgency: soon}", "soon", "unknown urgency 'soon'; expected one of emergency, now, past, unknown"),
        ("{urgency: []}", "[]", "name at least one"),
        ("{role: [self, them]}", "them", "unknown role 'them'; expected one of self, behalf, witness, unknown"),
        ("{quiet: perhaps}", "perhaps", "expected yes or no"),
        ("{quiet: unknown}", "unknown", "expected yes or no"),
        ("{still_there: perhaps}", "perhaps", "expected yes or no or unknown"),
        ("{behaviours: bad}", "bad", "unknown behaviour 'bad'; expected one of goods, " + ", ".join(BEHAVIOURS)),
        ("{language: cy}", "cy", "unknown language 'cy'; expected one of en"),
        ("{channel: SMS}", "SMS", "'SMS' is no id; use small letters, figures and _, a letter first"),
        ("{hour: 22}", "22", "expected hours such as 22-6"),
        ("{hour: 25-6}", "25-6", "expected hours such as 22-6"),
        ("{hour: 6-6}", "6-6", "expected hours such as 22-6"),
        ("{known: weather}", "weather", "unknown slot 'weather'; expected one of " + ", ".join(SLOTS)),
        ("{answered: {sides: 1}}", "1", "'sides' is no step"),
        ("{answered: {side: 3}}", "3", "step 'side' offers 2 choices"),
        ("{answered: {side: left}}", "left", "expected a whole number from 1"),
        ("{answered: {}}", "{}}", "expected a step and the number chosen there"),
        ("{any: []}", "[]", "name at least one condition"),
        ("{any: {quiet: yes}}", "{quiet", "expected a list"),
        ("{not: {not: {urgency: x}}}", "x", "unknown urgency 'x'; expected one of emergency, now, past, unknown"),
        ("now", "now", "expected keys and values"),
    ],
)  # fmt: skip
def test_a_fault_in_a_condition_is_told_with_its_place(condition: str, inside: str, message: str) -> None:
    source = changed("when: {not: {urgency: past}}", f"when: {condition}")

    assert (*where(source, f"when: {condition}", inside), "side", message) in problems(source)


def test_a_place_inside_an_escaped_text_is_that_of_the_text():
    source = changed("Which place?", 'Which \\"{x}?')

    assert problems(source)[0][:2] == where(source, '"Which \\"')


def test_all_faults_are_told_at_once_in_order():
    source = changed("version: 3", "version: x")
    source = changed("asks: side", "asks: Side", changed("minutes: 1.5", "minutes: x", source))

    assert [problem[:2] for problem in problems(source)] == [
        where(source, "version: x", "x"),
        where(source, "asks: Side", "Side"),
        where(source, "minutes: x", "x"),
    ]


def test_an_end_is_needed():
    source = SMALL[: SMALL.index("  - id: done")]

    assert (*where(source, "- id: where"), None, "a step of kind end is missing") in problems(source)


def test_an_anchor_nobody_uses_does_no_harm():
    assert loads(changed("label: A small one", "label: &a x")).label == "x"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("", (1, 1)),
        ("# nothing\n", (1, 1)),
        ("flow: [", (2, 1)),
        ("a: b\n\tc: d", (2, 1)),
        ("text: 'open", (1, 12)),
        ("a: 1\nb: *nobody\n", (2, 4)),
        ("- a\n- b", (1, 1)),
        ("just words", (1, 1)),
        ("a: \x07", (1, 1)),
        ("--- a\n--- b", (2, 1)),
    ],
)
def test_what_is_no_flow_at_all_is_told_too(source: str, place: tuple[int, int]):
    assert problems(source)[0][:2] == place


def test_aliases_are_refused_before_they_unfold():
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))

    [(line, _, _, message)] = problems(bomb)

    assert line >= 1
    assert "aliases" in message


def test_a_node_inside_itself_is_refused():
    assert "aliases" in problems("a: &a [*a]")[0][3]


@pytest.mark.parametrize(
    "deep", ["[" * 5000, "{a: " * 5000, "- " * 5000, "[" * 200 + "]" * 200, "{not: " * 90 + "x" + "}" * 90]
)
def test_deep_nesting_is_refused(deep: str):
    assert problems(deep)


def test_a_file_too_long_is_refused():
    assert problems("# " + "x" * 600_000)[0][3] == "the file is longer than 512 kB"


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path):
    path = tmp_path / "flow.yaml"
    path.write_bytes(b"flow: small\nlabel: caf\xe9\n")

    with pytest.raises(FlowFileError) as caught:
        load(path)

    assert str(caught.value) == "line 2, column 11: this is not UTF-8"


@with_naughty_strings
def test_naughty_strings_as_files_and_texts_are_flows_or_faults(naughty: str):
    for source in (naughty, SMALL.replace("Which place?", naughty)):
        try:
            flow = loads(source)
        except FlowFileError as error:
            found = error.problems
        else:
            assert flow.slug == "small"
            continue
        assert found
        assert all(problem.line >= 1 and problem.column >= 1 for problem in found)


@given(st.data())
def test_a_file_with_any_piece_cut_out_is_a_flow_or_told(data: st.DataObject):
    start = data.draw(st.integers(0, len(SMALL)))
    end = data.draw(st.integers(start, min(len(SMALL), start + 60)))

    try:
        flow = loads(SMALL[:start] + SMALL[end:])
    except FlowFileError as error:
        found = error.problems
    else:
        assert flow.steps
        return
    assert found


@pytest.mark.parametrize("slug", flows.slugs())
def test_every_shipped_flow_is_read(slug: str):
    assert flows.shipped(slug).slug == slug
