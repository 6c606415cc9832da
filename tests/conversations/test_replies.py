"""A text and the step it answers: keyword, choice, words, or nothing readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.flows import shipped
from conversations.replies import Reply, declines, key_of, read, read_first

FLOW = shipped("starter")
PLACE, TRAIN, ACCOUNT = FLOW.by_id["place"], FLOW.by_id["train"], FLOW.by_id["account"]
PLAYBACK = FLOW.by_id["playback"]


@pytest.mark.parametrize(
    "word", ["STOP", "stopall", "Unsubscribe", "CANCEL", "end", "quit", "REVOKE", "optout", " stop. ", "“Stop”"]
)
@pytest.mark.parametrize("step", [PLACE, PLAYBACK])
def test_exit_words_count_in_every_step(step, word: str):
    """R5: STOP and the words that carriers take for it, as a whole text in any case."""
    assert read(FLOW, step, word).keyword == "stop"
    assert read_first(FLOW, word).keyword == "stop"


@pytest.mark.parametrize(
    ("text", "declined"),
    [("no thank you", True), ("No thanks.", True), ("no", False), ("no coach D thanks", False), ("yes thanks", False),
     ("thanks", False), ("not right thank you, the place is wrong and so is the train", False)],
)  # fmt: skip
def test_a_no_with_thanks_turns_an_offer_down(text: str, declined: bool):
    """Rule 5: it is no "wrong" at a play-back."""
    assert declines(FLOW, text) is declined


@pytest.mark.parametrize("text", ["please stop him", "stop it", "he wont stop", "the end of the platform", "back stop"])
def test_exit_words_inside_a_text_do_not(text: str):
    assert read(FLOW, ACCOUNT, text) == Reply(keep=True, clear=True)


@pytest.mark.parametrize("text", ["HELP", "help", "Help!!", "HELPWCH", "helpwch."])
@pytest.mark.parametrize("step", [PLACE, ACCOUNT, PLAYBACK])
def test_a_bare_help_is_danger_in_every_step(step, text: str):
    """Rule 8."""
    assert read(FLOW, step, text).keyword == "danger"
    assert read_first(FLOW, text).keyword == "danger"


@pytest.mark.parametrize(
    "text", ["skip", "SKIP", "dont know", "Don’t know", "I don't know.", "rather not", "no", "Nope"]
)
def test_everything_can_be_skipped(text: str):
    """Rule 5: "no" too, where it is no answer."""
    assert read(FLOW, PLACE, text).keyword == "skip"


@pytest.mark.parametrize("text", ["1", "1.", "(1)", "Yes", "y", "YES!", "yeah", "that's right", "Yes?"])
def test_number_word_and_plain_meaning_are_yes(text: str):
    """Rule 6."""
    assert read(FLOW, PLAYBACK, text) == Reply(choice=1, clear=True)


@pytest.mark.parametrize("text", ["2", "no", "n", "Nope", "wrong"])
def test_number_word_and_plain_meaning_are_no(text: str):
    assert read(FLOW, PLAYBACK, text) == Reply(choice=2, clear=True)


@pytest.mark.parametrize(
    ("text", "choice"), [("1 blue jacket beard", 1), ("2, its coach D", 2), ("no coach D", 2), ("yes and he left", 1)]
)
def test_words_behind_a_choice_are_kept(text: str, choice: int):
    assert read(FLOW, PLAYBACK, text) == Reply(choice=choice, keep=True, clear=True)


@pytest.mark.parametrize("text", ["1805", "12", "3", "right behind me", "he said yes", "maybe"])
def test_other_words_are_no_choice(text: str):
    assert read(FLOW, PLAYBACK, text) == Reply(keep=True)


def test_a_choice_answers_nothing_in_a_first_text():
    """R3: a bare "1" answers nothing."""
    assert read_first(FLOW, "1") == Reply(keep=True, clear=True)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_blank_text_is_no_answer(text: str):
    for step in FLOW.steps[:5]:
        assert read(FLOW, step, text) == Reply()


def test_one_letter_is_a_coach_and_no_place():
    assert read(FLOW, TRAIN, "D").clear
    assert not read(FLOW, PLACE, "D").clear
    assert not read(FLOW, ACCOUNT, ".").clear


@pytest.mark.parametrize("text", ["?", "??", " ? "])
def test_a_question_mark_asks_for_other_words(text: str):
    assert read(FLOW, PLACE, text).keyword == "reword"


@given(st.text())
def test_reading_never_raises_and_never_drops_words(text: str):
    for step in FLOW.steps[:5]:
        reply = read(FLOW, step, text)
        assert reply.keep or reply.keyword or reply.choice or not text.strip()


@given(st.text())
def test_keys_are_stable(text: str):
    assert key_of(key_of(text)) == key_of(text)
