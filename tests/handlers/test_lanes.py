"""Lanes in trouble: keys that are not here yet, sinks that name a time, clocks that jump, a stop while all hang."""

from __future__ import annotations

import base64
import json
import secrets
import threading

import psycopg
import pytest

from gateway.secrets import new_key_ring
from handlers import forwarding, jumps
from handlers.forwarding import Forwarder
from handlers.ports import Delivery, Retryable
from handlers.records import outbox
from handlers.records.database import Database, StoreError
from handlers.vault import KeyRing
from tests.fakes import Desk, FakeSink
from tests.handlers.test_forwarding import Room, refuse
from tests.postgres import Server
from tests.waiting import Watch, until


def test_no_more_is_claimed_than_asked_whatever_the_planner_does(database: Database) -> None:
    room = Room(database)
    room.reports(12)
    with database.write() as tx:
        if not database.is_sqlite:
            for name in ("hashjoin", "hashagg", "mergejoin", "material", "sort", "indexscan", "bitmapscan"):
                tx._cursor.execute(f"SET LOCAL enable_{name} = off")
        claimed = outbox.claim(tx, "room", now=int(room.desk.clock.at * 1000), lease_until=2**50, owner="me", most=3)
    assert len(claimed) == 3


def test_f14_what_is_sealed_under_a_key_that_is_not_here_yet_waits_for_it(database: Database) -> None:
    room = Room(database)
    before, after = new_key_ring(), new_key_ring()
    after["content"]["keys"] = {"newer": base64.b64encode(secrets.token_bytes(32)).decode()}
    after["content"]["current"] = "newer"
    room.desk = Desk.build(database, ring=KeyRing.from_json(json.dumps(after)))
    room.reports(1)
    behind = Desk.build(database, ring=KeyRing.from_json(json.dumps(before)))
    old = Forwarder(behind.service, sweeps=False)
    old.start()
    old.ring()
    until(lambda: room.desk.rows("SELECT cause FROM outbox WHERE cause IS NOT NULL"))
    old.stop(5)
    assert room.states() == {"due": 1}
    room.desk.clock.move(5)
    room.forwarder().ring()
    until(lambda: room.states() == {"delivered": 1}, 5)
    room.stop()


def test_after_a_bell_what_comes_next_needs_none(database: Database) -> None:
    room = Room(database)
    forwarder = room.forwarder()
    room.reports(1)
    forwarder.ring()
    until(lambda: room.states() == {"delivered": 1})
    forwarder.ring()
    for body in ("hello", "hove"):
        room.desk.say(body, sender="+447700900001")
    until(lambda: room.states() == {"delivered": 2}, 5)
    assert forwarder.quiet_seconds() < 10
    room.stop()


def test_f18_lanes_stop_side_by_side(database: Database) -> None:
    release = threading.Event()

    def hang(_: Delivery) -> None:
        release.wait(30)

    room = Room(database, FakeSink("a", behave=hang), FakeSink("b", behave=hang), FakeSink("c", behave=hang))
    room.reports(1)
    forwarder = room.forwarder()
    forwarder.ring()
    until(lambda: room.states() == {"leased": 3})
    watch = Watch()
    forwarder.stop(1.0)
    took = watch.seconds
    assert room.states() == {"due": 3}
    release.set()
    assert took < 2.0


def test_f9_a_sink_that_named_a_time_is_not_called_before_it_though_it_takes_others(database: Database) -> None:
    slow: set[str] = set()

    def behave(delivery: Delivery) -> None:
        if delivery.report_id in slow:
            raise Retryable("http 429", retry_after=600)

    room = Room(database, FakeSink(behave=behave))
    room.reports(4)
    slow.update(report for (report,) in room.desk.rows("SELECT report_id FROM outbox"))
    forwarder = room.forwarder()
    forwarder.ring()
    until(lambda: room.has_failed(4))
    room.desk.say("he keeps following me", sender="+447700900900")
    room.desk.say("hove", sender="+447700900900")
    forwarder.ring()
    until(lambda: room.states() == {"delivered": 1, "due": 4})
    waiting = room.desk.rows("SELECT due_at FROM outbox WHERE state = 'due'")
    assert all(due_at / 1000 > room.desk.clock.at + 590 for (due_at,) in waiting)
    assert room.sink.tried == 5
    room.stop()


def test_p3_a_sink_that_was_away_is_known_by_a_new_forwarder_too(database: Database) -> None:
    room = Room(database)
    room.reports(5)
    now = int(room.desk.clock.at * 1000)
    room.desk.change(f"UPDATE outbox SET attempts=200, cause='connection refused', due_at={now + 880_000}")  # noqa: S608
    room.desk.change("UPDATE outbox SET due_at=0 WHERE id=(SELECT min(id) FROM outbox)")
    room.forwarder().ring()
    until(lambda: room.states() == {"delivered": 5}, 5)
    room.stop()


def test_a_wait_that_is_no_number_does_not_end_the_lane(database: Database) -> None:
    room = Room(database)
    room.sink.behave = refuse(Retryable("http 503", retry_after=float("nan")))
    room.reports(1)
    forwarder = room.forwarder()
    forwarder.ring()
    until(room.has_failed)
    room.sink.behave = lambda _: None
    room.desk.clock.move(3700)
    forwarder.ring()
    until(lambda: room.desk.rows("SELECT state FROM outbox") == [("delivered",)], 8)
    room.stop()


def test_f11_what_was_never_tried_or_is_leased_is_due_at_once_after_a_jump_back(database: Database) -> None:
    room = Room(database)
    room.desk.clock.move(3000)
    room.reports(2)
    room.desk.change("UPDATE outbox SET state='leased', owner='dead', attempts=1 WHERE id=(SELECT min(id) FROM outbox)")
    room.desk.clock.move(-3000)
    jumps.mend(room.desk.service)
    room.forwarder().ring()
    until(lambda: room.states() == {"delivered": 2}, 5)
    room.stop()


def test_f7_a_lane_goes_on_after_postgresql_has_hung_up(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "AWAY_SECONDS", 0.05)
    url = postgres.create_prepared(f"hung_{secrets.token_hex(6)}")
    database = Database(url)
    room, hung_up = Room(database), threading.Event()
    room.sink.behave = lambda _: _hang_up(url) or hung_up.set()
    room.reports(1)
    room.forwarder().ring()
    until(hung_up.is_set)
    until(lambda: room.states() == {"delivered": 1})
    assert room.sink.tried == 1
    room.stop()
    database.close()


def _hang_up(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                      " AND pid <> pg_backend_pid()")  # fmt: skip


def test_f7_a_send_that_ends_while_the_store_is_away_is_noted_later_and_the_lane_asks_with_pauses(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "AWAY_SECONDS", 0.05)
    room, found = Room(database), outbox.paused
    room.sink.behave = lambda _: monkeypatch.setattr(outbox, "paused", _away)
    room.reports(1)
    forwarder = Forwarder(room.desk.service)
    forwarder.start()
    until(lambda: "OperationalError" in caplog.text)
    forwarder.stop(0.5)
    assert 1 <= caplog.text.count("lane room") <= 15
    monkeypatch.setattr(outbox, "paused", found)
    until(lambda: room.states() == {"delivered": 1})
    assert room.sink.tried == 1


def _away(_: object) -> None:
    raise StoreError("OperationalError")


def test_p2_danger_is_at_a_healthy_sink_within_two_seconds(database: Database) -> None:
    room = Room(database)
    forwarder = room.forwarder()
    watch = Watch()
    room.desk.say("help he has a knife")
    forwarder.ring(room.desk.doorbell.rung)
    until(lambda: bool(room.sink.got), 5)
    assert watch.seconds < 2
    assert room.sink.got[0].kind == "alert"
    room.stop()
