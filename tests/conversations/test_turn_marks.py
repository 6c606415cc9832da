"""Texts with marks: sent twice, late, answered by the carrier, with a picture."""

from __future__ import annotations

import pytest

from tests.conversations.player import ORDINARY, Player, kinds, last, played


def test_the_same_text_twice_puts_the_question_again_and_moves_nothing():
    """F2."""
    player = played("hello", "victoria")
    before, heard = player.stored, last(player).reply

    assert player.say("victoria", repeat=True) == [heard]
    assert player.stored == before


@pytest.mark.parametrize("texts", [(*ORDINARY, "1"), ("hello", "STOP")])
def test_the_same_text_twice_is_silent_where_nothing_is_asked(texts: tuple[str, ...]):
    player = played(*texts)

    assert player.say(texts[-1], repeat=True) == []


def test_a_held_text_is_kept_without_a_step_or_an_answer():
    """A text that comes late (F7)."""
    player = played("hello", "victoria")

    assert player.say("coach 3", held=True) == []
    assert (last(player).asks, kinds(player)) == ("train", ["started", "updated"])
    assert player.report["account"][-1] | {"at": ""} == {
        "question": None,
        "put": None,
        "language": "en",
        "text": "coach 3",
        "at": "",
    }


def test_a_held_text_that_begins_a_conversation_goes_forward_after_the_silence():
    player = Player()
    assert player.say("man keeps staring at me", held=True) == []
    player.wait(120)

    assert kinds(player) == ["unfinished"]
    assert player.say("hello")[0].startswith("Thanks, we have your text.")


def test_danger_in_a_held_text_alerts_at_once():
    player = played("hello")

    assert player.say("help", held=True) == []
    assert kinds(player) == ["alert"]


def test_a_held_stop_stops_nothing_by_itself():
    """It may be older than the texts that followed it; the carrier has acted on it already."""
    player = played("hello", "victoria")
    player.say("STOP", held=True)

    assert last(player).step == "train"
    assert [entry["text"] for entry in player.report["account"]] == ["hello", "victoria"]


def test_what_came_with_a_text_is_noted_beside_its_words():
    player = played("hello")
    player.say("this is him", notes=("image",))

    assert player.report["account"][-1]["notes"] == ["image"]


def test_a_picture_without_words_is_kept_and_answers_nothing():
    player = played("hello")
    heard = player.say("", notes=("image",))

    assert heard[0].startswith("Sorry, which place?")
    assert player.report["account"][-1]["text"] == ""


def test_an_exit_word_of_the_carrier_counts_whatever_the_words():
    player = played("hello", "victoria")
    player.say("no more please", carrier="STOP")

    assert last(player).ended == "withdrawn"


def test_yes_at_the_playback_is_an_answer_even_where_the_carrier_took_it():
    player = played(*ORDINARY)
    player.say("YES", carrier="START")

    assert last(player).step == "done"


def test_help_that_the_carrier_answered_is_danger_all_the_same():
    """Rule 8."""
    player = played("hello")
    player.say("HELP", carrier="HELP")

    assert kinds(player) == ["alert"]


def test_info_that_the_carrier_answered_is_no_danger():
    player = played("hello")
    player.say("INFO", carrier="HELP")

    assert kinds(player) == ["started"]
