"""The product with its desk: people signed in, and a store full of reports."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from conversations.flows import shipped
from conversations.reading import read
from conversations.session import Session
from conversations.turn import Text, take_turn
from gateway import runtime, secrets
from handlers import people, sign_in
from handlers.records import people as accounts
from handlers.records import reports
from handlers.service import Service, milliseconds
from tests.bench.processes import Process, free_port, listens, wait_until
from tests.bench.product import COMMAND, Product, start_conversation

APART = 25_000  # milliseconds between two reports: 100,000 are a month
_PASSWORD = "violet-harbour-mistake-42"
_SAID = "a man keeps touching me now, coach 3 of the 1805 victoria to brighton"


@cache
def _document() -> dict[str, Any]:
    """What the railway flow makes of a first text."""
    flow = shipped("railway")
    session = Session.load(start_conversation("railway"), flow)
    return dict(take_turn(flow, session, Text(_SAID), time.time(), reader=read).revisions[-1].document)


class DeskProduct(Product):
    """Quietline with the desk's process, on the railway flow. `desk_port` is where it listens."""

    def __init__(self, folder: Path, sink: str, workers: int = 2) -> None:
        self.desk_port = free_port()
        self._sealed: dict[str, bytes] = {}
        super().__init__(folder, sink, workers, {"QUIETLINE_DESK_PORT": str(self.desk_port)})
        file = folder / "organisations.yaml"
        file.write_text(file.read_text().replace("flow: starter", "flow: railway"))
        parts = runtime.build(secrets.load(self._env), self._env)
        parts.prepare()
        self.service: Service = parts.service
        people.add(self.service, "bench", "Bench", _PASSWORD)
        for role in ("dispatcher", "supervisor", "auditor"):
            people.change_role(self.service, "bench", "bench", role)

    def start_desk(self) -> Process:
        """Starts the desk and waits until it listens."""
        desk = Process("desk", [COMMAND, "desk"], self._folder / "desk.log", self._env)
        self.processes["desk"] = desk
        wait_until(lambda: listens(self.desk_port), 30, "quietline desk", desk)
        return desk

    def sessions(self, count: int) -> list[str]:
        """Cookies of people who are signed in."""
        now = milliseconds(self.service.clock.now())
        with self.service.database.write() as tx:
            row = accounts.by_name(tx, "bench")
            assert row is not None
            roles = accounts.roles(tx, row.id)
            return [sign_in.begin_session(tx, row.id, roles, now, "link") for _ in range(count)]

    def fill(self, count: int, still_open: int) -> list[str]:
        """Stores so many reports, each sealed under a key of its own; returns the ids of those that are open."""
        now, ids = milliseconds(self.service.clock.now()), [uuid4().hex for _ in range(count)]
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.executemany(
                "INSERT INTO reports (id, organisation, reference, status, key, revision, kind, state, created_at, "
                "updated_at) VALUES (?, 'bench', '7KQ4', 'live', ?, 1, 'started', 'open', ?, ?)",
                ((one, self._key(one), now - 60_000 - at * APART, now) for at, one in enumerate(ids)),
            )
            connection.executemany(
                "INSERT INTO revisions VALUES (?, 1, 'started', ?, ?)", ((one, now, self._sealed[one]) for one in ids)
            )
            connection.executemany(
                "INSERT INTO desk_items (report_id, organisation, audience, rank, since, revision, stamp, clock_at, "
                "clock_step, practice, outcome, closed_at) VALUES (?, 'bench', 'desk', 1, ?, 1, 1, ?, 0, 0, ?, ?)",
                (
                    (
                        *(one, now - 60_000 - at * APART, now),
                        *((None, None) if at < still_open else ("recorded", now - at * APART)),
                    )
                    for at, one in enumerate(ids)
                ),
            )
            connection.executemany(
                "INSERT INTO audit (at, organisation, audience, kind, what, report_id, revision, why) "
                "VALUES (?, 'bench', 'desk', 'consultation', 'report', ?, 1, 'handling')",
                ((now, one) for one in ids for _ in range(3)),
            )
        self._sealed.clear()
        return ids[:still_open]

    def _key(self, report_id: str) -> bytes:
        key, wrapped = self.service.ring.new_key("content", report_id, reports.key_place(report_id))
        document = orjson.dumps({**_document(), "id": report_id, "revision": 1})
        self._sealed[report_id] = key.seal(document, reports.document_place(report_id, 1))
        return wrapped

    def open_reports(self) -> list[str]:
        """The ids of all reports that are open."""
        with closing(sqlite3.connect(self.database, timeout=5)) as connection:
            return [row[0] for row in connection.execute("SELECT report_id FROM desk_items WHERE closed_at IS NULL")]

    def stir(self, report_id: str) -> None:
        """Changes one line of the queue."""
        with closing(sqlite3.connect(self.database, timeout=5)) as connection, connection:
            connection.execute("UPDATE desk_items SET stamp = stamp + 1 WHERE report_id = ?", (report_id,))
