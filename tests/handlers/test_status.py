"""The status: what waits and since when, the same for everybody who may know."""

from __future__ import annotations

import json

import pytest

from handlers import status
from handlers.records import heartbeats
from handlers.records.database import Database
from handlers.service import milliseconds
from handlers.status import CONFIDENTIAL, Status, as_document
from tests.fakes import Desk, FakeSink
from tests.handlers.waits import refused, report_in, report_waits, sink_refuses


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database, sinks=[FakeSink("room"), FakeSink("mail"), FakeSink("apart")])


def now(desk: Desk, audience: str = "desk") -> Status:
    return status.read(desk.service.database, desk.clock.now(), audience)


def test_nothing_waits_in_an_idle_installation(desk: Desk) -> None:
    idle = now(desk)

    assert (idle.sinks, idle.texts, idle.waiting, idle.oldest, idle.alarms) == ((), {}, 0, None, ())
    assert idle.silent_for == {"worker": None, "clock": None}


def test_each_sink_says_how_many_wait_and_for_how_long(desk: Desk) -> None:
    report_waits(desk)
    desk.clock.move(100)
    report_waits(desk, danger=True)
    refused(desk, report_waits(desk, "mail"))
    sink_refuses(desk)
    desk.clock.move(20)

    mail, room = now(desk).sinks

    assert (room.sink, room.waiting, room.oldest, room.danger, room.danger_oldest) == ("room", 2, 120.0, 1, 20.0)
    assert (room.paused_cause, room.paused_for, room.untouched) == ("http 401", 20.0, 120.0)
    assert (mail.waiting, mail.oldest, mail.parked, mail.parked_oldest) == (0, None, 1, 20.0)


def test_f12_texts_that_nobody_could_take_are_counted(desk: Desk) -> None:
    desk.say("to a number of nobody", recipient="99999")
    desk.clock.move(30)

    assert now(desk).texts == {"held": (1, 30.0)}


def test_f11_ages_are_never_negative_after_the_clock_went_back(desk: Desk) -> None:
    report_waits(desk)
    with desk.service.database.write() as tx:
        heartbeats.beat(tx, "worker", milliseconds(desk.clock.now()))
    desk.clock.move(-3600)

    assert now(desk).oldest == 0.0
    assert now(desk).silent_for["worker"] == 3600.0, "a beat from the future is no sign of life"


def test_r8_p5_confidential_reports_change_no_byte_of_the_desks_status(desk: Desk) -> None:
    report_waits(desk, danger=True)
    before = json.dumps(as_document(now(desk)))

    for number in range(50):
        refused(desk, report_waits(desk, "apart", audience=CONFIDENTIAL, danger=number % 2 == 0))
    report_waits(desk, "apart", audience=CONFIDENTIAL)
    report_in(desk, "nowhere", audience=CONFIDENTIAL)
    sink_refuses(desk, "apart")

    assert json.dumps(as_document(now(desk))) == before
    theirs = now(desk, CONFIDENTIAL)
    assert [(sink.sink, sink.waiting, sink.parked) for sink in theirs.sinks] == [("apart", 1, 50)]
    assert theirs.nowhere == {"btp": (1, 0.0)}


def test_what_the_synthetic_reporter_made_counts_nowhere(desk: Desk) -> None:
    report_waits(desk, "synthetic", organisation="synthetic.btp")

    assert now(desk).sinks == ()
    assert desk.documents() == []
