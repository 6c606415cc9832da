"""F7: a PostgreSQL that is stopped answers nothing, ends nothing and knows no time-out of its own."""

from __future__ import annotations

import os
import secrets
import signal
import time
from pathlib import Path

from handlers.intake import Intake
from handlers.records.database import Database
from handlers.spool import Spool
from tests.bench import proc
from tests.fakes import Desk
from tests.postgres import Server
from tests.prepared import prepare

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
            begun = time.monotonic()
            assert intake.receive(desk.channel, desk.text("hove")) == SAFE
            assert time.monotonic() - begun < 5
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert len(spool.contents()) == 2
    assert intake.receive(desk.channel, desk.text("hello", sender="+447700900002")) != SAFE, "without a restart"
    database.close()
