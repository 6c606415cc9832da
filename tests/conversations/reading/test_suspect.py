"""R8: by words in any text, or by doubt, police and rail staff are told apart from those merely mentioned."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations.reading import Context, read

_CONDUCT = [
    [part.strip() for part in line.split("|", 2)]
    for line in (Path(__file__).parent / "conduct.txt").read_text(encoding="utf-8").splitlines()[1:]
]
MOST_FALSE = 8


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("the guard asked for my number and touched my hair", "rail_staff"),
        ("a police officer groped me while searching my bag", "police"),
        ("one of your own officers keeps messaging me", "police"),
        ("roedd heddwas yn gwneud sylwadau am fy nghorff", "police"),
        ("mae'r gard yn syllu arna i bob bore", "rail_staff"),
        ("man in a police uniform pressed himself on me", "police"),
    ],
)
def test_police_and_staff_who_did_it(text: str, who: str) -> None:
    assert read(text).suspect_is.value == who


@pytest.mark.parametrize(
    "text",
    [
        "told the guard but he didnt help, a man is touching himself",
        "man spat at the conductor",
        "can police come, a man is groping women",
        "im a train driver and a passenger grabbed my bum",
    ],
)
def test_staff_merely_mentioned_are_no_suspects(text: str) -> None:
    assert read(text).suspect_is.value is None


@pytest.mark.parametrize(("who", "asks", "text"), [line for line in _CONDUCT if line[0] != "-"])
def test_whatever_suggests_police_or_staff_did_it_is_read(who: str, asks: str, text: str) -> None:
    assert read(text, Context(asks=asks or None)).suspect_is.value is not None, who


def test_helpers_witnesses_victims_and_reporters_who_are_staff_are_seldom_suspected() -> None:
    """A false doubt costs a confidential desk a minute; more than a few would drown it."""
    false = [t for who, asks, t in _CONDUCT if who == "-" and read(t, Context(asks=asks or None)).suspect_is.value]
    assert len(false) <= MOST_FALSE, false
