"""Forwarding: every finished report reaches its control room, once by its id, whatever happens on the way."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator

import pytest

from handlers import jumps
from handlers.forwarding import IN_FLIGHT, Forwarder, Lane, pause_before
from handlers.ports import Delivery, DeliveryError, Parked, Retryable, SinkPaused
from handlers.records.database import Database
from handlers.sweep import ring_due
from tests.fakes import Desk, FakeSink
from tests.waiting import until

Behaviour = Callable[[Delivery], None]


def refuse(error: DeliveryError) -> Behaviour:
    def behave(_: Delivery) -> None:
        raise error

    return behave


def hang_until(release: threading.Event) -> Behaviour:
    def behave(_: Delivery) -> None:
        release.wait(30)

    return behave


class Room:
    """A desk with running forwarders that are rung by hand."""

    def __init__(self, database: Database, *sinks: FakeSink) -> None:
        self.desk = Desk.build(database, sinks=sinks or (FakeSink(),))
        self.sink = next(iter(self.desk.sinks.values()))
        self.forwarders: list[Forwarder] = []

    def forwarder(self) -> Forwarder:
        started = Forwarder(self.desk.service, sweeps=False)
        started.start()
        self.forwarders.append(started)
        return started

    def reports(self, count: int) -> None:
        """So many first places, each of another phone: one outbox row for each sink."""
        for number in range(count):
            sender = f"+447700900{number % 1000:03d}"
            self.desk.say("hello", sender=sender, medium=f"m{number // 1000}") if number >= 1000 else self.desk.say(
                "hello", sender=sender
            )
            self.desk.say("hove", sender=sender)

    def states(self) -> dict[str, int]:
        return dict(self.desk.rows("SELECT state, count(*) FROM outbox GROUP BY state"))

    def due_in(self) -> float:
        """Seconds until the only waiting row is due."""
        [(due_at,)] = self.desk.rows("SELECT due_at FROM outbox WHERE state = 'due'")
        return float(due_at / 1000 - self.desk.clock.at)

    def has_failed(self, count: int = 1) -> bool:
        """Whether so many rows wait for another try."""
        return self.desk.rows("SELECT count(*) FROM outbox WHERE state='due' AND cause IS NOT NULL") == [(count,)]

    def stop(self) -> None:
        for forwarder in self.forwarders:
            forwarder.stop(5)


@pytest.fixture
def room(database: Database) -> Iterator[Room]:
    made = Room(database)
    yield made
    made.stop()


def test_a_report_is_delivered_and_marked(room: Room) -> None:
    room.reports(1)
    room.forwarder().ring()
    until(lambda: room.states() == {"delivered": 1})
    [delivery] = room.sink.got
    assert delivery.idempotency_key == f"{delivery.report_id}:1"
    assert delivery.kind == "started"
    assert b"hove" in delivery.document


def test_at_least_eight_sends_are_in_flight(room: Room) -> None:
    gate, together = threading.Event(), threading.Barrier(8)

    def behave(_: Delivery) -> None:
        if not gate.is_set():
            together.wait(20)
            gate.set()

    room.sink.behave = behave
    room.reports(8)
    room.forwarder().ring()
    until(lambda: len(room.sink.got) == 8)


def test_two_forwarders_share_the_work_and_send_nothing_twice(room: Room) -> None:
    room.reports(60)
    first, second = room.forwarder(), room.forwarder()
    first.ring()
    second.ring()
    until(lambda: room.states() == {"delivered": 60})
    assert len({delivery.idempotency_key for delivery in room.sink.got}) == len(room.sink.got) == 60


def test_danger_goes_first(room: Room) -> None:
    room.reports(IN_FLIGHT + 4)
    room.desk.say("HELP", sender="+447700900999")
    room.forwarder().ring()
    until(lambda: "due" not in room.states() and "leased" not in room.states())
    kinds = [delivery.kind for delivery in room.sink.got]
    assert kinds.index("alert") < IN_FLIGHT, "it was in the first claim though it came last"


def test_one_sink_that_hangs_holds_up_no_other(database: Database) -> None:
    release = threading.Event()
    hanging = FakeSink("hanging", behave=hang_until(release))
    room = Room(database, hanging, FakeSink("healthy"))
    room.reports(IN_FLIGHT * 2)
    room.forwarder().ring()
    healthy = room.desk.sinks["healthy"]
    until(lambda: len(healthy.got) == IN_FLIGHT * 2)
    assert hanging.got == []
    release.set()
    until(lambda: len(hanging.got) == IN_FLIGHT * 2)
    room.stop()


def test_f8_the_pauses_between_tries() -> None:
    pauses = [pause_before(attempt, 0.0) for attempt in range(1, 20)]
    assert pauses == [5, 30, 120] + [300] * 12 + [900] * 4
    assert pause_before(1_000_000, 0.0) == 900, "for ever"
    assert 270 <= pause_before(9, 1.0) < 300, "spread by a tenth"


def test_f8_a_sink_that_is_down_is_tried_again_and_gets_it(room: Room) -> None:
    room.sink.behave = refuse(Retryable("http 503"))
    room.reports(1)
    forwarder = room.forwarder()
    forwarder.ring()
    until(room.has_failed)
    assert 4.4 <= room.due_in() <= 5.1
    assert room.desk.rows("SELECT cause, attempts FROM outbox") == [("http 503", 1)]
    room.sink.behave = lambda _: None
    room.desk.clock.move(5)
    forwarder.ring()
    until(lambda: room.states() == {"delivered": 1})
    assert room.sink.tried == 2


def test_f9_retry_after_is_obeyed_up_to_an_hour(room: Room) -> None:
    room.sink.behave = refuse(Retryable("http 429", retry_after=7200))
    room.reports(1)
    room.forwarder().ring()
    until(room.has_failed)
    assert room.due_in() == pytest.approx(3600, abs=2)


def test_f9_a_refused_report_is_parked_and_the_others_go_on(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    bad: list[str] = []

    def behave(delivery: Delivery) -> None:
        with room.sink.lock:
            if not bad:
                bad.append(delivery.report_id)
        if delivery.report_id == bad[0]:
            raise Parked("http 422")

    room.sink.behave = behave
    room.reports(30)
    room.forwarder().ring()
    until(lambda: room.states() == {"delivered": 29, "parked": 1})
    assert "parked" in caplog.text


def test_f9_a_shut_sink_is_paused_probed_each_minute_and_keeps_everything(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.sink.behave = refuse(SinkPaused("http 401"))
    room.reports(1)
    forwarder = room.forwarder()
    forwarder.ring()
    until(lambda: room.desk.rows("SELECT cause FROM sink_states") == [("http 401",)])
    until(lambda: room.states() == {"due": 1})
    assert [record.levelno for record in caplog.records if "paused" in record.message] == [logging.ERROR]
    tried = room.sink.tried
    room.reports(3)
    forwarder.ring()
    room.desk.clock.move(61)
    forwarder.ring()
    until(lambda: room.sink.tried == tried + 1, what="one probe a minute")
    room.sink.behave = lambda _: None
    until(lambda: "leased" not in room.states())
    room.desk.clock.move(61)
    forwarder.ring()
    until(lambda: room.desk.rows("SELECT sink FROM sink_states") == [])
    forwarder.ring()
    until(lambda: set(room.states()) <= {"delivered", "replaced"})


def test_p3_after_72_hours_away_everything_goes_at_once(room: Room) -> None:
    room.sink.behave = refuse(Retryable("connection refused"))
    room.reports(40)
    forwarder = room.forwarder()
    for _ in range(24):
        tried = room.sink.tried
        room.desk.clock.move(3 * 3600)
        forwarder.ring()
        until(lambda before=tried: room.sink.tried >= before + 40)  # type: ignore[misc]
        until(lambda: room.has_failed(40))
    assert room.desk.rows("SELECT min(attempts) FROM outbox")[0][0] >= 24
    room.sink.behave = lambda _: None
    room.desk.clock.move(900)
    forwarder.ring()
    until(lambda: room.states() == {"delivered": 40})
    assert len({delivery.report_id for delivery in room.sink.got}) == 40


def test_f5_f10_a_lease_that_ran_out_is_sent_again_with_the_same_key(room: Room) -> None:
    """A forwarder dies after the sink has taken the report: its row stays leased to nobody."""
    room.reports(1)
    now = int(room.desk.clock.at * 1000)
    room.desk.change(f"UPDATE outbox SET state='leased', owner='dead', attempts=1, due_at={now + 30_000}")  # noqa: S608
    room.desk.clock.move(29)
    room.desk.say("hello", sender="+447700900900")
    room.desk.say("hove", sender="+447700900900")
    forwarder = room.forwarder()
    forwarder.ring()
    until(lambda: room.states() == {"leased": 1, "delivered": 1})
    assert room.sink.tried == 1, "the other report, claimed in the same breath, went and this one did not"
    room.desk.clock.move(2)
    forwarder.ring()
    until(lambda: room.states() == {"delivered": 2})
    assert room.sink.got[1].idempotency_key.endswith(":1")


def test_f18_stopping_hands_the_leases_back(database: Database) -> None:
    release = threading.Event()
    room = Room(database, FakeSink(behave=hang_until(release)))
    room.reports(3)
    forwarder = room.forwarder()
    forwarder.ring()
    until(lambda: room.states() == {"leased": 3})
    forwarder.stop(0.1)
    assert room.states() == {"due": 3}
    release.set()


def test_a_fault_in_a_sink_loses_nothing(room: Room) -> None:
    def explode(_: Delivery) -> None:
        raise ZeroDivisionError("+447700900001 said hove")

    room.sink.behave = explode
    room.reports(1)
    room.forwarder().ring()
    until(room.has_failed)
    assert room.desk.rows("SELECT cause FROM outbox") == [("ZeroDivisionError",)]


def test_a_newer_revision_goes_in_place_of_one_that_waits_but_never_of_an_alert(room: Room) -> None:
    for body in ("HELP", "hove", "1805 to brighton", "he sat down"):
        room.desk.say(body)
    rows = room.desk.rows("SELECT kind, state FROM outbox ORDER BY id")
    assert rows[0] == ("alert", "due")
    assert [state for _, state in rows[1:]] == ["replaced"] * (len(rows) - 2) + ["due"]


def test_a_sink_gets_only_the_kinds_that_it_wants(database: Database) -> None:
    room = Room(database, FakeSink("mail", skips=frozenset({"started", "updated"})), FakeSink("room"))
    for body in ("hello", "hove", "1805 to brighton", "he sat down"):
        room.desk.say(body)
    assert room.desk.rows("SELECT kind FROM outbox WHERE sink='mail'") == [("complete",)]


def test_a_look_sees_what_others_write_and_what_only_time_makes_due(room: Room) -> None:
    """On SQLite it searches only where somebody has written; a row that was there must come due all the same."""
    lane = Lane(room.desk.service, room.sink, sweeps=False)
    lane._stirred = math.inf
    assert not lane._has_come()

    room.reports(1)
    assert lane._has_come()

    room.desk.change("UPDATE outbox SET due_at = due_at + 30000")
    assert not lane._has_come()

    room.desk.clock.move(31)
    assert lane._has_come()


class TestSweep:
    def test_f6_where_the_bell_is_not_heard_the_clock_delivers_itself(self, room: Room) -> None:
        room.reports(1)
        room.desk.doorbell.heard = False
        here: list[int] = []
        ring_due(room.desk.service, room.desk.doorbell, here.extend)
        assert len(here) == 1

    def test_f6_what_is_rung_and_not_taken_for_20_s_is_delivered_by_the_clock(self, room: Room) -> None:
        room.reports(1)
        here: list[int] = []
        ring_due(room.desk.service, room.desk.doorbell, here.extend)
        assert here == []
        room.desk.clock.move(21)
        ring_due(room.desk.service, room.desk.doorbell, here.extend)
        assert len(here) == 1

    def test_f11_due_times_that_a_clock_jump_left_far_ahead_come_back(self, room: Room) -> None:
        room.desk.clock.move(10 * 365 * 86400)
        room.reports(1)
        room.desk.clock.move(-10 * 365 * 86400)
        jumps.mend(room.desk.service)
        assert room.due_in() == pytest.approx(0, abs=1)
        room.forwarder().ring()
        until(lambda: room.states() == {"delivered": 1})
