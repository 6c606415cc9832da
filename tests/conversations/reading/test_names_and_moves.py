"""Names of stations that tell of a person, a car or a line, and of where somebody got on or off."""

from __future__ import annotations

import pytest

from conversations.reading import Context, read


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("my ex, Selby, is on this train and wont leave me alone", {}),
        ("Dave Preston from my work keeps touching my leg", {}),
        ("he's in a silver vauxhall outside Denton", {"at": "Denton"}),
        ("the fella that squeezed my knee got off at Oakham", {}),
        ("told him to pack it in, got off at Bletchley", {"at": "Bletchley"}),
        ("lad she was with legged it at Mirfield", {}),
        ("a man sang filthy songs on the Hastings line", {}),
        ("send police to Selby please, he's back", {"at": "Selby"}),
        ("at Crewe... no wait its Stafford. he grabbed me", {"at": "Stafford"}),
        ("on the Leeds train, no the York one, a man is staring", {"to": "York"}),
        ("at Cornbrook stop in Manchester a man flashed me", {"at": "Cornbrook (Metrolink)"}),
        ("the train goes to Crystal Palace and he's staring", {"to": "Crystal Palace"}),
        ("coach 5 of the Okehampton, he sat on her", {"to": "Okehampton"}),
        ("Off at Wellingborough, he is describing his bedroom", {"to": "Wellingborough"}),
        ("we should be in Hull by now and he wont let me off", {}),
        ("just set off from Cradley Heath, a baby is left on the seat", {"at": "Cradley Heath"}),
        ("mae dyn yn y Bermo yn dangos ei hun", {"at": "Barmouth"}),
        ("on the 1704 to Hope, not the derbyshire one", {"to": "Hope (Flintshire)"}),
    ],
)
def test_a_name_is_a_place_only_where_it_is_one(text: str, place: dict[str, str]) -> None:
    found = read(text, Context()).document()["place"]
    assert {key: found[key] for key in ("at", "from", "to", "next") if found.get(key)} == place


@pytest.mark.parametrize(
    "text",
    [
        "the bloke with the mop came in while we changed and stayed and stared",
        "the chap who blows the whistle smacked my bum as I got on",
        "tram conductor keeps coming in and sitting by me and rubbing my knee",
        "guy with the ramp for wheelchairs put his hand between my legs",
        "plain clothes so he says, wants us to take our bras off",
    ],
)
def test_staff_and_police_are_known_by_what_they_do(text: str) -> None:
    assert read(text, Context()).suspect_is.value is not None


@pytest.mark.parametrize(
    "text",
    [
        "he's told me i'm not leaving till i kiss him",
        "he said if i'm gone when he wakes up he'll find my kids",
        "footsteps behind me on the path from the station and they stop when i stop",
        "he has locked the door and the key is in his pocket",
    ],
)
def test_calm_words_of_danger_are_heard(text: str) -> None:
    assert read(text, Context()).urgency.value == "emergency"


@pytest.mark.parametrize(
    "text",
    ["ring me on 07700 900123 thats my number", "coach d, text 07700 900 123", "train, +44 7700 900123 is my number"],
)
def test_no_part_of_a_telephone_number_is_a_unit(text: str) -> None:
    assert "unit" not in read(text).service


def test_a_place_after_a_member_of_staff_is_read() -> None:
    assert read("the revenue officer Leeds station grabbed me").place["at"].value == "Leeds"
