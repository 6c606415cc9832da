"""Flow files: whatever is wrong is told with its exact line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import flows
from conversations.flow import Kind
from conversations.flowfile import FlowFileError, load, loads
from tests.naughty import NAUGHTY

SMALL = """\
flow: small
version: 3
label: A small one
languages: [en]
lines:
  greeting: {en: "Thanks. {question}"}
  added: {en: "Added."}
  stop: {en: "No more texts."}
  danger: {en: "Ring 999 or press 55. {question}"}
  safe: {en: "Thanks."}
keywords:
  stop: {en: [stop]}
  start: {en: [start]}
  danger: {en: [help]}
  skip: {en: [no]}
  back: {en: [back]}
  reword: {en: ["?"]}
  thanks: {en: [ok]}
steps:
  - id: where
    kind: place
    asks: location
    slot: place.at
    in_danger: yes
    text: {en: "Where?"}
    again: {en: "Which place?"}
    short: {en: "Where?"}
  - id: sure
    kind: choice
    asks: confirm
    text: {en: "Sure? 1 on 2 off"}
    again: {en: "1 on 2 off"}
    choices:
      - words: {en: [on]}
        to: done
      - words: {en: [off, no]}
        to: where
  - id: done
    kind: end
    ends: complete
    text: {en: "Ref {reference}."}
"""


def problems(source: str) -> list[tuple[int, int, str | None, str]]:
    """What is wrong with a file."""
    with pytest.raises(FlowFileError) as caught:
        loads(source)
    return [(problem.line, problem.column, problem.step, problem.message) for problem in caught.value.problems]


def test_a_flow_file_is_read():
    flow = loads(SMALL)

    assert (flow.slug, flow.version, flow.languages, flow.label) == ("small", 3, ("en",), "A small one")
    assert [(step.id, step.kind, step.next) for step in flow.steps] == [
        ("where", Kind.PLACE, "sure"),
        ("sure", Kind.CHOICE, "done"),
        ("done", Kind.END, None),
    ]
    assert flow.by_id["where"].in_danger


def test_on_off_yes_and_no_stay_words():
    """YAML 1.1 would make booleans of them."""
    choices = loads(SMALL).by_id["sure"].choices

    assert [choice.words.by_language["en"] for choice in choices] == [("on",), ("off", "no")]


def test_the_hash_is_of_what_a_file_says_not_of_how():
    flow = loads(SMALL)

    assert loads("# a comment\n" + SMALL.replace('{en: "Where?"}', "{ en:   'Where?' }")).hash == flow.hash
    assert loads(SMALL.replace("Which place?", "Which stop?")).hash != flow.hash
    assert len(flow.hash) == 64


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version: 3", "version: three", (2, 10, None, "expected a whole number from 1")),
        ("version: 3", "version: 0", (2, 10, None, "expected a whole number from 1")),
        ("version: 3", "version: ٣", (2, 10, None, "expected a whole number from 1")),
        ("version: 3\n", "", (1, 1, None, "'version' is missing")),
        ("flow: small", "flow: Small one",
         (1, 7, None, "'Small one' is no id; use small letters, figures and _, a letter first")),
        ("label: A small one", "label: ''", (3, 8, None, "expected a text that is not blank")),
        ("label: A small one", "label: [a]", (3, 8, None, "expected a text")),
        ("languages: [en]", "languages: en", (4, 12, None, "expected a list")),
        ("languages: [en]", "languages: []", (4, 12, None, "name at least one language")),
        ("languages: [en]", "languages: [en, en]", (4, 17, None, "'en' is here twice")),
        ("label: A", "lable: x\nlabel: A",
         (3, 1, None, "unknown key 'lable'; expected keys flow, version, label, languages, lines, keywords, steps")),
        ("flow: small", "flow: small\nflow: small", (2, 1, None, "'flow' is here twice")),
        ("  safe: {en: \"Thanks.\"}\n", "", (6, 3, None, "'safe' is missing")),
        ("  thanks: {en: [ok]}\n", "", (12, 3, None, "'thanks' is missing")),
        ("{en: [stop]}", "{en: stop}", (12, 14, None, "expected a list")),
        ("{en: \"Added.\"}", "Added.", (7, 10, None, "expected keys and values")),
        ("{en: \"Added.\"}", "{}", (7, 10, None, "expected a text for each language")),
        ("kind: place", "kind: map",
         (21, 11, "where", "unknown kind 'map'; expected one of place, train, words, choice, playback, end")),
        ("    slot: place.at\n", "", (20, 5, "where", "'slot' is missing")),
        ("in_danger: yes", "in_danger: maybe", (24, 16, "where", "expected yes or no")),
        ("{en: \"Where?\"}\n    again", "{en: \"Where {here}?\"}\n    again",
         (25, 23, "where", "unknown placeholder {here}; known here: none")),
        ("Ref {reference}.", "Ref {ref}.", (41, 21, "done", "unknown placeholder {ref}; known here: {reference}")),
        ("Ref {reference}.", "Ref {reference.", (41, 21, "done", "'{' has no meaning here; write {name} or [1:words]")),
        ("Which place?", "Which [1:place?", (26, 24, "where", "this part is not closed with ]")),
        ("to: where", "to: nowhere", (37, 13, "sure", "leads to 'nowhere', which is no step")),
        ("id: sure", "id: where", (28, 5, "where", "a step 'where' is here already")),
        ("id: done", "id: stopped", (38, 5, "stopped", "'stopped' is built in; choose another id")),
        ("ends: complete", "ends: happily",
         (40, 11, "done",
          "unknown ending 'happily'; expected one of complete, handover, partial, support_only, withdrawn")),
        ("    ends: complete\n", "    ends: complete\n    next: where\n",
         (41, 5, "done", "unknown key 'next'; expected keys id, kind, text, ends")),
        ("      - words: {en: [off, no]}\n        to: where\n", "", (34, 7, "sure", "offer 2 to 9 choices")),
        ("label: A small one", "label: &a x", None),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(old: str, new: str, expected: tuple[int, int, str | None, str] | None):
    assert old in SMALL
    source = SMALL.replace(old, new, 1)

    if expected is None:
        assert loads(source).label == "x"
    else:
        assert expected in problems(source)


def test_a_place_inside_an_escaped_text_is_that_of_the_text():
    assert problems(SMALL.replace("Which place?", 'Which \\"{x}?'))[0][:2] == (26, 17)


def test_all_faults_are_told_at_once_in_order():
    source = (
        SMALL.replace("version: 3", "version: x").replace("in_danger: yes", "in_danger: x").replace("to: done", "to: x")
    )

    assert [problem[0] for problem in problems(source)] == [2, 24, 35]


def test_the_last_step_must_be_an_end():
    cut = SMALL[: SMALL.index("  - id: done")].replace("to: done", "to: where")

    assert (28, 5, "sure", "leads nowhere; add next") in problems(cut)


def test_a_flow_begins_with_a_question():
    source = SMALL.replace(
        "  - id: where", "  - id: start_here\n    kind: end\n    ends: complete\n    text: {en: x}\n  - id: where"
    )

    assert (20, 3, None, "the first step must be a question of kind place, train or words") in problems(source)


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


@pytest.mark.parametrize("deep", ["[" * 5000, "{a: " * 5000, "- " * 5000])
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


@pytest.mark.parametrize("naughty", NAUGHTY)
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
