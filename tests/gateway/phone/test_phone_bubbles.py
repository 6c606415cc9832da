"""Texts as bubbles: on their side, within the terminal, harmless to it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from gateway.phone.bubbles import Screen, Side, bubble
from tests.naughty import NAUGHTY

PLAIN = Screen(40, colours=False)


def test_ours_stand_on_the_left_and_break_between_words():
    text = "Where is this? A station, or the last stop you passed. SKIP if unsure."

    assert bubble(text, "18:05  1 segment", Side.GATEWAY, PLAIN).splitlines() == [
        "| Where is this? A        ",
        "| station, or the last    ",
        "| stop you passed. SKIP if",
        "| unsure.                 ",
        " 18:05  1 segment",
    ]


def test_theirs_stand_on_the_right():
    assert bubble("clapham j", "18:05", Side.PHONE, PLAIN).splitlines() == ["clapham j |".rjust(39), "18:05".rjust(38)]


def test_a_line_feed_begins_a_new_line():
    assert bubble("one\n\nthree", "", Side.GATEWAY, PLAIN).splitlines()[:3] == ["| one  ", "|      ", "| three"]


def test_a_word_that_is_too_long_is_cut():
    first, second, _ = bubble("x" * 30, "", Side.GATEWAY, PLAIN).splitlines()

    assert (first, second) == ("| " + "x" * 24, "| " + "x" * 6 + " " * 18)


def test_colours_are_put_back_at_the_end_of_each_line():
    for side in Side:
        shown = bubble("one\ntwo", "18:05", side, Screen(40, colours=True))

        assert shown.count(side.value) == 2
        assert all(line.endswith("\x1b[0m") for line in shown.splitlines())


@pytest.mark.parametrize("steering", ["\x1b[2J", "\x9b2J", "\r", "\x07", "\x08", "\u202e", "\u2066", "\u2028", "\x85"])
def test_what_steers_a_terminal_is_not_passed_on(steering: str):
    shown = bubble(f"a{steering}b", "", Side.GATEWAY, PLAIN)

    assert steering not in shown
    assert shown.startswith("| a\ufffd")


@settings(deadline=None)
@given(st.one_of(st.text(), st.sampled_from(NAUGHTY)), st.integers(16, 200), st.sampled_from(Side))
def test_p4_no_text_leaves_the_terminal_or_loses_a_word(text: str, columns: int, side: Side):
    *lines, caption = bubble(text, "", side, Screen(columns, colours=False)).split("\n")[:-1]

    assert caption.strip() == ""
    assert all(get_cwidth(line) <= columns for line in lines)
    shown = "".join(re.sub(r"^\| | \|$", "", line) for line in lines)
    assert [sign for sign in shown if sign.isalnum()] == [sign for sign in text if sign.isalnum()]
