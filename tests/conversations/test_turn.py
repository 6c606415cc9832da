"""Turns: what goes forward, what is kept, and the session (what stories cannot tell)."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations import flows
from conversations.flowfile import loads
from conversations.flows import shipped
from conversations.turn import Text, UnknownState, prepare, take_turn
from tests.conversations.player import NOON, ORDINARY, Player, begun, kinds, last, played


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
        "place": [
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

    assert [said["text"] for said in player.report["said"]["place"]] == ["east croydon"]
    assert [entry["text"] for entry in player.report["account"]] == [*ORDINARY, "east croydon"]
    assert kinds(player)[-1] == "added"


def test_the_place_of_an_earlier_sitting_stays_beside_the_new_one():
    player = played("hello", "victoria")
    player.wait(3600)
    player.say("now somewhere else")
    player.say("brighton")

    assert [said["text"] for said in player.report["said"]["place"]] == ["victoria", "brighton"]


def test_danger_goes_forward_at_once_and_first():
    """Rule 8: in the same turn, with whatever is known and the rule that saw it."""
    player = played("hello", "HELPWCH")
    [revision] = last(player).revisions

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
    [within] = last(player).revisions
    player.wait(3600)
    player.say("it was nothing")
    [after] = last(player).revisions

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
