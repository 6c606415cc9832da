"""What a text may want beside reporting: help, answers, a person, another language, silence (rules 8 to 10, 12, 16)."""

from __future__ import annotations

import pytest

from conversations.flows import shipped
from conversations.reading import read
from conversations.support import shipped as services
from conversations.turn import HandBack, House, Staff
from tests.conversations.player import Player, kinds, last

HOUSE = House(services=services())
OPENING = "man keeps staring at me"


def played(*texts: str, house: House = HOUSE) -> Player:
    """A phone of the railway flow after these texts."""
    player = Player(shipped("railway"), read, house)
    for text in texts:
        player.say(text)
    return player


# Support


@pytest.mark.parametrize("word", ["SUPPORT", "support", "CYMORTH"])
def test_support_gives_services_and_the_same_question(word: str):
    """Rule 10."""
    player = played(OPENING)
    asks = last(player).asks
    [heard] = player.say(word)

    assert any(character.isdigit() for character in heard)
    assert last(player).asks == asks


@pytest.mark.parametrize("text", ["SUPPORT", "i dont want to report anything, i just need to talk to someone"])
def test_support_alone_makes_no_report(text: str):
    player = played(text)
    player.wait(7200)

    assert (last(player).ended, player.revisions, last(player).asks) in [("support_only", [], None)]


def test_without_services_support_says_so():
    [heard] = played(OPENING, house=House()).say("SUPPORT")

    assert heard.startswith("Sorry, we have no number to give just now.")


# Not sure


def test_somebody_who_is_not_sure_gets_support_and_nothing_leaves_until_1():
    """Rule 12."""
    player = played()
    [heard] = player.say("maybe i should report this. man touched me at leeds")
    assert heard.endswith("Shall we pass this on? 1 yes 2 not yet")
    player.wait(7200)
    assert player.revisions == []


def test_not_yet_keeps_it_sealed_and_a_later_yes_opens_it():
    player = played("maybe i should report this. man touched me at leeds")
    [heard] = player.say("2")
    assert (last(player).ended, last(player).asks, player.revisions) == ("support_only", None, [])
    assert "nothing goes forward" in heard

    player.say("1")
    player.wait(7200)
    assert player.revisions


def test_what_is_sealed_is_asked_about_again_in_the_next_sitting():
    player = played("maybe i should report this. man touched me at leeds", "2")
    player.wait(3600)
    [heard] = player.say("a man touched me at leeds")
    assert heard.endswith("1 yes 2 not yet")
    assert player.revisions == []

    player.say("yes")
    player.wait(7200)
    assert player.revisions


def test_danger_is_never_sealed():
    """Rule 8 before rule 12."""
    player = played("maybe i should report this. man touched me at leeds", "HELP")

    assert kinds(player) == ["alert"]


# Questions of the reporter's


@pytest.mark.parametrize("text", ["who is this", "is this anonymous?", "can you call me", "how do i delete these"])
def test_a_question_is_answered_in_one_line_then_the_same_question(text: str):
    player = played(OPENING)
    asks = last(player).asks
    [heard] = player.say(text)

    assert "?" in heard
    assert last(player).asks == asks
    assert not heard.startswith("Sorry, which place")


def test_a_question_as_first_text_opens_the_conversation_and_makes_no_report():
    player = played("is this anonymous?")
    player.wait(600)

    assert last(player).step == "account"
    assert player.revisions == []


def test_off_topic_gets_one_line_and_makes_no_report():
    """Rule 18."""
    player = played("i left my umbrella on the train, where is lost property")
    player.wait(7200)

    assert (last(player).ended, last(player).asks, player.revisions) == ("complete", None, [])
    assert [entry.text for entry in player.session.account] == [
        "i left my umbrella on the train, where is lost property"
    ]


def test_noise_gets_the_opening_question_once_then_silence():
    """Rule 18: always kept, never a report."""
    player = played("hi")
    assert last(player).asks == "description"
    assert player.say("asdf") == []
    player.wait(7200)

    assert player.revisions == []
    assert len(player.session.account) == 2


# A person


def test_a_person_asked_for_is_marked_and_the_question_stays():
    player = played(OPENING)
    [heard] = player.say("can i speak to a real person pls")

    assert heard.startswith("A person will read this and may answer here.")
    assert player.report["marks"] == ["person_wanted"]
    player.wait(600)
    assert last(player).ended == "handover"


def test_nobody_to_answer_is_said_so():
    [heard] = played(OPENING, house=House(people=False)).say("can i speak to a real person pls")

    assert heard.startswith("Nobody can answer here in person")


def test_once_a_person_types_the_questions_rest_until_handed_back():
    player = played(OPENING)
    question = last(player).reply
    assert player.take(Staff()) == []
    assert player.say("ok im at clapham junction") == []
    assert player.say("coach 3") == []
    assert player.report["facts"]["service"]["coach"] == "3"

    [heard] = player.take(HandBack())
    assert heard != question
    assert last(player).asks is not None


def test_danger_and_stop_are_answered_while_a_person_answers():
    player = played(OPENING)
    player.take(Staff())

    assert "999" in player.say("HELP")[0]
    assert len(player.say("STOP")) == 1
    assert player.take(HandBack()) == []


def test_handing_back_after_half_an_hour_writes_nothing():
    """R4."""
    player = played(OPENING)
    player.take(Staff())
    player.now += 1801

    assert player.take(HandBack()) == []


# Quiet mode, child, deaf


@pytest.mark.parametrize("lone", [".", "x", "-"])
def test_a_lone_character_begins_quiet_mode_and_words_end_it(lone: str):
    """Rule 9: only questions that 1 or 2 answers."""
    player = played(lone)
    assert last(player).reply is not None
    assert "1 yes 2 no" in (last(player).reply or "")
    assert player.report["marks"] == ["silent"]

    player.say("he has gone, i can type now")
    assert player.report["marks"] == []


@pytest.mark.parametrize("text", ["1", "y", "?", "e", "D"])
def test_a_character_that_may_answer_is_no_quiet_mode(text: str):
    player = played(OPENING, "clapham junction")
    assert last(player).asks == "train"
    player.say(text)

    assert "silent" not in player.session.marks


def test_a_child_gets_plain_words_and_the_number_once_and_a_mark():
    """Rule 16."""
    player = played()
    [heard] = player.say("im 14 and a man keeps touching my leg")
    [second] = player.say("clapham junction")

    assert "0800 1111" in heard
    assert "0800 1111" not in second
    assert "under_18" in player.report["marks"]


def test_somebody_who_cannot_speak_gets_text_ways_only():
    """Rule 8."""
    player = played("im deaf. a man keeps following me")
    [heard] = player.say("HELP")

    assert "text 999" in heard.lower()
    assert "press 55" not in heard
    assert "no_voice" in player.report["marks"]


# Languages


def test_welsh_from_the_first_text():
    """Rule 19."""
    player = played("mae dyn yn syllu arna i ar y trên")

    assert player.session.language == "cy"


def test_the_language_switches_by_word_at_any_time():
    player = played(OPENING)
    [heard] = player.say("CYMRAEG")
    assert player.session.language == "cy"
    [back] = player.say("ENGLISH")

    assert (player.session.language, heard == back) == ("en", False)


def test_a_name_in_welsh_is_no_change_of_language():
    player = played(OPENING, "Caerdydd")

    assert player.session.language == "en"
