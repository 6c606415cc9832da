"""An installation in this process that can be killed and started again: real store, spool, lanes; sinks that refuse."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from handlers import spooling, turns
from handlers.forwarding import Lane
from handlers.intake import Intake
from handlers.ports import Delivery, InboundText, Retryable, SinkPaused
from handlers.records import database as store
from handlers.records.database import Database
from handlers.spool import Spool
from handlers.sweep import sweep
from tests.fakes import Desk, organisation
from tests.prepared import prepare

DESK, APART = "room", "apart"
UP, REFUSES, BUSY, HANGS, TAKES_AND_HANGS, SHUT = MODES = ("up", "refuses", "busy", "hangs", "takes and hangs", "shut")
_MEMORY = Path("/dev/shm")  # noqa: S108 - what a sync costs is measured elsewhere


class Killed(BaseException):
    """kill -9: nothing of ours catches it."""


@dataclass
class ControlRoom:
    """A sink that behaves as its `mode` says; `incidents` is what it holds, by id its newest revision."""

    id: str
    mode: str = UP
    incidents: dict[str, Delivery] = field(default_factory=dict)
    fresh: list[Delivery] = field(default_factory=list)

    def wants(self, kind: str) -> bool:
        return True

    def deliver(self, delivery: Delivery) -> None:
        if self.mode == SHUT:
            raise SinkPaused("http 401")
        if self.mode == BUSY:
            raise Retryable("http 503", 2.0)
        if self.mode in (REFUSES, HANGS):
            raise Retryable("http 500" if self.mode == REFUSES else "timeout")
        held = self.incidents.get(delivery.report_id)
        if held is None or held.revision < delivery.revision:
            self.incidents[delivery.report_id] = delivery
        self.fresh.append(delivery)
        if self.mode == TAKES_AND_HANGS:
            raise Retryable("timeout")

    def close(self) -> None:
        pass


class _AtOnce:
    """A lane's senders without their threads."""

    def submit(self, send: Callable[..., None], *args: Any) -> None:
        send(*args)

    def shutdown(self, **_: Any) -> None:
        pass


@cache
def _empty_store() -> bytes:
    with tempfile.TemporaryDirectory(prefix="qlempty-") as folder:
        made = Database(f"sqlite:///{folder}/quietline.sqlite3")
        prepare(made)
        made.checkpoint()
        made.close()
        return Path(folder, "quietline.sqlite3").read_bytes()


class World:
    """One installation with two sinks, the ordinary one and the confidential team's."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="qllife-", dir=_MEMORY if _MEMORY.is_dir() else None))
        self._file = self.folder / "quietline.sqlite3"
        self._file.write_bytes(_empty_store())
        self._behind = sqlite3.connect(self._file, isolation_level=None)
        self.sinks = {name: ControlRoom(name) for name in (DESK, APART)}
        force = organisation(
            sinks=(DESK,), flow="railway", confidential=("police",), confidential_sinks=(APART,), prefixes=("+44",)
        )
        self.desk = Desk.build(self._opened(), sinks=tuple(self.sinks.values()), organisations=(force,))  # type: ignore[arg-type]
        self.spool = Spool(self.folder / "spool")
        self._ids = itertools.count(1)
        self._start()

    def _opened(self) -> Database:
        return Database(f"sqlite:///{self._file}", patience=0.2)

    def _start(self) -> None:
        service = self.desk.service
        self.intake = Intake(service, self.desk.doorbell, self.spool, again=0.0, aside=lambda work: work())
        self._lanes = [self._lane(sink) for sink in service.sinks.values()]

    def _lane(self, sink: Any) -> Lane:
        lane = Lane(self.desk.service, sink)
        lane._senders = _AtOnce()  # type: ignore[assignment]
        return lane

    def restart(self) -> None:
        """Everything that was in memory is gone."""
        self.desk.service.database.close()
        self.desk.service = replace(self.desk.service, database=self._opened())
        self._start()

    def close(self) -> None:
        self.desk.service.database.close()
        self._behind.close()
        shutil.rmtree(self.folder)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database says, for looking behind the handlers' backs."""
        return self._behind.execute(sql).fetchall()

    def text(self, sender: str, body: str) -> InboundText:
        """The next text on its way in."""
        return self.desk.text(body, sender=sender)

    def take(self, text: InboundText) -> str | None:
        """The carrier hands a text over, again perhaps."""
        return self.intake.receive(self.desk.channel, text)

    def killed_before_commit(self, text: InboundText) -> None:
        """The text is being written when the process is killed."""
        try:
            with mock.patch.object(turns, "_write_rest", side_effect=Killed):
                self.take(text)
        except Killed:
            self.restart()
        else:
            raise AssertionError("the turn was never written")

    def settle(self) -> None:
        """What waits in the spool comes home."""
        spooling.replay(self.desk.service, self.spool, self.desk.doorbell)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """The database takes nothing meanwhile (FACTS E10)."""
        self.desk.service.database.close()
        with mock.patch.object(store, "SQLITE_PRAGMAS", (*store.SQLITE_PRAGMAS, "PRAGMA query_only=ON")):
            try:
                yield
            finally:
                self.desk.service.database.close()

    def forward(self) -> None:
        """What is due is sent, and what came of it is noted."""
        for lane in self._lanes:
            lane._cycle()
            while not lane._finished.empty():
                lane._cycle()

    def killed_after_sending(self) -> None:
        """What is due is sent, and the forwarder is killed before it notes anything (F5)."""
        for lane in self._lanes:
            lane._cycle()
        self.restart()

    def sweep(self) -> None:
        """One round of the clock."""
        sweep(self.desk.service, self.desk.doorbell, lambda _: None, self.spool)

    def stored(self) -> set[str]:
        """The carrier's ids in the inbox."""
        return {sid for (sid,) in self.rows("SELECT external_id FROM inbox")}

    def delivered(self) -> list[tuple[Any, ...]]:
        """Report, sink and the newest revision of it that counts as delivered there."""
        return self.rows(
            "SELECT report_id, sink, max(revision) FROM outbox WHERE state = 'delivered' GROUP BY report_id, sink"
        )

    def newest(self) -> str:
        """Every report's newest document, of both audiences, as one text."""
        found = [*self.desk.documents(), *self.desk.documents("confidential")]
        return json.dumps(found, ensure_ascii=False)

    def left_over(self) -> dict[str, list[tuple[Any, ...]]]:
        """Rows that still wait for something."""
        queries = {
            "outbox": "SELECT id, sink, state, cause FROM outbox WHERE state NOT IN ('delivered', 'replaced')",
            "inbox": "SELECT id, state, attempts FROM inbox WHERE state NOT IN ('taken', 'repeat', 'aside')",
            "texts": "SELECT id, state FROM texts WHERE state NOT IN ('sent', 'lapsed', 'failed')",
            "conversations": "SELECT id FROM conversations",
        }
        found = {name: self.rows(query) for name, query in queries.items()}
        return {name: rows for name, rows in found.items() if rows}
