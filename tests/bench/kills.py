"""kill -9 during a burst: one process after another, each started again as a platform would."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.bench import proc
from tests.bench.processes import TAG, Process, free_port, listens, wait_until
from tests.bench.product import COMMAND, Product
from tests.bench.sink import SinkServer

GRACE = 5.0  # seconds in which what hung below a killed process must have ended by itself


@dataclass(slots=True)
class Killer:
    """Kills in turn: a web worker, the worker's whole process, the sink, the web process, the clock, Valkey.

    `tick` does what is due, at most one kill, and starts again what has ended; it is quick. Orphans are processes that
    hung below a killed one and outlived it by more than `GRACE` seconds. Kills end after `seconds`; the web process and
    its workers are spared before `spares_web_until`, by the monotonic clock.
    """

    product: Product
    sink: SinkServer
    seconds: float
    every: float = 0.8
    seed: int = 1
    killed: Counter[str] = field(default_factory=Counter)
    spares_web_until: float = 0.0
    _below: list[tuple[float, list[int]]] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _next: float = 0.0
    _turn: int = 0
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def tick(self) -> None:
        now = time.monotonic()
        for process in self._all():
            if process.ended:
                process.start()
        if self._next <= now < self._began + self.seconds:
            self._next = now + self.every * self._random.uniform(0.6, 1.4)
            self._kill(now)

    def _all(self) -> list[Process]:
        return [*self.product.processes.values(), self.product.valkey.process, self.sink.process]

    def _kill(self, now: float) -> None:
        web, valkey = self.product.processes["web"], self.product.valkey.process
        plan = [None, self.product.processes["worker"], self.sink.process, web, self.product.processes["clock"], valkey]
        victim = plan[self._turn % len(plan)]
        while victim in (None, web) and now < self.spares_web_until:
            self._turn += 1
            victim = plan[self._turn % len(plan)]
        self._turn += 1
        if victim is not None:
            self.killed[victim.name] += 1
            self._below.append((now, proc.tree(victim.pid)))
            victim.kill()
            victim.start()
        elif pids := proc.workers(web.pid):
            self.killed["web worker"] += 1
            with suppress(ProcessLookupError):
                os.kill(self._random.choice(pids), signal.SIGKILL)

    def orphans(self) -> int:
        """How many processes outlived the one above them; waits until the last of them has had its time."""
        left = 0
        for killed_at, pids in self._below:
            left += len(proc.gone(pids, max(0.0, killed_at + GRACE - time.monotonic())))
        return left


def orphans_of_up(folder: Path) -> int:
    """Kills `quietline up` alone and counts what of its tree, Valkey included, lives on after `GRACE` seconds."""
    here = folder / "up"
    here.mkdir()
    port = free_port()
    env = {"QUIETLINE_DATA": str(here / "data"), "PORT": str(port), "REDIS_URL": "", "DATABASE_URL": ""}
    up = Process("up", [COMMAND, "up"], here / "up.log", env)
    try:
        wait_until(lambda: listens(port) and _all_started(up.pid), 60, "quietline up", up)
        below = [pid for pid in {*proc.tree(up.pid), *proc.tagged(TAG)} if pid != up.pid]
        up.kill()
        return len(proc.gone(below, GRACE))
    finally:
        up.stop()


def _all_started(up: int) -> bool:
    """Whether everything that `quietline up` starts is there."""
    commands = " ".join(map(proc.command, proc.tree(up)))
    return all(name in commands for name in ("valkey", "worker", "clock"))
