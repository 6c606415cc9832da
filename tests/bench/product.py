"""Quietline itself, as real processes with a data folder of their own."""

from __future__ import annotations

import base64
import os
import sqlite3
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conversations.flow import Flow
from tests.bench.posts import ACCOUNT_SID, AUTH_TOKEN, TO, Target
from tests.bench.processes import BenchError, Process, free_port, listens, wait_until
from tests.bench.valkey import Valkey

PATH = "/twilio/inbound"
COMMAND = str(Path(sys.executable).with_name("quietline"))
_SECRET = "whsec_" + base64.b64encode(b"bench" * 6).decode()

_ORGANISATIONS = """\
sinks:
  desk:
    kind: webhook
    url: {sink}
    secret: env:BENCH_SINK_SECRET
organisations:
  - id: bench
    name: Bench
    timezone: Europe/London
    languages: [en]
    flow: starter
    addresses: ["sms:{to}"]
    sinks: [desk]
"""


class Product:
    """One installation: `web`, and with `start_rest` also `worker` and `clock`, on SQLite and a Valkey.

    Args:
        folder: an empty folder for its data and logs.
        sink: where the reports go.
        workers: web processes.
        env: added to every process (a preload, say).
    """

    def __init__(self, folder: Path, sink: str, workers: int = 2, env: dict[str, str] | None = None) -> None:
        self._folder, self.port = folder, free_port()
        self.target = Target(self.port, PATH, f"http://127.0.0.1:{self.port}{PATH}")
        self.data = folder / "data"
        organisations = folder / "organisations.yaml"
        organisations.write_text(_ORGANISATIONS.format(sink=sink, to=TO))
        self.valkey = Valkey(folder, env)
        self._env = {
            "QUIETLINE_ENV": "development",
            "QUIETLINE_DATA": str(self.data),
            "PORT": str(self.port),
            "QUIETLINE_ORGANISATIONS": str(organisations),
            "REDIS_URL": self.valkey.url,
            "HOST": "127.0.0.1",
            "QUIETLINE_WORKERS": str(workers),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "QUIETLINE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "BENCH_SINK_SECRET": _SECRET,
            "DATABASE_URL": "",
            "QUIETLINE_FIRST_ANSWERS": "0",
            **(env or {}),
        }
        self.processes: dict[str, Process] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        return {**os.environ, **self._env}

    def start_one(self, name: str) -> Process:
        """Starts `web`, `worker` or `clock` by the command that the Procfile names."""
        process = Process(name, [COMMAND, name], self._folder / f"{name}.log", self._env)
        self.processes[name] = process
        return process

    @property
    def web(self) -> Process:
        return self.processes["web"]

    def start_web(self) -> Product:
        """Starts the web process and waits until it listens."""
        web = self.start_one("web")
        wait_until(lambda: listens(self.port), 30, "quietline web", web)
        return self

    def start_rest(self) -> Product:
        """Starts worker and clock."""
        for name in ("worker", "clock"):
            self.start_one(name)
        return self

    def check(self) -> None:
        """Raises BenchError when one of its processes has ended by itself."""
        for process in self.processes.values():
            if process.ended:
                raise BenchError(f"quietline {process.name} ended: {process.tail()}")

    @property
    def database(self) -> Path:
        return self.data / "quietline.sqlite3"

    def count(self, query: str) -> int:
        """One number out of the database, read beside the running processes."""
        with closing(self._reader()) as connection:
            return int(connection.execute(query).fetchone()[0] or 0)

    def missing(self, sids: frozenset[str]) -> int:
        """How many of these texts have no inbox row."""
        with closing(self._reader()) as connection:
            return len(sids - {row[0] for row in connection.execute("SELECT external_id FROM inbox")})

    def is_intact(self) -> bool:
        """What SQLite's integrity check says."""
        with closing(self._reader()) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)

    def stop(self) -> None:
        """Stops all of it, Valkey last."""
        for process in self.processes.values():
            process.stop()
        self.valkey.stop()


_SIZES = {
    "inbox.key": "SELECT avg(length(key)) FROM inbox",
    "inbox.body": "SELECT avg(length(body)) FROM inbox",
    "inbox.reply": "SELECT avg(length(reply)) FROM inbox",
    "conversations.state": "SELECT avg(length(state)) FROM conversations",
    "conversations.address": "SELECT avg(length(address)) FROM conversations",
    "revisions.document": "SELECT avg(length(document)) FROM revisions",
}


def sizes(product: Product) -> dict[str, int]:
    """Mean bytes of each sealed value, to hold the hand-written floor's values against."""
    return {name: product.count(query) for name, query in _SIZES.items()}


@cache
def _flow(slug: str) -> Flow:
    from conversations.flows import shipped

    return shipped(slug)


def start_conversation(slug: str = "starter") -> bytes:
    """A stored session of a shipped flow that has had no text."""
    from conversations.session import Session

    flow = _flow(slug)
    new = Session.new(
        flow,
        id="0" * 32,
        reference="7KQ4",
        spare="1" * 32,
        spare_reference="9XW2",
        organisation="bench",
        channel="sms",
        now=1_790_000_000.0,
    )
    return new.dump()


def turn(state: bytes, body: str, now: float, slug: str = "starter", *, reads: bool = False) -> bytes:
    """One turn as the product takes it: stored session in and out, the report's document as JSON on the way.

    `reads`: with the reader of free text, as in the product; without it nothing is read from a text.
    """
    flow, engine = _flow(slug), _engine()
    session = engine.Session.load(state, flow)
    outcome = engine.take_turn(flow, session, engine.Text(body), now, reader=engine.read if reads else None)
    for revision in outcome.revisions:
        engine.dumps(revision.document)
    stored: bytes = outcome.session.dump()
    return stored


@cache
def _engine() -> Any:
    """What a turn is made of; imported once, and only where turns are measured."""
    import orjson

    from conversations.reading import read
    from conversations.session import Session
    from conversations.turn import Text, take_turn

    return SimpleNamespace(dumps=orjson.dumps, read=read, Session=Session, Text=Text, take_turn=take_turn)
