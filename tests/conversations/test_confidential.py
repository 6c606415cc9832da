"""R8 and R9: a report whose suspect is confidential for the organisation, decided in the turn that shows it."""

from __future__ import annotations

from typing import Any

from conversations.flows import shipped
from conversations.reading import read
from conversations.support import shipped as services
from conversations.turn import House
from tests.conversations.player import Player, kinds

FORCE = House(services=services(), confidential=frozenset({"police"}))
OPERATOR = House(services=services(), confidential=frozenset({"rail_staff"}))


def played(*texts: str, house: House = FORCE) -> Player:
    """A phone of the railway flow after these texts."""
    player = Player(shipped("railway"), read, house)
    for text in texts:
        player.say(text)
    return player


def of(player: Player, audience: str) -> list[dict[str, Any]]:
    return [made.document for made in player.made if made.audience == audience]


def test_it_goes_to_the_small_team_alone_under_its_own_id_and_reference():
    """R8: the desk never learns that it exists."""
    player = played("last week a police officer touched my leg at leeds station", "no", "skip", "skip")
    player.wait(3600)

    assert of(player, "desk") == []
    [made, *_] = of(player, "confidential")
    assert (made["id"], made["reference"], made["audience"]) == ("s-1", "9XW2", "confidential")
    assert made["facts"]["suspect_is"] == "police"


def test_the_reporter_is_told_once_in_neutral_words_with_independent_numbers():
    """Rule 15."""
    player = Player(shipped("railway"), read, FORCE)
    [first] = player.say("last week a police officer touched my leg at leeds station")
    [second] = player.say("no")

    assert first.startswith("Only a small separate team will read this.")
    assert "small separate team" not in second


def test_the_reference_that_the_reporter_gets_is_the_confidential_one():
    player = played("last week a police officer touched my leg at leeds station")
    for _ in range(8):
        heard = player.say("skip")
        if player.session.ended:
            break

    assert "9XW2" in heard[0]
    assert "7KQ4" not in heard[0]


def test_what_the_desk_had_is_taken_back_in_the_same_turn():
    """R9: one more ordinary revision, without facts and words; all goes on under the new id."""
    player = played("a man touched me just now, im at leeds")
    assert of(player, "desk")
    player.say("he is a police officer, he has gone")
    moved = of(player, "desk")

    assert "moved" in [document["kind"] for document in moved]
    [taken] = [document for document in moved if document["kind"] == "moved"]
    assert (taken["account"], taken["said"], taken["why_urgent"], taken["marks"]) == ([], {}, [], [])
    assert taken["facts"]["place"]["at"] is None
    assert taken["facts"]["behaviours"] == []
    confidential = of(player, "confidential")[-1]
    assert [entry["text"] for entry in confidential["account"]] == [
        "a man touched me just now, im at leeds",
        "he is a police officer, he has gone",
    ]


def test_in_danger_the_desk_gets_a_card_of_place_train_and_urgency_in_the_same_turn():
    """R8, the exception; rule 8: the advice all the same."""
    player = Player(shipped("railway"), read, FORCE)
    [heard] = player.say("a police officer has grabbed me and wont let go, coach 4, just left clapham junction")
    [card] = of(player, "desk")

    assert "999" in heard
    assert (card["kind"], card["id"], card["facts"]["urgency"]) == ("alert", "r-1", "emergency")
    assert (card["facts"]["place"]["at"], card["facts"]["service"]["coach"]) == ("Clapham Junction", "4")
    assert (card["account"], card["said"], card["why_urgent"], card["facts"]["behaviours"]) == ([], {}, [], [])
    assert card["facts"]["suspect_is"] is None
    assert [document["kind"] for document in of(player, "confidential")] == ["alert"]


def test_the_card_is_sent_again_only_where_it_says_more():
    player = played("a police officer has grabbed me and wont let go, coach 4, just left clapham junction")
    player.say("please hurry")
    assert len(of(player, "desk")) == 1

    player.say("next stop east croydon")
    assert of(player, "desk")[-1]["facts"]["place"]["next"] == "East Croydon"


def test_other_staff_stay_on_the_ordinary_desk():
    """R8: what is confidential is the organisation's own list."""
    player = played("last week a train guard touched my leg at leeds station", "no", "skip", "skip")

    assert of(player, "confidential") == []
    assert played("last week a train guard touched me at leeds", house=OPERATOR).session.confidential


def test_it_never_turns_back():
    player = played("last week a police officer touched my leg at leeds station", "sorry not police, a passenger")

    assert player.session.confidential


def test_revisions_of_both_ids_count_by_themselves():
    player = played("a man touched me just now, im at leeds", "he is a police officer", "skip", "skip", "skip")

    assert len(kinds(player)) == len(player.made)
    for audience in ("desk", "confidential"):
        numbers = [document["revision"] for document in of(player, audience)]
        assert numbers == list(range(1, len(numbers) + 1))
