"""Turns and the clock: silences, sittings, jumps."""

from __future__ import annotations

import math

import pytest

from conversations.flows import shipped
from conversations.turn import Silence, Text, take_turn
from tests.conversations.player import NOON, ORDINARY, Player, begun, kinds, last, played, texting


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

    assert (last(player).revisions, last(player).ended, last(player).due_at) == ((), None, due)


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

    assert (last(player).step, last(player).revisions) == ("opening", ())


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


def test_what_a_held_text_adds_is_wanted_forward_though_the_silence_was_heard():
    """F7: words that tell no fact make no revision by themselves, and no answer is waited for."""
    player = texting("railway")
    player.say("he keeps following me")
    player.now += 1900
    player.take(Silence())
    player.now += 3600
    player.take(Text("i cannot stop thinking of it", held=True))
    due = last(player).due_at
    assert due is not None

    player.now = due
    player.take(Silence())
    assert kinds(player)[-1] == "unfinished"
    assert [entry["text"] for entry in player.revisions[-1]["account"]][-1] == "i cannot stop thinking of it"
    player.now += 3600
    player.take(Silence())
    assert (last(player).due_at, last(player).revisions) == (None, ())


def test_after_a_stop_a_held_text_wants_no_silence():
    """R5: what went forward before gets the addition at once, and nothing is waited for."""
    player = played("hello", "he keeps following me", "STOP")
    before = kinds(player)
    player.take(Text("i cannot stop thinking of it", held=True))
    assert (kinds(player), last(player).due_at) == ([*before, "added"], None)
