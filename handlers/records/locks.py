"""The lock that every writer of an embedded database takes, between threads and between processes.

SQLite's busy_timeout sleeps and retries without a queue, so under load one writer waits for seconds. Here writers
queue: the threads of a process on a mutex, with a limit; the processes, one thread of each, in the kernel's queue
of a flock. A main thread, which answers texts, lets an alarm end that wait; another thread asks again and again where
its work is short and somebody waits for it. Elsewhere that wait has no limit (asking was measured at half the rate):
while a process is stopped in the middle of a write, one thread of a worker waits for it, and its others give up in
time. A process that dies lets go at once.

Sources: flock(2): the lock belongs to the open file, so one process opens the file once; it is interrupted by a signal
whose handler raises (PEP 475).
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ASK_SECONDS: Final = 0.001


class LockTimeout(Exception):
    """The lock was not free in time."""


class ThreadLock:
    """One thread of this process at a time.

    Args:
        seconds: how long a thread waits for the others.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._threads = threading.RLock()

    @contextmanager
    def turn(self, seconds: float | None = None) -> Iterator[None]:
        """Keeps this process's other threads away, and no other process.

        Args:
            seconds: how long to wait, where not as long as usual.

        Raises LockTimeout.
        """
        if self._pid != os.getpid():
            self._begin()
        if not self._threads.acquire(timeout=self._seconds if seconds is None else seconds):
            raise LockTimeout("another thread is at it")
        try:
            yield
        finally:
            self._threads.release()


class WriteLock(ThreadLock):
    """One writer at a time.

    Args:
        path: the lock's file, made where it is missing.
        seconds: how long a thread waits for the others of its process.
        asks: a thread waits no longer for other processes than that either.
    """

    def __init__(self, path: Path, seconds: float, *, asks: bool = False) -> None:
        self._path, self._asks = path, asks
        super().__init__(seconds)

    def _begin(self) -> None:
        super()._begin()
        self._file: int | None = None

    @contextmanager
    def held(self, seconds: float | None = None) -> Iterator[None]:
        """Holds the lock; `seconds` as for `turn`. Raises LockTimeout."""
        deadline = time.monotonic() + (self._seconds if seconds is None else seconds)
        with self.turn(seconds):
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._take(self._file, deadline)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _take(self, file: int, deadline: float) -> None:
        if _is_had(file):
            return
        if threading.current_thread() is threading.main_thread():
            try:
                with _at_most(deadline - time.monotonic()):
                    fcntl.flock(file, fcntl.LOCK_EX)
            except LockTimeout:
                fcntl.flock(file, fcntl.LOCK_UN)  # the alarm may have come with the lock
                raise
        elif self._asks:
            pause = threading.Event()
            while not _is_had(file):
                if time.monotonic() > deadline:
                    raise LockTimeout("another process is at it")
                pause.wait(_ASK_SECONDS)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)


def _is_had(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Breaks off what the main thread does inside. Raises LockTimeout."""
    waits = True

    def break_off(*_: object) -> None:
        if waits:
            raise LockTimeout("another process is at it")

    before = signal.signal(signal.SIGALRM, break_off)
    left, _ = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        waits = False
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, before)
