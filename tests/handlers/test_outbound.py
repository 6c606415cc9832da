"""Texts of ours that are not answers: one that fails stops no other, and none goes out late."""

from __future__ import annotations

import pytest

from handlers import jumps, outbound
from handlers.ports import SendAction, SendError
from handlers.records.database import Database
from tests.fakes import Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Three texts wait to be sent."""
    for phone in range(1, 4):
        desk.say("HELP", carrier_answers="HELP", sender=f"+44770090000{phone}")
    return desk


def test_f12_a_text_that_cannot_be_opened_does_not_stop_the_next(waiting: Desk) -> None:
    waiting.change("UPDATE texts SET token = 'other' WHERE id = (SELECT min(id) FROM texts)")
    outbound.send_due(waiting.service)
    assert len(waiting.channel.sent) == 2
    assert waiting.rows("SELECT state FROM texts ORDER BY id") == [("failed",), ("sent",), ("sent",)]


def test_a_carrier_that_does_not_answer_ends_the_round(waiting: Desk) -> None:
    waiting.channel.refusals = [SendError(SendAction.UNKNOWN, "timeout")] * 3
    assert outbound.send_due(waiting.service) == 1
    assert waiting.rows("SELECT count(*) FROM texts WHERE state = 'due'") == [(2,)]


def test_a_carrier_that_answers_slowly_gets_what_is_left_in_the_next_round(
    waiting: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "ROUND_SECONDS", 0.0)
    assert [outbound.send_due(waiting.service) for _ in range(4)] == [1, 1, 1, 0]
    assert len(waiting.channel.sent) == 3


def test_a_fault_in_a_channel_loses_nothing(waiting: Desk) -> None:
    waiting.channel.refusals = [ZeroDivisionError("+447700900001")]
    outbound.send_due(waiting.service)
    assert waiting.rows("SELECT state FROM texts ORDER BY id")[0] == ("unknown",)


def test_a_flood_is_answered_with_a_minute_of_silence(waiting: Desk) -> None:
    waiting.channel.refusals = [SendError(SendAction.FLOOD, "14107")]
    outbound.send_due(waiting.service)
    [(due_at,)] = waiting.rows("SELECT due_at FROM texts WHERE error_code = '14107'")
    assert due_at / 1000 - waiting.clock.at == pytest.approx(60, abs=1)


def test_r4_f11_an_answer_from_before_a_clock_jump_is_never_sent_late(desk: Desk) -> None:
    desk.clock.move(2 * 3600)
    desk.say("HELP", carrier_answers="HELP")
    desk.clock.move(-2 * 3600)
    jumps.mend(desk.service)
    outbound.send_due(desk.service)
    desk.clock.move(2 * 3600)
    outbound.send_due(desk.service)
    assert desk.channel.sent == []
    assert desk.rows("SELECT state FROM texts") == [("lapsed",)]


def test_r5_the_advice_in_danger_goes_out_though_the_reporter_had_stopped(database: Database) -> None:
    desk = Desk.build(database)
    desk.say("hove")
    desk.say("STOP", carrier_answers="STOP")
    desk.say("HELP", carrier_answers="HELP")
    outbound.send_due(desk.service)
    assert "999" in desk.channel.sent[0].body


def test_the_question_after_a_start_that_the_carrier_answered_goes_by_itself(database: Database) -> None:
    desk = Desk.build(database)
    desk.say("hove")
    desk.say("STOP", carrier_answers="STOP")
    assert desk.say("START", carrier_answers="START") is None
    outbound.send_due(desk.service)
    assert "Where" in desk.channel.sent[0].body
