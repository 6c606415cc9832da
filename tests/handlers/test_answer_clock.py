"""The answer clock and the second clock, on a clock that is moved (R4, R8, F6, F11)."""

from __future__ import annotations

import threading
from dataclasses import replace
from unittest import mock

import pytest

from handlers import (
    escalation,
    handling,
    jumps,
    turns,
    unanswered,
)
from handlers.outbound import send_due
from handlers.records.database import Database, Transaction
from tests.fakes import Desk
from tests.handlers.shift_desks import ABOUT_STAFF, KNIFE, NOW, PAST, alarms, built, person, reports
from tests.waiting import until


@pytest.fixture
def desk(lite: Database) -> Desk:
    return built(lite)


@pytest.fixture
def everywhere(database: Database) -> Desk:
    """The same on both kinds of database."""
    return built(database)


def _told(desk: Desk) -> list[str]:
    return [row[0] for row in desk.rows("SELECT sink FROM outbox WHERE sink IN ('duty', 'chief') ORDER BY id")]


def _breaches(desk: Desk) -> list[tuple[str, int]]:
    rows = desk.rows("SELECT kind, (at - began) / 1000 FROM desk_breaches ORDER BY at, kind")
    return [(row[0], row[1]) for row in rows]


class TestAnswerClock:
    def test_60_alarm_120_supervisor_and_second_contact_180_the_reporter(self, everywhere: Desk) -> None:
        desk = everywhere
        person(desk, "rhian")
        desk.say(NOW)
        escalation.escalate(desk.service, desk.doorbell)
        for seconds, kinds, told, raised in (
            (59, [], [], 0),
            (1, ["alarm"], [], 0),
            (59, ["alarm"], [], 0),
            (1, ["alarm", "supervisor"], ["duty"], 1),
            (60, ["alarm", "supervisor", "reporter"], ["duty"], 1),
        ):
            desk.clock.move(seconds)
            for _ in range(2):  # two clocks at once take a step once (F6)
                unanswered.run_due(desk.service, desk.doorbell)
                escalation.escalate(desk.service, desk.doorbell)
            assert [kind for kind, _ in _breaches(desk)] == kinds
            assert _told(desk) == told
            assert len(alarms(desk)) == raised
        send_due(desk.service)
        assert [text.body for text in desk.channel.sent] == [unanswered.HONEST["en"]]
        assert _breaches(desk) == [("alarm", 60), ("supervisor", 120), ("reporter", 180)]

    def test_what_is_past_waits_15_minutes_and_noise_makes_no_clock(self, desk: Desk) -> None:
        person(desk, "rhian")
        desk.say("hello", sender="+447700900001")
        for said in (PAST, "leeds", "skip"):
            desk.say(said, sender="+447700900002")
        desk.clock.move(899)
        assert unanswered.run_due(desk.service, desk.doorbell) == 0
        desk.clock.move(1)
        assert unanswered.run_due(desk.service, desk.doorbell) == 1
        desk.clock.move(3600)
        assert unanswered.run_due(desk.service, desk.doorbell) == 0
        assert _breaches(desk) == [("alarm", 900)]
        assert len(reports(desk)) == 1

    def test_it_ends_with_a_claim_and_a_second_clock_runs_to_the_first_word(self, everywhere: Desk) -> None:
        desk = everywhere
        rhian = person(desk, "rhian")
        desk.say(NOW)
        (report,) = reports(desk)
        desk.clock.move(30)
        handling.claim(desk.service, rhian, "btp", report)
        desk.clock.move(119)
        assert unanswered.run_due(desk.service, desk.doorbell) == 0
        desk.clock.move(1)
        assert unanswered.run_due(desk.service, desk.doorbell) == 1
        assert unanswered.run_due(desk.service, desk.doorbell) == 0
        assert _breaches(desk) == [("word", 120)]
        assert len(alarms(desk)) == 1
        handling.add_note(desk.service, rhian, "btp", report, "Rang the train", key="n")
        assert alarms(desk) == []
        assert desk.rows(
            "SELECT (claimed_at - waited_from) / 1000, (acted_at - claimed_at) / 1000 FROM desk_answers"
        ) == [(30, 120)]

    def test_who_acts_in_time_misses_nothing_and_no_contact_is_told_of_what_is_in_hand(self, desk: Desk) -> None:
        rhian = person(desk, "rhian")
        desk.say(NOW)
        (report,) = reports(desk)
        escalation.escalate(desk.service, desk.doorbell)
        handling.claim(desk.service, rhian, "btp", report)
        handling.set_incident(desk.service, rhian, "btp", report, "12 of 21/11")
        desk.clock.move(4000)
        unanswered.run_due(desk.service, desk.doorbell)
        escalation.escalate(desk.service, desk.doorbell)
        assert _breaches(desk) == []
        assert _told(desk) == []
        handling.release(desk.service, rhian, "btp", report)  # and given back the clock asks for the next contact again
        desk.clock.move(120)
        for _ in range(2):
            unanswered.run_due(desk.service, desk.doorbell)
        escalation.escalate(desk.service, desk.doorbell)
        assert _told(desk) == ["duty"]

    def test_danger_told_after_the_clock_has_said_all_alarms_anew(self, desk: Desk) -> None:
        person(desk, "rhian")
        desk.say(NOW)
        desk.clock.move(200)
        for _ in range(3):
            unanswered.run_due(desk.service, desk.doorbell)
        desk.say("he has a knife")
        desk.clock.move(60)
        assert unanswered.run_due(desk.service, desk.doorbell) == 1
        assert [kind for kind, _ in _breaches(desk)].count("alarm") == 2

    def test_danger_told_while_it_runs_waits_no_longer_for_that(self, desk: Desk) -> None:
        person(desk, "rhian")
        desk.say(NOW)
        desk.clock.move(50)
        desk.say("he has a knife")
        desk.clock.move(10)
        assert unanswered.run_due(desk.service, desk.doorbell) == 1

    def test_another_process_on_the_same_store_goes_on_where_the_first_was_killed(self, everywhere: Desk) -> None:
        desk = everywhere
        person(desk, "rhian")
        desk.say(NOW)
        desk.clock.move(60)
        unanswered.run_due(desk.service, desk.doorbell)
        again = replace(desk.service, clock=desk.clock)
        desk.clock.move(60)
        unanswered.run_due(again, desk.doorbell)
        desk.clock.move(60)
        unanswered.run_due(again, desk.doorbell)
        assert [kind for kind, _ in _breaches(desk)] == ["alarm", "supervisor", "reporter"]

    @pytest.mark.parametrize("jump", [-600.0, -86400.0 * 365])
    def test_f11_a_clock_that_jumps_back_silences_nothing(self, desk: Desk, jump: float) -> None:
        rhian = person(desk, "rhian")
        desk.say(NOW, sender="+447700900001")
        desk.say(KNIFE, sender="+447700900002")
        held = reports(desk)[0]
        handling.claim(desk.service, rhian, "btp", held)
        desk.clock.move(jump)
        jumps.mend(desk.service)
        unanswered.run_due(desk.service, desk.doorbell)
        desk.clock.move(180)
        for _ in range(3):
            unanswered.run_due(desk.service, desk.doorbell)
        kinds = [kind for kind, _ in _breaches(desk)]
        assert sorted(kinds) == ["alarm", "reporter", "supervisor", "word"]

    def test_f11_a_clock_that_leaps_ahead_texts_nobody_late(self, desk: Desk) -> None:
        person(desk, "rhian")
        desk.say(NOW)
        desk.clock.move(86400.0 * 400)
        jumps.mend(desk.service)
        for _ in range(4):
            unanswered.run_due(desk.service, desk.doorbell)
        send_due(desk.service)
        assert len(_breaches(desk)) == 3
        assert desk.channel.sent == []

    def test_where_nobody_works_at_the_desk_no_reporter_is_told_that_nobody_came(self, desk: Desk) -> None:
        desk.say(NOW)
        desk.clock.move(180)
        for _ in range(3):
            unanswered.run_due(desk.service, desk.doorbell)
        send_due(desk.service)
        assert desk.channel.sent == []
        assert alarms(desk) == []

    def test_r8_the_alarm_of_a_confidential_report_is_its_teams_alone(self, desk: Desk) -> None:
        person(desk, "rhian")
        person(desk, "eve", "confidential")
        desk.say(ABOUT_STAFF)
        desk.change("DELETE FROM desk_items WHERE audience = 'desk'")
        desk.clock.move(120)
        for _ in range(2):
            unanswered.run_due(desk.service, desk.doorbell)
        assert alarms(desk) == []
        assert len(alarms(desk, "confidential")) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_f3_the_honest_line_and_a_text_at_the_same_moment_wait_for_each_other_in_one_order(everywhere: Desk) -> None:
    """A text holds its conversation when the third step of its line is due: both are done, neither is broken off."""
    desk, write_rest = everywhere, turns._write_rest
    person(desk, "rhian")
    desk.say(NOW)
    for _ in range(2):
        desk.clock.move(60)
        unanswered.run_due(desk.service, desk.doorbell)
    desk.clock.move(60)
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    def with_the_clock_behind(tx: Transaction, prepared: turns.Prepared) -> list[int]:
        clock.start()
        until(lambda: desk.rows(waiting), what="the clock waits for the conversation")
        return write_rest(tx, prepared)

    taken: list[int] = []

    def run_clock() -> None:
        try:
            taken.append(unanswered.run_due(desk.service, desk.doorbell))
        finally:
            desk.service.database.close()

    clock = threading.Thread(target=run_clock)
    with mock.patch.object(turns, "_write_rest", with_the_clock_behind):
        desk.say("he has a knife")
    clock.join()
    assert desk.rows("SELECT state, count(*) FROM inbox GROUP BY state") == [("taken", 2)]
    assert len(taken) == 1
