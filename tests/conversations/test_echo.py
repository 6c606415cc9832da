"""R2: a play-back may repeat place, train and time; never acts, people, names or numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.data.build_place_words import NAMES, PLAIN, UNFIT, build
from conversations.discretion import exposing
from conversations.echo import LONGEST, place_words, repeatable
from conversations.texts import septets
from tests.naughty import with_naughty_strings


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("Clapham Junction", "Clapham Junction"),
        ("just past clapham j", "just past clapham j"),
        ("  18:05   Victoria to Brighton.  ", "18:05 Victoria to Brighton"),
        ("gwr going to paddington, coach D seat 31", "gwr going to paddington, coach D seat 31"),
        ("King’s Cross – platform 4", "King's Cross - platform 4"),
        ("St James's Park", "St James's Park"),
        ("1C23", "1C23"),
        ("northern line", "northern line"),
        ("not on a train", "not on a train"),
    ],
)
def test_place_and_train_come_back(text: str, repeated: str):
    assert repeatable(text) == repeated


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "a man is touching me at Victoria",
        "George",
        "opposite George at Victoria",
        "07700 900123",
        "0770 0900 123",
        "Tŷ Glas",
        "h e l p m e",
        "police station",
        "Victoria " * 6,
        "Victoria; Brighton",
        "Victoria 😀",
        "Victoria\x00",
        "<b>Victoria</b>",
        "{reference}",
    ],
)
def test_anything_else_does_not(text: str):
    assert repeatable(text) is None


@given(st.text(max_size=120))
def test_what_is_repeated_is_short_plain_and_discreet(text: str):
    repeated = repeatable(text)

    if repeated is not None:
        units = septets(repeated)
        assert units is not None
        assert units <= LONGEST
        assert exposing(repeated) == []


@given(st.lists(st.sampled_from(sorted(place_words())), min_size=1, max_size=8).map(" ".join))
def test_no_row_of_listed_words_is_exposing(text: str):
    repeated = repeatable(text)

    assert repeated is None or (exposing(repeated) == [] and len(repeated) <= LONGEST)


@with_naughty_strings
def test_naughty_strings_are_measured_too(naughty: str):
    repeated = repeatable(naughty)

    assert repeated is None or (septets(repeated) or 999) <= LONGEST


def test_the_list_holds_no_names_and_nothing_exposing():
    words = place_words()

    assert {"clapham", "victoria", "brighton", "platform", "avanti"} <= words
    assert words.isdisjoint(NAMES)
    assert words.isdisjoint(UNFIT)
    assert not [word for word in words if exposing(word)]


def test_the_list_is_built_from_lists_of_stations_and_operators(tmp_path: Path):
    (tmp_path / "stations.csv").write_text(
        "id,name,aliases,lines\nCLJ,Clapham Junction,Clapham J|CLJ,\nSJP,St James' Park,,District\nGUN,Guns Green,,\n"
        "GEO,George Hill,,\n",
        encoding="utf-8",
    )
    (tmp_path / "operators.csv").write_text("code,name,aliases\nSN,Southern,Staff Line\n", encoding="utf-8")

    built = {line for line in build(tmp_path).splitlines() if not line.startswith("#")}

    assert built - PLAIN == {
        "clapham", "junction", "j", "clj", "st", "st james", "park", "district", "green", "hill", "southern",
    }  # fmt: skip
    assert build(tmp_path) == build(tmp_path)
