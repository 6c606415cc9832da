"""F7: a PostgreSQL that is stopped answers nothing, ends nothing and knows no time-out of its own."""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path

import psycopg
import pytest

from handlers import desk as queue
from handlers.intake import Intake
from handlers.records.database import Database, StoreError
from handlers.spool import Spool
from tests.bench import proc
from tests.fakes import Desk
from tests.handlers.spooled import locked
from tests.postgres import Server
from tests.prepared import prepare
from tests.waiting import Watch

SAFE = "Thanks, we have your text. We will answer shortly."


def test_f7_while_postgresql_hangs_texts_go_to_the_spool_in_time(postgres: Server, tmp_path: Path) -> None:
    database = Database(postgres.create(f"hangs_{secrets.token_hex(6)}"), 0.5, cuts=True)
    prepare(database)
    desk, spool = Desk.build(database), Spool(tmp_path)
    intake = Intake(desk.service, desk.doorbell, spool, again=0.0)
    assert intake.receive(desk.channel, desk.text("hello")) != SAFE
    stopped = [postgres.process.get_pid(), *proc.tree(postgres.process.get_pid())]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            watch = Watch()
            assert intake.receive(desk.channel, desk.text("hove")) == SAFE
            assert watch.seconds < 5
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert len(spool.contents()) == 2
    assert intake.receive(desk.channel, desk.text("hello", sender="+447700900002")) != SAFE, "without a restart"
    database.close()


def test_f7_p2_who_holds_a_lock_of_postgresql_keeps_no_reporter_waiting(postgres: Server, tmp_path: Path) -> None:
    url = postgres.create(f"locked_{secrets.token_hex(6)}")
    database = Database(url, 2.5, cuts=True)
    prepare(database)
    desk, spool = Desk.build(database), Spool(tmp_path)
    intake = Intake(desk.service, desk.doorbell, spool)
    assert intake.receive(desk.channel, desk.text("hello")) != SAFE
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        watch = Watch()
        assert intake.receive(desk.channel, desk.text("hove", sender="+447700900002")) == SAFE
        assert watch.seconds < 1.5
    database.close()


def test_f7_p2_nor_does_who_holds_the_embedded_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'quietline.sqlite3'}", 2.5, cuts=True)
    prepare(database)
    desk, spool = Desk.build(database), Spool(tmp_path / "spool")
    intake = Intake(desk.service, desk.doorbell, spool)
    with locked(database):
        watch = Watch()
        assert intake.receive(desk.channel, desk.text("hello")) == SAFE
        assert watch.seconds < 1.5
    database.close()


def test_f7_who_watches_the_queue_of_a_postgresql_that_hangs_is_let_go_in_time(postgres: Server) -> None:
    database = Database(postgres.create_prepared(f"hangs_{secrets.token_hex(6)}"), 0.5, cuts=True)
    desk = Desk.build(database)
    assert queue.marks(desk.service, "btp", "desk") == []
    stopped = [postgres.process.get_pid(), *proc.tree(postgres.process.get_pid())]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        watch = Watch()
        with pytest.raises(StoreError):
            queue.marks(desk.service, "btp", "desk")
        assert watch.seconds < 5
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert queue.marks(desk.service, "btp", "desk") == []
    database.close()


def test_f7_a_postgresql_whose_host_is_gone_is_found_out_within_half_a_minute(postgres: Server) -> None:
    """The kernel finds out; here the connection is asked what it was told to do."""
    connection = Database(postgres.create_prepared(f"gone_{secrets.token_hex(6)}"))._connect(writes=True)
    told = connection.info.get_parameters()
    idle, interval, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert 0 < idle + interval * count <= 30
    assert 0 < int(told["tcp_user_timeout"]) <= 30_000
    connection.close()
