"""Silence and the end of a conversation."""

from __future__ import annotations

import threading

import pytest

from handlers import jumps, timers
from handlers.records.database import Database
from handlers.sweep import sweep
from tests.fakes import Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def test_rule_12_two_minutes_of_silence_send_what_is_known_once(desk: Desk) -> None:
    desk.say("he keeps following me")
    desk.clock.move(119)
    assert timers.run_due(desk.service, desk.doorbell) == 0
    desk.clock.move(1)
    assert timers.run_due(desk.service, desk.doorbell) == 1
    [report] = desk.documents()
    assert (report["kind"], report["state"]) == ("unfinished", "unfinished")
    assert report["account"][0]["text"] == "he keeps following me"
    desk.clock.move(600)
    assert timers.run_due(desk.service, desk.doorbell) == 0
    assert desk.doorbell.rung == [row for (row,) in desk.rows("SELECT id FROM outbox")]


def test_f6_two_clocks_at_once_make_one_revision(desk: Desk) -> None:
    for phone in range(6):
        desk.say("he keeps following me", sender=f"+4477009000{phone:02d}")
    desk.clock.move(130)

    def run() -> None:
        timers.run_due(desk.service, desk.doorbell)
        desk.service.database.close()

    clocks = [threading.Thread(target=run) for _ in range(4)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert desk.rows("SELECT report_id, count(*) FROM revisions GROUP BY report_id HAVING count(*) > 1") == []
    assert len(desk.documents()) == 6


def test_r19_r20_after_a_day_the_conversation_and_its_number_are_gone_and_the_report_stays(desk: Desk) -> None:
    desk.say("hello there")
    desk.say("hove")
    desk.clock.move(24 * 3600)
    timers.run_due(desk.service, desk.doorbell)
    assert desk.rows("SELECT id FROM conversations") == []
    assert len(desk.documents()) == 1


def test_f11_a_clock_that_jumped_hours_ahead_and_back_does_not_interrupt(desk: Desk) -> None:
    desk.clock.move(2 * 3600)
    desk.say("hello there")
    desk.clock.move(-2 * 3600)
    assert "train" in (desk.say("hove") or "")
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    assert desk.documents()[0]["state"] == "unfinished"


def test_f11_a_clock_that_jumped_years_ahead_and_back_loses_and_keeps_nothing_for_good(desk: Desk) -> None:
    desk.clock.move(10 * 365 * 86400)
    desk.say("he keeps following me")
    desk.clock.move(-10 * 365 * 86400)
    desk.say("a man keeps staring at me")
    for _ in range(5):
        jumps.mend(desk.service)
        desk.clock.move(1000)
        timers.run_due(desk.service, desk.doorbell)
    assert {report["account"][0]["text"] for report in desk.documents()} == {
        "he keeps following me",
        "a man keeps staring at me",
    }
    desk.clock.move(24 * 3600)
    timers.run_due(desk.service, desk.doorbell)
    assert desk.rows("SELECT id FROM conversations") == []


def test_f12_one_conversation_that_cannot_be_read_does_not_stop_the_others(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.say("he keeps following me", sender="+447700900001")
    desk.clock.move(1)
    desk.say("he keeps following me", sender="+447700900002")
    desk.change(
        "UPDATE conversations SET flow_hash = 'gone' WHERE id = "
        "(SELECT id FROM conversations ORDER BY last_text_at LIMIT 1)"
    )
    desk.clock.move(130)
    assert timers.run_due(desk.service, desk.doorbell) == 2
    assert len(desk.documents()) == 1
    assert "following" not in caplog.text


def test_a_sweep_goes_on_when_one_of_its_steps_fails(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.say("he keeps following me")
    desk.change("DROP TABLE texts")
    desk.clock.move(130)
    sweep(desk.service, desk.doorbell, lambda ids: None)
    assert len(desk.documents()) == 1, "the timer ran"
    assert "store is away" in caplog.text


def test_rule_12_what_was_told_goes_forward_though_no_clock_ran_for_a_day(desk: Desk) -> None:
    desk.say("he keeps following me")
    desk.clock.move(25 * 3600)
    timers.run_due(desk.service, desk.doorbell)
    assert [report["kind"] for report in desk.documents()] == ["unfinished"]
    assert desk.rows("SELECT id FROM conversations") == []
    assert len(desk.doorbell.rung) == 1


def test_rule_12_so_it_does_when_the_next_text_is_what_ends_it(desk: Desk) -> None:
    desk.say("he keeps following me")
    desk.clock.move(25 * 3600)
    desk.say("hello there")
    assert [report["kind"] for report in desk.documents()] == ["unfinished"]
    assert len(desk.doorbell.rung) == 1


def test_what_cannot_be_read_ends_too(desk: Desk) -> None:
    desk.say("hello there")
    desk.change("UPDATE conversations SET flow_hash = 'gone'")
    desk.clock.move(24 * 3600 + 3601)
    timers.run_due(desk.service, desk.doorbell)
    assert desk.rows("SELECT id FROM conversations") == []


def test_f11_silence_is_heard_within_15_minutes_though_the_clock_went_back_two_hours(desk: Desk) -> None:
    desk.clock.move(2 * 3600)
    desk.say("he keeps following me")
    desk.clock.move(-2 * 3600)
    jumps.mend(desk.service)
    desk.clock.move(901)
    jumps.mend(desk.service)
    timers.run_due(desk.service, desk.doorbell)
    assert [report["kind"] for report in desk.documents()] == ["unfinished"]
