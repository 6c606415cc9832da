"""An installation with a spool, and what befalls its database (F7): locked, full, read-only, away."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from handlers import outbound, retaking, spooling
from handlers.intake import Intake
from handlers.ports import InboundText
from handlers.records import database as store
from handlers.records.database import Database
from handlers.spool import Spool
from tests.fakes import Desk
from tests.prepared import prepare


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Another program holds the write lock."""
    assert database.path is not None
    other = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def full(database: Database) -> Iterator[None]:
    """E10: not a page more."""
    with database.write() as tx:
        pages = tx._cursor.execute("PRAGMA page_count").fetchone()[0]
        tx._cursor.execute(f"PRAGMA max_page_count={pages}")
    try:
        yield
    finally:
        database.close()


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """E10: every write is refused."""
    database.close()
    with mock.patch.object(store, "SQLITE_PRAGMAS", (*store.SQLITE_PRAGMAS, "PRAGMA query_only=ON")):
        try:
            yield
        finally:
            database.close()


@contextmanager
def away(database: Database) -> Iterator[None]:
    """The file is gone from where it was, as when its disk is."""
    assert database.path is not None
    database.close()
    moved = database.path.parent.rename(database.path.parent.with_name("moved"))
    try:
        yield
    finally:
        database.close()
        moved.rename(database.path.parent)


FAULTS = (locked, full, read_only, away)


class Site:
    """An installation with a spool."""

    def __init__(self, folder: Path) -> None:
        (folder / "db").mkdir()
        self.database = Database(f"sqlite:///{folder / 'db' / 'quietline.sqlite3'}", patience=0.1)
        prepare(self.database)
        self.desk = Desk.build(self.database)
        self.spool = Spool(folder / "elsewhere")
        self.intake = Intake(self.desk.service, self.desk.doorbell, self.spool, again=0.0)

    def take(self, text: InboundText) -> str | None:
        return self.intake.receive(self.desk.channel, text)

    def say(self, body: str, **more: Any) -> str | None:
        return self.take(self.desk.text(body, **more))

    def clock_round(self) -> None:
        spooling.replay(self.desk.service, self.spool, self.desk.doorbell)
        retaking.retake_due(self.desk.service, self.desk.doorbell)
        outbound.send_due(self.desk.service)

    def states(self) -> list[str]:
        return [state for (state,) in self.desk.rows("SELECT state FROM inbox ORDER BY id")]
