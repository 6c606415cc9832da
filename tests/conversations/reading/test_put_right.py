"""What is put right in the same breath, who boarded where, ages and hours, uniforms, despair in a wish for support."""

from __future__ import annotations

import pytest

from conversations.reading import Context, read


@pytest.mark.parametrize("slot", ["at", "to", "from"])
def test_the_place_said_instead_is_taken(slot: str) -> None:
    """ "sorry not X, Y": Y is what X was, and the earlier place is corrected."""
    reading = read("sorry not kings cross, euston", Context(facts={"place": {slot: "London Kings Cross"}}))
    assert reading.place[slot].value == "London Euston"
    assert [(c.slot, c.value) for c in reading.corrections] == [(f"place.{slot}", "London Euston")]


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("0753 no sry 0756 from hartford", "time", "07:56"),
        ("lads smoking, 1L43 no wait 1L45", "headcode", "1L45"),
        ("man shouting on the 1510 to hull coach a just left selby", "coach", "A"),
        ("northern 12 40 leeds to carlisle", "time", "12:40"),
    ],
)
def test_figures_put_right_or_run_together_are_read(text: str, slot: str, value: str) -> None:
    assert read(text).service[slot].value == value


@pytest.mark.parametrize("text", ["got jumped by 5 man at leeds", "a girl about 12 on her own at leeds"])
def test_numbers_of_people_and_ages_are_no_times(text: str) -> None:
    assert "time" not in read(text).service


def test_a_verb_that_is_a_name_is_a_place_before_a_coach() -> None:
    assert read("on the 1510 to hull coach a just left selby").place["to"].value == "Hull"


def test_where_the_suspect_boarded_is_no_place_of_the_report() -> None:
    reading = read("a fella who got on at benfleet keeps staring at me. chalkwell is next")
    assert "from" not in reading.place
    assert reading.place["next"].value == "Chalkwell"
    assert read("i got on at leeds and he stared at me").place["from"].value == "Leeds"


@pytest.mark.parametrize(("at", "time"), [("15:10", "15:30"), ("16:00", "15:30"), ("04:00", "03:30")])
def test_an_hour_of_the_night_is_read_only_where_it_is_near(at: str, time: str) -> None:
    hour, minute = map(int, at.split(":"))
    assert read("today about half 3", Context(asks="when", at=hour * 60 + minute)).service["time"].value == time


def test_a_bare_uniform_leaves_who_it_was_in_doubt() -> None:
    reading = read("a man in uniform touched me")
    assert reading.suspect_is.value is not None
    assert reading.doubt


def test_what_somebody_was_told_to_forget_is_no_stop() -> None:
    assert read("he told me to forget it").intent.value == "report"
    assert read("forget it").intent.value == "optout"


def test_despair_in_a_wish_for_support_is_danger() -> None:
    reading = read("dont want to report anything. sat at the end of the platform, i think this is it for me")
    assert reading.intent.value == "support"
    assert reading.urgency.value == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "actually he has a tattoo on his neck",
        "man staring at me, at leeds station, hes wearing a blue cap",
        "shwmae, mae boi yn tynnu llunia o fi ar y tren",
        "he is making no attempt to cover up, a man with his trousers down",
    ],
)
def test_colours_tattoos_and_attempts_are_no_danger(text: str) -> None:
    assert read(text).urgency.value != "emergency"
