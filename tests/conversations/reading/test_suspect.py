"""R8: by words in any text, or by doubt, police and rail staff are told apart from those merely mentioned."""

from __future__ import annotations

import pytest

from conversations.reading import read


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
