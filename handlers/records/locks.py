"""The lock that every writer of an embedded database takes, between threads and between processes.

SQLite's busy_timeout sleeps and retries without a queue, so under load one writer waits for seconds. Here writers
queue: the threads of a process on a mutex, with a limit; the processes, one thread of each, in the kernel's queue
of a flock. That last wait has no limit (polling instead was measured at half the rate): while a process is stopped
in the middle of a write, one thread of every other process waits for it, and their other threads give up in time. A
process that dies lets go at once.

Sources: flock(2): the lock belongs to the open file, so one process opens the file once.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        super().__init__(seconds)

    def _begin(self) -> None:
        super()._begin()
        self._file: int | None = None

    @contextmanager
    def held(self, seconds: float | None = None) -> Iterator[None]:
        """Holds the lock; `seconds` as for `turn`. Raises LockTimeout."""
        with self.turn(seconds):
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
