"""Faults that blow beside the kills: one after another, each for a while, each taken back before the next begins.

flushed     FLUSHALL: every job is gone
stopped     SIGSTOP, later SIGCONT: Valkey, the worker, a web worker, the control room
reloaded    SIGHUP to the web process: no request may fail (F18)
locked      somebody else holds the database's write lock for longer than a text may wait (F7)
restarted   PostgreSQL stops as in a power cut, and starts again
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import psycopg
import redis

from tests.bench import proc
from tests.bench.kills import Killer
from tests.bench.processes import listens
from tests.postgres import Server
from tests.storm.carriers import Ledger

RELOAD_SECONDS = 4.0
CALM_SECONDS = 1.0
AWAY_SECONDS = 2.0

Undo = Callable[[], None]


@dataclass
class Faults:
    """Sets off what is due with each `tick`, which is quick.

    Args:
        killer: whose processes they befall.
        ledger: what the carriers see.
        database_url: of PostgreSQL; SQLite in the data folder where empty.
        every: seconds between two faults, 0 for none at all.
        locked: seconds for which the database is locked.
        server: of that PostgreSQL, where it may be restarted.
    """

    killer: Killer
    ledger: Ledger
    database_url: str
    every: float
    locked: float
    server: Server | None = None
    seed: int = 1
    met: Counter[str] = field(default_factory=Counter)
    failed_while_reloading: int = 0
    _turn: int = 0
    _undo: Undo | None = None
    _ends: float = 0.0
    _next: float = field(default_factory=lambda: time.monotonic() + 1.0)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._plan: tuple[tuple[str, float, Callable[[], Undo | None]], ...] = (
            ("reload", RELOAD_SECONDS, self._reload),
            ("flush", 0.0, self._flush),
            ("valkey stopped", 2.0, lambda: _stopped(self.killer.product.valkey.process.pid)),
            ("database locked", self.locked, self._lock),
            ("worker stopped", 2.0, lambda: _stopped(self.killer.product.processes["worker"].pid)),
            ("web worker stopped", 0.5, self._stop_web_worker),
            ("sink stopped", 2.0, lambda: _stopped(self.killer.sink.process.pid)),
            *((("database restarted", AWAY_SECONDS, self._halt),) if self.server is not None else ()),
        )

    def tick(self) -> None:
        now = time.monotonic()
        if self._undo is not None:
            if now >= self._ends:
                self._end()
            return
        if not self.every or now < self._next:
            return
        name, seconds, begin = self._plan[self._turn % len(self._plan)]
        undo = begin()
        if undo is None:
            return
        self.met[name] += 1
        self._turn += 1
        self._undo, self._ends = undo, now + seconds

    def stop(self) -> None:
        """Takes back what is there; nothing more comes."""
        self.every = 0.0
        if self._undo is not None:
            self._end()

    def _end(self) -> None:
        undo, self._undo = self._undo, None
        self._next = time.monotonic() + self.every * self._random.uniform(0.6, 1.4)
        if undo is not None:
            undo()

    def _reload(self) -> Undo | None:
        """Waits for its time: a request that fails because of a kill says nothing about the reload."""
        web, now = self.killer.product.processes["web"], time.monotonic()
        self.killer.spares_web_until = now + CALM_SECONDS + RELOAD_SECONDS
        calm = self.ledger.is_calm_since(now - CALM_SECONDS) and len(proc.workers(web.pid)) == 2
        if not (calm and listens(self.killer.product.port)):
            return None
        os.kill(web.pid, signal.SIGHUP)

        def undo() -> None:
            self.failed_while_reloading += self.ledger.failed_between(now, time.monotonic())

        return undo

    def _flush(self) -> Undo | None:
        with redis.Redis.from_url(self.killer.product.valkey.url, socket_timeout=1) as client:
            try:
                client.flushall()
            except redis.RedisError:
                return None
        return _nothing

    def _stop_web_worker(self) -> Undo | None:
        pids = proc.workers(self.killer.product.processes["web"].pid)
        return _stopped(self._random.choice(pids)) if len(pids) > 1 else None

    def _lock(self) -> Undo | None:
        if self.database_url:
            other = psycopg.connect(self.database_url)
            other.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
            return other.close
        held = sqlite3.connect(self.killer.product.database, timeout=0.2, isolation_level=None)
        try:
            held.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            held.close()
            return None
        return held.close

    def _halt(self) -> Undo | None:
        assert self.server is not None
        self.server.halt()
        return self.server.resume


def _nothing() -> None:
    """There is nothing to take back."""


def _stopped(pid: int) -> Undo | None:
    """Stops a process until it is taken back; one that was killed meanwhile needs nothing."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return None

    def undo() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    return undo
