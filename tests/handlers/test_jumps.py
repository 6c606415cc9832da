"""The clock goes hours back or years ahead (F11): nothing is stuck, late by the jump, or gone for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers import jumps, retaking, retention, spooling, timers
from handlers.erasure import ErasureList
from handlers.ports import Retryable
from handlers.records.database import Database
from handlers.retention import Policy
from handlers.service import milliseconds
from handlers.sweep import sweep
from tests.fakes import Desk
from tests.handlers.spooled import Site, read_only
from tests.handlers.waits import report_waits

HOUR = 3600.0
YEAR = 365 * 24 * HOUR


@pytest.fixture
def desk(database: Database) -> Desk:
    built = Desk.build(database)
    jumps.mend(built.service)
    return built


def due_in(desk: Desk, table: str = "outbox") -> float:
    [(at,)] = desk.rows(f"SELECT due_at FROM {table}")  # noqa: S608
    return float(at) / 1000 - desk.clock.now()


@pytest.mark.parametrize("back", [-70.0, -600.0, -2 * HOUR, -YEAR])
@pytest.mark.parametrize(
    "state", ["state='due', attempts=0", "state='due', attempts=9, cause='http 500'", "state='leased', attempts=1"]
)
def test_f11_a_report_is_not_late_by_what_the_clock_went_back(desk: Desk, back: float, state: str) -> None:
    report_waits(desk)
    at = milliseconds(desk.clock.now() + 45)
    desk.change(f"UPDATE outbox SET {state}, due_at={at}")  # noqa: S608
    jumps.mend(desk.service)
    desk.clock.move(back)
    jumps.mend(desk.service)
    assert due_in(desk) <= 0


def test_f8_f9_without_a_jump_a_try_is_not_brought_forward(desk: Desk) -> None:
    report_waits(desk)
    for pause in (5, 900, 3600):
        at = milliseconds(desk.clock.now() + pause)
        desk.change(f"UPDATE outbox SET state='due', attempts=3, due_at={at}")  # noqa: S608
        desk.clock.move(1)
        jumps.mend(desk.service)
        assert due_in(desk) == pytest.approx(pause - 1)


def test_f11_a_live_lease_is_left_alone_by_clocks_that_differ_a_little(desk: Desk) -> None:
    report_waits(desk)
    at = milliseconds(desk.clock.now() + 30)
    desk.change(f"UPDATE outbox SET state='leased', owner='here', attempts=1, due_at={at}")  # noqa: S608
    desk.clock.move(-40)
    jumps.mend(desk.service)
    assert desk.rows("SELECT state, owner FROM outbox") == [("leased", "here")]


@pytest.mark.parametrize("back", [-300.0, -2 * HOUR, -20 * HOUR])
def test_f11_rule_12_silence_is_heard_in_its_time_after_a_jump_back(desk: Desk, back: float) -> None:
    desk.say("he keeps following me")
    jumps.mend(desk.service)
    desk.clock.move(back)
    sweep(desk.service, desk.doorbell, lambda _: None)
    desk.clock.move(121)
    sweep(desk.service, desk.doorbell, lambda _: None)
    assert [report["kind"] for report in desk.documents()] == ["unfinished"]


def test_f11_jumps_back_while_texts_wait_in_the_spool_delay_none_of_them(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.say("a man followed me off the 18:05 to Brighton")
    sweep(site.desk.service, site.desk.doorbell, lambda _: None, site.spool)
    site.desk.clock.move(-2 * HOUR)
    sweep(site.desk.service, site.desk.doorbell, lambda _: None, site.spool)
    with read_only(site.database):
        site.say("i cannot stop thinking of it")
    site.desk.clock.move(-2 * HOUR)
    for _ in range(3):
        sweep(site.desk.service, site.desk.doorbell, lambda _: None, site.spool)
        site.desk.clock.move(121)
    [report] = site.desk.documents()
    assert [entry["text"] for entry in report["account"]] == [
        "a man followed me off the 18:05 to Brighton",
        "i cannot stop thinking of it",
    ]


def test_f7_r3_what_a_late_text_adds_goes_forward_though_nothing_else_is_awaited(tmp_path: Path) -> None:
    """Held text of the spool, after the silence was heard: no question waits, the words must not either."""
    site = Site(tmp_path)
    site.say("he keeps following me")
    site.desk.clock.move(2 * HOUR)
    timers.run_due(site.desk.service, site.desk.doorbell)
    with read_only(site.database):
        site.say("i cannot stop thinking of it")
    site.desk.clock.move(HOUR)
    spooling.replay(site.desk.service, site.spool, site.desk.doorbell)
    timers.run_due(site.desk.service, site.desk.doorbell)
    [report] = site.desk.documents()
    assert [entry["text"] for entry in report["account"]] == ["he keeps following me", "i cannot stop thinking of it"]


def test_f7_what_a_late_text_adds_goes_forward_with_the_end_of_its_conversation(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.say("he keeps following me")
    site.desk.clock.move(24 * HOUR - 20)
    timers.run_due(site.desk.service, site.desk.doorbell)
    with read_only(site.database):
        site.say("i cannot stop thinking of it")
    site.desk.clock.move(HOUR)
    retaking.retake_due(site.desk.service, site.desk.doorbell)
    sweep(site.desk.service, site.desk.doorbell, lambda _: None, site.spool)
    said = [entry["text"] for report in site.desk.documents() for entry in report["account"]]
    assert said == ["he keeps following me", "i cannot stop thinking of it"]


def test_f11_r22_a_leap_of_years_erases_nothing_for_a_day(desk: Desk, tmp_path: Path) -> None:
    report_waits(desk)
    at = milliseconds(desk.clock.now())
    desk.change(f"UPDATE outbox SET state='delivered', delivered_at={at}")  # noqa: S608
    listed = ErasureList(tmp_path / "erased.txt")
    desk.clock.move(10 * YEAR)
    jumps.mend(desk.service)
    assert retention.run(desk.service, listed, Policy()) == 0
    desk.clock.move(23 * HOUR)
    jumps.mend(desk.service)
    assert retention.run(desk.service, listed, Policy()) == 0
    desk.clock.move(2 * HOUR)
    assert retention.run(desk.service, listed, Policy()) == 1, "the clock was right: it is only a day late"


def test_f11_a_leap_that_was_taken_back_leaves_erasure_as_it_was(desk: Desk, tmp_path: Path) -> None:
    report_waits(desk)
    at = milliseconds(desk.clock.now())
    desk.change(f"UPDATE outbox SET state='delivered', delivered_at={at}")  # noqa: S608
    for leap in (YEAR, -YEAR, 31 * 24 * HOUR):
        desk.clock.move(leap)
        jumps.mend(desk.service)
    listed = ErasureList(tmp_path / "erased.txt")
    assert retention.run(desk.service, listed, Policy()) == 0
    desk.clock.move(25 * HOUR)
    assert retention.run(desk.service, listed, Policy()) == 1


def test_f9_a_room_that_named_a_time_is_asked_again_after_a_jump_back(desk: Desk) -> None:
    def busy(_: object) -> None:
        raise Retryable("http 503", 3600.0)

    desk.sinks["room"].behave = busy
    report_waits(desk)
    at = milliseconds(desk.clock.now() + 3600)
    desk.change(f"UPDATE outbox SET state='due', attempts=1, cause='http 503', due_at={at}")  # noqa: S608
    desk.clock.move(-600)
    jumps.mend(desk.service)
    assert due_in(desk) <= 0
