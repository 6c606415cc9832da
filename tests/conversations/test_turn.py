"""Turns: what stories cannot tell (times, marks, revisions, what is kept)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from conversations import flows
from conversations.flowfile import loads
from conversations.flows import shipped
from conversations.reader import Context, Reading
from conversations.turn import Outcome, Silence, Text, UnknownState, prepare, take_turn
from tests.conversations.player import NOON, Player, begun

ORDINARY = ("man keeps staring at me", "victoria", "1805 to brighton", "in the next seat")


def played(*texts: str) -> Player:
    """A phone after these texts."""
    player = Player()
    for text in texts:
        player.say(text)
    return player


def last(player: Player) -> Outcome:
    assert player.outcome is not None
    return player.outcome


def kinds(player: Player) -> list[str]:
    return [revision["kind"] for revision in player.revisions]


# What goes forward


def test_the_ordinary_way_makes_three_revisions():
    """Rule 12: started with the place, updated with the train, complete with the account."""
    player = played(*ORDINARY, "1")

    assert kinds(player) == ["started", "updated", "complete"]
    assert [revision["state"] for revision in player.revisions] == ["open", "open", "complete"]
    assert last(player).ended == "complete"


def test_words_are_kept_with_the_question_as_it_was_put():
    """Rule 4: it may be evidence."""
    player = played(*ORDINARY)

    first, place, train, account = player.report["account"]
    assert (first["question"], first["put"], first["text"]) == (None, None, ORDINARY[0])
    assert place["question"] == "location"
    assert place["put"].startswith("Thanks, we have your text. Where is this?")
    assert (train["question"], account["question"]) == ("train", "description")
    assert account["put"].startswith("Tell us what happened in your own words")
    assert [entry["at"] for entry in player.report["account"]] == [
        "2025-11-21T12:00:20Z",
        "2025-11-21T12:00:40Z",
        "2025-11-21T12:01:00Z",
        "2025-11-21T12:01:20Z",
    ]


def test_said_points_at_the_words():
    player = played("hello", "😀 victoria")

    assert player.report["said"] == {
        "place.at": [
            {"text": "😀 victoria", "span": [0, 10], "question": "location", "at": "2025-11-21T12:00:40Z"},
        ]
    }


def test_nothing_is_read_from_free_text():
    """Values stay null, empty or false until somebody reads them."""
    assert played(*ORDINARY).report["facts"] == {
        "language": "en",
        "intent": "report",
        "place": {"at": None, "from": None, "to": None, "next": None, "line": None, "ids": {}},
        "service": {"time": None, "headcode": None, "operator": None, "coach": None, "seat": None, "unit": None},
        "behaviours": [],
        "urgency": None,
        "role": None,
        "suspect_is": None,
        "describes_suspect": False,
    }


def test_a_correction_takes_the_place_of_what_was_said_and_the_account_keeps_both():
    """Rule 7."""
    player = played(*ORDINARY, "2", "1", "east croydon")

    assert [said["text"] for said in player.report["said"]["place.at"]] == ["east croydon"]
    assert [entry["text"] for entry in player.report["account"]] == [*ORDINARY, "east croydon"]
    assert kinds(player)[-1] == "added"


def test_the_place_of_an_earlier_sitting_stays_beside_the_new_one():
    player = played("hello", "victoria")
    player.wait(3600)
    player.say("now somewhere else")
    player.say("brighton")

    assert [said["text"] for said in player.report["said"]["place.at"]] == ["victoria", "brighton"]


def test_danger_goes_forward_at_once_and_first():
    """Rule 8: in the same turn, with whatever is known and the rule that saw it."""
    player = played("hello", "HELPWCH")
    revision = last(player).revision

    assert revision is not None
    assert (revision.kind, revision.urgent) == ("alert", True)
    assert revision.document["why_urgent"] == ["keyword.helpwch"]
    assert revision.document["facts"]["urgency"] == "emergency"
    assert "999" in (last(player).reply or "")


def test_every_cry_for_help_alerts_again_and_names_its_rule_once():
    player = played("help", "help", "HELPWCH")

    assert kinds(player) == ["alert", "alert", "alert"]
    assert player.report["why_urgent"] == ["keyword.help", "keyword.helpwch"]


def test_what_follows_a_danger_is_urgent_until_the_sitting_is_over():
    player = played("help")
    player.say("victoria")
    within = last(player).revision
    player.wait(3600)
    player.say("it was nothing")
    after = last(player).revision

    assert within is not None
    assert after is not None
    assert (within.urgent, after.urgent) == (True, False)


def test_danger_of_an_earlier_sitting_changes_no_question():
    """R3: the answers show nothing of it."""
    player = played("help", "victoria", "coach 3", "in the next seat")
    player.wait(3600)

    assert [player.say(text) for text in ORDINARY] == [
        Player().say("hello"),
        *[played(*ORDINARY[:n]).say(ORDINARY[n]) for n in (1, 2, 3)],
    ]


def test_what_was_never_passed_on_is_not_passed_on_by_stop():
    """Rule 17: nothing further but the mark."""
    player = played("man keeps staring at me", "STOP", "he left")
    player.wait(600)

    assert player.revisions == []
    assert player.report["state"] == "stopped"
    assert [entry["text"] for entry in player.report["account"]] == ["man keeps staring at me", "he left"]


def test_after_start_what_was_held_back_goes_forward():
    player = played("man keeps staring at me", "STOP", "he left", "START")
    player.wait(120)

    assert kinds(player) == ["unfinished"]
    assert len(player.report["account"]) == 2


def test_after_start_a_complete_report_is_still_complete():
    player = played(*ORDINARY, "STOP", "START")

    assert kinds(player)[-2:] == ["stopped", "added"]
    assert [revision["state"] for revision in player.revisions[-2:]] == ["stopped", "complete"]


def test_nothing_known_makes_no_report():
    player = played("START", "skip", "skip", "skip")
    player.wait(600)

    assert player.revisions == []
    assert (player.session.revision, player.session.forwarded, player.session.completed) == (0, False, False)
    assert last(player).ended == "complete"


# Time


def test_a_silence_is_wanted_two_minutes_after_each_question():
    player = played("hello")
    assert last(player).due_at == player.now + 120

    player.say("victoria")
    assert last(player).due_at == player.now + 120


@pytest.mark.parametrize("texts", [(*ORDINARY, "1"), ("hello", "STOP"), ("STOP",)])
def test_no_silence_is_wanted_when_nothing_is_asked(texts: tuple[str, ...]):
    assert last(played(*texts)).due_at is None


def test_a_silence_that_comes_early_changes_nothing():
    """F6: a doubled clock."""
    player = played("hello")
    due = last(player).due_at
    player.now += 60
    player.take(Silence())

    assert (last(player).revision, last(player).ended, last(player).due_at) == (None, None, due)


def test_a_second_silence_changes_nothing():
    player = played("hello")
    player.now += 120
    player.take(Silence())
    player.take(Silence())

    assert kinds(player) == ["unfinished"]
    assert last(player).due_at is None


def test_a_silence_before_the_first_text_changes_nothing():
    player = Player()
    player.take(Silence())

    assert (last(player).step, last(player).revision) == ("opening", None)


def test_a_clock_that_jumped_back_leaves_no_timer_stuck():
    """F11."""
    player = played("hello")
    player.now -= 7200
    player.take(Silence())
    assert last(player).due_at == player.now + 120

    player.now += 120
    player.take(Silence())
    assert kinds(player) == ["unfinished"]


@pytest.mark.parametrize("jump", [-7200.0, -1e12, 3.2e8, 1e12, 1e300])
def test_a_clock_that_jumps_loses_nothing(jump: float):
    """F11."""
    player = played("hello", "victoria")
    player.now = NOON + jump
    player.say("coach 3")
    player.now = NOON + 600
    player.say("in the next seat")

    assert [entry["text"] for entry in player.report["account"]] == ["hello", "victoria", "coach 3", "in the next seat"]
    assert last(player).asks is not None


@pytest.mark.parametrize("now", [math.nan, math.inf, -math.inf])
def test_a_clock_that_tells_no_time_stands_still(now: float):
    outcome = take_turn(shipped("starter"), begun(), Text("hello"), now)

    assert outcome.session.last_text == NOON


@pytest.mark.parametrize(("seconds", "asks"), [(1800, "train"), (1801, "location")])
def test_a_sitting_lasts_thirty_minutes(seconds: float, asks: str):
    """R3."""
    player = played("hello")
    player.now += seconds - 20
    player.say("victoria")

    assert last(player).asks == asks


def test_a_text_that_comes_late_does_not_lengthen_the_sitting():
    player = played("hello")
    player.now += 1700
    player.say("old words", held=True)
    player.now += 100
    player.say("victoria")

    assert last(player).asks == "location"


# Texts with marks


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


# The play-back


def test_a_playback_too_long_for_one_segment_does_without_the_words():
    """Rule 2: one segment, whatever the reporter wrote."""
    source = (Path(flows.__file__).parent / "starter.yaml").read_text(encoding="utf-8")
    player = Player(
        loads(source.replace("We have: {repeat}.", f"{'We have this and wish to be sure. ' * 2}{{repeat}}."))
    )
    for text in (
        "hello",
        "just past clapham junction, platform 4",
        "18:05 victoria to brighton, middle coach 3",
    ):
        player.say(text)

    [heard] = player.say("in the next seat")

    assert heard.endswith("the place you gave, the train you gave. Right? 1 yes 2 no")


# The session


def test_going_back_and_forth_does_not_make_the_session_grow():
    player = played("hello", "victoria")
    for _ in range(5):
        player.say("back")
        player.say("skip")

    assert (player.session.trail, player.session.settled) == (["place"], ["place"])


def test_a_turn_of_another_flow_version_is_refused():
    """F13."""
    session = begun()
    session.flow = ("starter", 2, "0" * 64)

    with pytest.raises(UnknownState):
        take_turn(shipped("starter"), session, Text("hello"), NOON)


def test_a_step_that_the_flow_does_not_have_is_refused():
    """F12."""
    session = begun()
    session.step = "interview"

    with pytest.raises(UnknownState):
        take_turn(shipped("starter"), session, Text("hello"), NOON)


def test_a_flow_can_be_prepared_before_its_first_text():
    prepare(shipped("starter"))

    assert Player().say("hello")


def test_a_text_shows_nothing_of_itself():
    """R18: no words in a log by way of a repr."""
    assert "canary" not in repr(Text("canary"))
    assert "canary" not in str(Text("canary"))


# A reader of free text


class WordReader:
    """Reads the word Leeds as a place, and the word gun as danger."""

    def __init__(self) -> None:
        self.contexts: list[Context] = []

    def read(self, text: str, context: Context) -> Reading:
        self.contexts.append(context)
        start = text.find("Leeds")
        values: dict[str, Any] = {"place.at": "Leeds", "place.ids": {"at": "LDS"}} if start >= 0 else {}
        spans = {"place.at": ((start, start + 5),)} if start >= 0 else {}
        return Reading(values, spans, ("weapon",) if "gun" in text else ())


def test_what_was_volunteered_is_never_asked():
    """Rule 3."""
    player = Player(reader=WordReader())
    heard = player.say("man keeps staring at me near Leeds")

    assert last(player).asks == "train"
    assert heard[0].startswith("Thanks, we have your text. Which train")
    assert kinds(player) == ["started"]
    assert player.report["facts"]["place"]["at"] == "Leeds"
    assert player.report["facts"]["place"]["ids"] == {"at": "LDS"}
    assert player.report["said"]["place.at"][0]["span"] == [29, 34]


def test_a_reader_is_told_what_is_asked_and_known():
    reader = WordReader()
    player = Player(reader=reader)
    player.say("near Leeds")
    player.say("coach 3")

    assert [(context.asks, dict(context.values)) for context in reader.contexts] == [
        (None, {}),
        ("train", {"place.at": "Leeds", "place.ids": {"at": "LDS"}}),
    ]


def test_danger_that_a_reader_sees_alerts_in_the_same_turn_with_the_advice():
    """Rule 8."""
    player = Player(reader=WordReader())
    heard = player.say("he has a gun")

    assert kinds(player) == ["alert"]
    assert player.report["why_urgent"] == ["weapon"]
    assert "999" in heard[0]
    assert last(player).asks == "location"
