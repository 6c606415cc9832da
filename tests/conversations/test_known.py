"""What conditions see of a conversation: thin accounts, and parts of a day."""

from __future__ import annotations

import pytest

from conversations.known import view
from tests.conversations.player import Player, texting


def seen(*texts: str) -> Player:
    """A phone of the railway flow after these texts."""
    player = texting("railway")
    for text in texts:
        player.say(text)
    return player


@pytest.mark.parametrize(
    ("texts", "few"),
    [
        (("man staring at me",), True),
        (("man touched me at reading station yesterday about 5",), True),
        (("man staring at me on the 1612 to hull, just left doncaster",), False),
        (("guy rubbing on me at leeds station platform 3, red cap",), False),
        (("a man keeps staring at me and he has moved seats twice to be nearer to me",), False),
        (("man staring at me", "doncaster", "he also touched my leg"), False),
        (("doncaster",), False),
    ],
)
def test_who_told_little_else_told_it_in_few_words(texts: tuple[str, ...], few: bool):
    """Rule 3: a text that tells nearly all, and an account in two texts, are enough."""
    assert view(seen(*texts).session, 12).few_words is few


@pytest.mark.parametrize(
    ("text", "day", "known"),
    [
        ("a man touched me on the train this morning", True, False),
        ("tonight a lad followed me off the tube", True, False),
        ("nath rhywun gyffwrdd fi ar y tren bore ma", True, False),
        ("a man touched me on the train yesterday", False, True),
        ("a man touched me on the train today about 4.30pm", False, True),
        ("a man touched me on the train", False, False),
    ],
)
def test_a_part_of_today_leaves_the_time_open(text: str, day: bool, known: bool):
    """Rule 3: the day is not asked again, the time is."""
    found = view(seen(text).session, 12)

    assert (found.day_told, found.knows("when")) == (day, known)


def test_what_was_told_of_the_day_is_gone_in_the_next_sitting():
    """R3."""
    player = seen("a man touched me on the train this morning")
    player.wait(45 * 60)
    player.say("hello")

    assert not view(player.session, 12).day_told
