"""A text that says everything is read for everything, and an answer in the light of what was asked."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.reading import Context, context_of, read

FULL = "on 1805 vic to brighton nr toilets 2nd coach, bloke in red cap keeps rubbing against girls, just left clapham j"


def document(text: str, **context: Any) -> dict[str, Any]:
    return read(text, context_of(context)).document()


def test_a_full_first_text_leaves_nothing_to_ask() -> None:
    got = document(FULL)
    assert got["place"]["ids"] == {"at": "CLJ", "from": "VIC", "to": "BTN"}
    assert got["service"]["time"] == "18:05"
    assert got["service"]["time_kind"] == "train"
    assert got["service"]["coach"] == "2"
    assert got["behaviours"] == ["rubbing"]
    assert (got["urgency"], got["role"], got["intent"], got["language"]) == ("now", "witness", "report", "en")
    assert got["describes_suspect"] is True


def test_spans_are_code_points_of_the_text_as_it_came() -> None:
    text = "\U0001f440 man starring at me, just left Café\u0301 er Tooting Bec"
    got = document(text)
    (start, end) = got["spans"]["place.at"][0]
    assert text[start:end] == "Tooting Bec"


def test_each_reason_names_its_rule() -> None:
    got = document("hes got a knife")
    assert {"slot": "danger", "rule": "danger.weapon"}.items() <= got["why"][-1].items()


@pytest.mark.parametrize(
    ("text", "context", "key", "value"),
    [
        ("half 7", {"asks": "train", "at": "19:40"}, "time", "19:30"),
        ("half 7", {"asks": "train", "at": "08:10"}, "time", "07:30"),
        ("coach d", {"asks": "train"}, "coach", "D"),
        ("3 from the front", {"asks": "train"}, "coach", "3 from front"),
        ("seat 42a", {"asks": "train"}, "seat", "42A"),
        ("its unit 377 142", {"asks": "train"}, "unit", "377142"),
        ("1s59", {"asks": "train"}, "headcode", "1S59"),
        ("no coach d", {"asks": "train", "facts": {"service": {"coach": "B"}}}, "coach", "D"),
    ],
)
def test_the_train_in_the_light_of_the_question(text: str, context: dict[str, Any], key: str, value: str) -> None:
    assert document(text, **context)["service"][key] == value


def test_an_hour_that_may_be_morning_or_evening_says_so() -> None:
    assert document("it was about 8 last tuesday")["service"]["time_ambiguous"] is True


@pytest.mark.parametrize(
    ("text", "context", "station"),
    [
        ("hope", {"asks": "location"}, "HOP"),
        ("newport", {"asks": "location", "facts": {"place": {"ids": {"from": "CDF"}}}}, "NWP"),
        ("newport", {"asks": "location", "facts": {"place": {"ids": {"from": "AUD"}}}}, "NWE"),
        ("was at bond street", {"facts": {"place": {"line": "Jubilee"}}}, "9400ZZLUBND"),
        ("gillingham the dorset one", {"asks": "location"}, "GIL"),
        ("stuck outside tootin broadwy", {}, "9400ZZLUTBY"),
        ("newydd adael Nghaerdydd Canolog, mae dyn yn syllu arna i", {}, "CDF"),
        ("mae dyn yn syllu arna i ger Fangor", {}, "BNG"),
    ],
)
def test_one_name_many_stations(text: str, context: dict[str, Any], station: str) -> None:
    assert document(text, **context)["place"]["ids"]["at"] == station


def test_a_bare_city_is_asked_about_not_guessed() -> None:
    got = document("im in manchester", asks="location")
    assert got["place"]["at"] is None
    assert "Manchester Piccadilly" in got["alternatives"]["place.at"]


@pytest.mark.parametrize(
    "text",
    [
        "i was reading and he kept barking at me",
        "man in a Hull City shirt touched me",
        "bloke called Preston wont leave me alone",
        "hes pretending to read the Bath Chronicle",
        "i hope someone reads this in march",
        "he has a deal with the bank he says",
        "she studies at lancaster uni he says",
    ],
)
def test_no_place_is_invented(text: str) -> None:
    assert "ids" not in document(text)["place"]


@pytest.mark.parametrize(
    ("text", "asks", "answer"),
    [
        ("2", "confirm", 2),
        ("yep", "confirm", "yes"),
        ("ydi, cywir", "confirm", "yes"),
        ("na", "contact", "no"),
        ("nope", "contact", "no"),
        ("skip", "train", "skip"),
        ("id rather not", "location", "skip"),
        ("dunno", "train", "dont_know"),
        ("sai'n gwbod", "location", "dont_know"),
        ("ddim yn gwybod", "location", "dont_know"),
    ],
)
def test_short_answers_in_both_languages(text: str, asks: str, answer: object) -> None:
    assert read(text, Context(asks=asks)).answer.value == answer


def test_what_is_put_right_is_a_correction() -> None:
    facts = {"place": {"at": "West Croydon", "ids": {"at": "WCY"}}}
    got = read("sorry i meant east croydon", context_of({"asks": "train", "facts": facts}))
    assert [(c.slot, c.value) for c in got.corrections] == [("place.at", "East Croydon")]


def test_a_value_taken_back_is_not_kept() -> None:
    got = read("coach 6 not coach 5")
    assert got.service["coach"].value == "6"
    assert [(c.slot, c.old) for c in got.denied] == [("service.coach", "5")]


def test_someone_under_18_and_a_wish_for_support() -> None:
    assert document("im 15 and a man keeps touching my leg")["under_18"] is True
    assert document("id like to talk to someone about it, im not reporting it")["support"] is True
