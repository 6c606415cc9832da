"""What is said beside the incident is heard in both languages: wishes, no train, still near or gone, told when."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations.reading import Context, Reading, read

_LINES = (Path(__file__).parent / "said_beside.txt").read_text(encoding="utf-8").splitlines()[1:]
EVENING = 20 * 60


def heard(reading: Reading) -> set[str]:
    """The names of everything that a reading holds beside places and trains."""
    found = {*reading.wishes, str(reading.intent.value)}
    if reading.still_there.value is not None:
        found.add("there" if reading.still_there.value else "away")
    for name, value in (("when", reading.when), ("support", reading.support), ("under_18", reading.under_18)):
        if value.value:
            found.add(name)
    return found


@pytest.mark.parametrize("line", _LINES)
def test_what_is_said_beside_the_incident_is_heard(line: str) -> None:
    asks, wanted, text = (part.strip() for part in line.split("|", 2))
    got = heard(read(text, Context(asks=asks or None, at=EVENING)))
    for name in wanted.split():
        assert (name.removeprefix("!") in got) is not name.startswith("!"), (name, got)


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("14:02 i Gaer", "to", "Chester"),
        ("16:38 i Fachynlleth", "to", "Machynlleth"),
        ("yr 8:05 i Ddinbych y Pysgod", "to", "Tenby"),
        ("he followed me out of leeds station", "at", "Leeds"),
        ("he followed me into leeds station", "at", "Leeds"),
    ],
)
def test_where_a_train_goes_and_where_someone_was_followed(text: str, slot: str, value: str) -> None:
    assert read(text, Context(asks="train")).place[slot].value == value


@pytest.mark.parametrize(
    ("text", "time"),
    [("just after ten", "10:00"), ("about 3pm", "15:00"), ("about 20 to 7 this evening", "18:40")],
)
def test_a_time_as_the_answer_to_when_is_of_the_past_and_no_age(text: str, time: str) -> None:
    got = read(text, Context(asks="when", at=EVENING))
    assert (got.service["time"].value, got.urgency.value) == (time, "past")
    assert got.describes_suspect.value is False


def test_a_welsh_hour_is_no_weapon() -> None:
    assert not read("nos Fawrth tua 5 o'r gloch", Context(asks="when")).danger


def test_no_coach_d_takes_it_back_and_yes_and_no_are_no_coaches() -> None:
    assert [c.old for c in read("no coach D", Context(asks="train")).denied] == ["D"]
    for text in ("y", "n"):
        assert "coach" not in read(text, Context(asks="train")).service


def test_four_figures_that_are_no_time_are_the_number_of_a_tram() -> None:
    assert read("3042", Context(asks="train")).service["unit"].value == "3042"
    assert read("1805", Context(asks="train")).service["time"].value == "18:05"


@pytest.mark.parametrize("text", ["hes outside the toilet", "hes banging on the door", "im hiding in the loo"])
def test_hidden_with_the_person_at_the_door_is_danger(text: str) -> None:
    assert read(text, Context(asks="safe")).danger


def test_an_english_answer_with_a_welsh_looking_word_stays_english() -> None:
    text = "yes please a woman officer if possible. text first"
    assert read(text, Context(asks="contact")).language.value == "en"
