"""Texts whose turn failed: taken again by the clock, once, and kept whatever happens."""

from __future__ import annotations

import pytest

from conversations.flow import Flow
from handlers import jumps, outbound, retaking
from handlers.records.database import Database
from handlers.sweep import sweep
from tests.fakes import Desk
from tests.handlers.test_inbound import WHERE, BrokenSink


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def test_f1_a_text_that_was_taken_again_keeps_the_answer_it_got(database: Database) -> None:
    sink = BrokenSink()
    desk = Desk.build(database, sinks=[sink])
    desk.say("hello")
    text = desk.text(WHERE)
    first = desk.hand_over(text)
    sink.broken = False
    desk.clock.move(5)
    retaking.retake_due(desk.service, desk.doorbell)
    assert desk.rows("SELECT state FROM inbox ORDER BY id") == [("taken",), ("taken",)]
    assert desk.hand_over(text) == first is not None


def test_f11_a_failed_turn_is_not_stuck_when_the_clock_jumps_back(database: Database) -> None:
    sink = BrokenSink()
    desk = Desk.build(database, sinks=[sink])
    desk.clock.move(10 * 365 * 86400)
    desk.say("hello")
    desk.say(WHERE)
    desk.clock.move(-10 * 365 * 86400)
    sink.broken = False
    jumps.mend(desk.service)
    retaking.retake_due(desk.service, desk.doorbell)
    outbound.send_due(desk.service)
    assert desk.rows("SELECT state FROM inbox ORDER BY id") == [("taken",), ("taken",)]
    assert desk.channel.sent == [], "nobody knows how old the text is"


def test_f12_a_turn_that_fails_only_when_it_is_written_is_taken_again(desk: Desk) -> None:
    text = desk.text("he keeps following me")
    desk.change("ALTER TABLE reports RENAME COLUMN status TO gone")
    neutral = desk.hand_over(text)
    assert "shortly" in (neutral or "")
    assert desk.hand_over(text) == neutral
    desk.change("ALTER TABLE reports RENAME COLUMN gone TO status")
    desk.service.database.close()
    desk.clock.move(5)
    retaking.retake_due(desk.service, desk.doorbell)
    assert desk.rows("SELECT state FROM inbox") == [("taken",)]
    assert desk.hand_over(text) == neutral


def test_f12_a_text_is_kept_even_where_the_flow_is_gone(database: Database) -> None:
    class Flows:
        def current(self, slug: str) -> Flow:
            raise LookupError(slug)

        def pinned(self, slug: str, version: int, digest: str) -> Flow | None:
            return None

    desk = Desk.build(database, flows=Flows())
    assert desk.say("hello") is None
    assert desk.rows("SELECT state FROM inbox") == [("due",)]


def test_r20_the_number_of_a_held_text_goes_after_a_day(desk: Desk) -> None:
    desk.say("hello", recipient="99999")
    desk.clock.move(24 * 3600 - 1)
    sweep(desk.service, desk.doorbell, lambda ids: None)
    assert desk.rows("SELECT count(*) FROM inbox WHERE sender IS NOT NULL") == [(1,)]
    desk.clock.move(1)
    sweep(desk.service, desk.doorbell, lambda ids: None)
    assert desk.rows("SELECT state, sender FROM inbox") == [("held", None)]
