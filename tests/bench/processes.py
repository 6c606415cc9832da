"""Starting and stopping the benchmark's own processes: on loopback, bounded in time, none left behind."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench import proc

ROOT = Path(__file__).parents[2]
TAG = f"QUIETLINE_BENCH_TAG={uuid.uuid4().hex}"
LIFETIME = 1800  # seconds after which a process ends by itself, whatever became of the benchmark

_PORTS = range(20_000, 32_000)
_CHANCE = random.SystemRandom()  # pytest-randomly gives the others of all processes the same seed
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class BenchError(Exception):
    """Something broke that is no measurement: a server that does not start, an answer that never came."""


def _bounded() -> None:
    """In the new process: end with the benchmark, and after `LIFETIME` in any case (an alarm outlives exec)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.alarm(LIFETIME)


class Process:
    """One process that the benchmark started, its output in `log`."""

    def __init__(self, name: str, args: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name, self.log, self._args = name, log, list(args)
        key, _, value = TAG.partition("=")
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), key: value, **(env or {})}
        self._env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.start()

    def start(self) -> None:
        """Starts it, or starts it again after its end."""
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._args, env=self._env, cwd=self.log.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_bounded,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    def kill(self) -> None:
        """SIGKILL to this one process, its children left to see for themselves."""
        self._popen.kill()
        self._popen.wait(10)

    def stop(self, within: float = 15.0) -> None:
        """SIGTERM, then SIGKILL for it and whatever of its tree is left."""
        below = proc.tree(self.pid)
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(within)
        for pid in proc.gone(below, 2.0):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._popen.wait(10)

    def tail(self) -> str:
        """The end of its output, for an error."""
        return self.log.read_text(errors="replace")[-2000:]


def python(module: str, *args: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *args]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on.

    It is below those that the system gives to whoever asks for any (on Linux from 32768): nobody is given it before it
    is listened on, or while what listens there is killed and starts again.
    """
    while True:
        port = _CHANCE.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(port)


def wait_until(done: Callable[[], bool], within: float, what: str, process: Process | None = None) -> None:
    """Polls every 5 ms. Raises BenchError when `process` ends first or `within` seconds are over."""
    deadline = time.monotonic() + within
    while not done():
        if process is not None and process.ended:
            raise BenchError(f"{process.name} ended: {process.tail()}")
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {within:.0f} s{process.tail() if process else ''}")
        time.sleep(0.005)


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def no_stragglers() -> Iterator[None]:
    """At the end, kills by its id every process of this run that still lives."""
    try:
        yield
    finally:
        for pid in proc.tagged(TAG):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
