"""Templates: plain placeholders, parts that may be dropped, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.conditions import Between, Condition, Is, View
from conversations.wording import Wording, WordingError, parse


def test_a_text_without_placeholders_is_ready():
    assert parse("Where is this?").fixed == "Where is this?"


def test_placeholders_are_filled_in():
    template = parse("We have {repeat}. Ref {reference}.")

    assert template.names == {"repeat", "reference"}
    assert template.render({"repeat": "Leeds", "reference": "7KQ4"}) == "We have Leeds. Ref 7KQ4."


def test_a_value_is_never_read_as_a_template():
    """Q1.3: no expressions, not by a detour either."""
    assert parse("We have {repeat}.").render({"repeat": "{reference} [1:x]"}) == "We have {reference} [1:x]."


def test_parts_stay_while_the_text_fits():
    assert parse("Thanks.[1: In danger ring 999.]").render({}) == "Thanks. In danger ring 999."


def test_the_part_least_needed_goes_first():
    template = parse("[2:18:05 ]{repeat}[1: by Southern]. Right?")

    assert template.render({"repeat": "a" * 130}) == "18:05 " + "a" * 130 + " by Southern. Right?"
    assert template.render({"repeat": "a" * 140}) == "18:05 " + "a" * 140 + ". Right?"
    assert template.render({"repeat": "a" * 150}) == "a" * 150 + ". Right?"


def test_a_part_that_nothing_fills_is_left_out():
    template = parse("We have it.[1: Ring {services}.] Right?")

    assert template.render({"services": "0800 1111"}) == "We have it. Ring 0800 1111. Right?"
    assert template.render({"services": ""}) == "We have it. Right?"


def test_what_has_room_beside_the_parts_that_stay_comes_back():
    """Rule 2: the least needed goes first, and nothing goes for want of room that is there."""
    template = parse(f"[1:Thanks. ]{'a' * 120}[2:{'b' * 50}]")

    assert template.render({}) == "Thanks. " + "a" * 120


def test_what_stands_round_a_text_counts_as_well():
    template = parse("Thanks, noted.[1: Add anything by text.]")

    assert template.render({}, after=" It is not your fault.") == (
        "Thanks, noted. Add anything by text. It is not your fault."
    )
    assert template.render({}, before="a" * 120, after="b" * 20) == "a" * 120 + "Thanks, noted." + "b" * 20


def test_the_first_variant_that_fits_is_said():
    """Rule 14: "your friend"."""
    other = Condition((Is("role", ("behalf", "witness")),))
    late = Condition((Between(22, 6),))
    wording = Wording(
        {"en": parse("Where are you?")},
        variants=((other, {"en": parse("Where is this?")}), (late, {"en": parse("Where, so late?")})),
    )

    assert wording.render("en", {}, View(role="witness", hour=23)) == "Where is this?"
    assert wording.render("en", {}, View(role="self", hour=23)) == "Where, so late?"
    assert wording.render("en", {}, View(role="self")) == "Where are you?"
    assert wording.render("en", {}) == "Where are you?"


def test_a_language_that_a_text_does_not_have_is_an_error():
    with pytest.raises(KeyError):
        Wording({"en": parse("Where?")}).render("cy", {})


def test_what_may_not_be_dropped_stays_however_long():
    assert parse("{repeat}[1:x]. Right?").render({"repeat": "a" * 200}) == "a" * 200 + ". Right?"


@pytest.mark.parametrize(
    ("source", "offset"),
    [
        ("a {", 2),
        ("a } b", 2),
        ("a [b]", 2),
        ("a ] b", 2),
        ("{Repeat}", 0),
        ("{0.__class__}", 0),
        ("{repeat!r}", 0),
        ("a [1:b", 2),
        ("a [1:b [2:c] d]", 7),
    ],
)
def test_a_template_that_cannot_be_read_says_where(source: str, offset: int):
    with pytest.raises(WordingError) as caught:
        parse(source)

    assert caught.value.offset == offset


@given(st.text("ab{}[]1:_ ", max_size=30))
def test_any_text_is_a_template_or_a_wording_error(source: str):
    try:
        template = parse(source)
    except WordingError as error:
        offset = error.offset
    else:
        assert template.source == source
        template.render(dict.fromkeys(template.names, "x"))
        return
    assert 0 <= offset < len(source)
