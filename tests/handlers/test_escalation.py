"""Nobody answers: the next contact is told, in order, once, whatever fails meanwhile."""

from __future__ import annotations

import logging

import pytest
from msgspec.structs import replace

from handlers.acknowledgements import Answer, acknowledge
from handlers.escalation import escalate
from handlers.records import escalations
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation

LIMIT = 300
TEXT = "a man is staring at me on the 18:05 Victoria to Brighton"
DANGER = "he has a knife help me, 18:05 victoria to brighton"


@pytest.fixture
def desk(database: Database) -> Desk:
    """A force that must answer within five minutes; then the duty desk is told, then its manager."""
    asked = replace(
        organisation(),
        confidential=("police",),
        confidential_sinks=("team",),
        acknowledge_within=LIMIT,
        contacts=("duty", "manager"),
        confidential_contacts=("lead",),
    )
    sinks = [FakeSink(name) for name in ("room", "duty", "manager", "team", "lead")]
    return Desk.build(database, sinks=sinks, organisations=[asked])


def told(desk: Desk) -> list[str]:
    """Which contacts have an outbox row, in the order of the rows."""
    return [row[0] for row in desk.rows("SELECT sink FROM outbox WHERE sink NOT IN ('room', 'team') ORDER BY id")]


def after(desk: Desk, seconds: float) -> list[str]:
    desk.clock.move(seconds)
    escalate(desk.service, desk.doorbell)
    return told(desk)


def report(desk: Desk) -> str:
    return str(desk.rows("SELECT id FROM reports WHERE revision > 0 ORDER BY created_at")[0][0])


def answer(desk: Desk, status: str, reason: str | None = None, sink: str = "room") -> None:
    acknowledge(desk.service, [sink], report(desk), f"{status}-{desk.clock.at}", Answer(status, reason))


def test_contacts_are_told_one_after_another_each_once(desk: Desk) -> None:
    desk.say(TEXT)
    assert after(desk, 0) == []
    assert after(desk, LIMIT - 1) == []
    assert after(desk, 1) == ["duty"]
    assert after(desk, 0) == after(desk, LIMIT - 1) == ["duty"]
    assert after(desk, 1) == ["duty", "manager"]
    assert after(desk, 10 * LIMIT) == ["duty", "manager"]


def test_the_doorbell_rings_for_the_contact(desk: Desk) -> None:
    desk.say(TEXT)
    after(desk, 0)
    desk.doorbell.rung.clear()
    after(desk, LIMIT)
    assert desk.doorbell.rung == [row[0] for row in desk.rows("SELECT id FROM outbox WHERE sink = 'duty'")]


@pytest.mark.parametrize("status", ["accepted", "completed"])
def test_an_answer_in_time_ends_it(desk: Desk, status: str) -> None:
    desk.say(TEXT)
    answer(desk, status, "attended" if status == "completed" else None)
    assert after(desk, 10 * LIMIT) == []


def test_a_contact_may_answer_too(desk: Desk) -> None:
    desk.say(TEXT)
    after(desk, 0)
    assert after(desk, LIMIT) == ["duty"]
    answer(desk, "accepted", sink="duty")
    assert after(desk, 10 * LIMIT) == ["duty"]


def test_a_rejection_tells_the_next_contact_at_once(desk: Desk) -> None:
    desk.say(TEXT)
    after(desk, 0)
    answer(desk, "rejected", "not_ours")
    assert after(desk, 0) == ["duty"]


def test_a_duplicate_needs_nobody_else(desk: Desk) -> None:
    desk.say(TEXT)
    answer(desk, "rejected", "duplicate")
    assert after(desk, 10 * LIMIT) == []


def test_a_contact_that_was_told_gets_what_comes_after(desk: Desk) -> None:
    desk.say(TEXT)
    after(desk, 0)
    after(desk, LIMIT)
    before = desk.rows("SELECT revision FROM reports")[0][0]
    desk.say("he moved to coach 5, blue jacket")
    desk.say(DANGER)
    newest = desk.rows("SELECT revision FROM reports")[0][0]
    assert newest > before, "the story needs a newer revision"
    after(desk, 0)
    after(desk, 0)
    got = [row[0] for row in desk.rows("SELECT revision FROM outbox WHERE sink = 'duty'")]
    assert got.count(newest) == 1


def test_danger_is_told_first(desk: Desk) -> None:
    for number in range(60):
        desk.say(TEXT, sender=f"+4477009001{number:02}")
    desk.clock.move(1)
    desk.say(DANGER, sender="+447700900199")
    after(desk, 0)
    after(desk, LIMIT)
    first = desk.rows("SELECT priority FROM outbox WHERE sink = 'duty' ORDER BY id LIMIT 1")
    assert first == [(0,)]
    assert told(desk).count("duty") == 61


def test_a_test_is_never_escalated(desk: Desk) -> None:
    desk.channel.report_status = "test"
    desk.say(TEXT)
    assert after(desk, 10 * LIMIT) == []


def test_a_confidential_report_goes_to_its_own_contacts_and_no_log_r8(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.say(TEXT)
    desk.change("UPDATE reports SET audience = 'confidential'")
    after(desk, 0)
    assert after(desk, LIMIT) == ["lead"]
    assert after(desk, LIMIT) == ["lead"]
    assert caplog.text == ""


def test_what_was_moved_into_confidential_is_over_under_its_old_name_r9(desk: Desk) -> None:
    desk.say(TEXT)
    after(desk, 0)
    desk.change("UPDATE reports SET kind = 'moved'")
    assert after(desk, 10 * LIMIT) == []


def test_two_clocks_at_once_tell_once_f6(desk: Desk) -> None:
    """The second finds the step taken."""
    desk.say(TEXT)
    after(desk, 0)
    desk.clock.move(LIMIT)
    with desk.service.database.read() as tx:
        (row,) = escalations.due(tx, 2**52, 10) if desk.service.database.is_sqlite else [None]
    escalate(desk.service, desk.doorbell)
    if row is not None:
        with desk.service.database.write() as tx:
            assert not escalations.move(tx, row, step=1, due_at=0)
    assert told(desk) == ["duty"]


def test_a_kill_between_two_steps_loses_none(desk: Desk) -> None:
    """A doorbell that raises is a process that dies after the commit."""
    desk.say(TEXT)
    after(desk, 0)

    class Dies(Exception):
        pass

    class Bell:
        def ring(self, outbox_ids: object) -> bool:
            raise Dies

    desk.clock.move(LIMIT)
    with pytest.raises(Dies):
        escalate(desk.service, Bell())
    assert after(desk, 0) == ["duty"]


def test_a_clock_that_jumps_back_waits_no_longer_than_it_may_f11(desk: Desk) -> None:
    desk.clock.move(400 * 86400)
    desk.say(TEXT)
    after(desk, 0)
    desk.clock.move(-400 * 86400)
    after(desk, 0)
    assert after(desk, LIMIT) == ["duty"]


def test_a_force_that_asks_for_nothing_is_left_alone(database: Database) -> None:
    desk = Desk.build(database)
    desk.say(TEXT)
    assert after(desk, 10 * LIMIT) == []
    assert desk.rows("SELECT * FROM escalations") == []
