"""The lock that every writer of an embedded database takes, between threads and between processes.

SQLite's busy_timeout sleeps and retries without a queue, so under load one writer waits for seconds. Here a writer
passes two file locks: the turnstile, then the main lock, and lets go of the turnstile. A process that has just
written cannot take the turnstile again before a process that already waits behind it has had its turn. Waiting is
bounded: a writer that was stopped while holding the lock must not hold up an answer for ever, which a blocking
flock would.

Source: flock(2): the lock belongs to the open file, so one process opens each file once.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FIRST_PAUSE: Final = 0.00005
_LONGEST_PAUSE: Final = 0.002


class LockTimeout(Exception):
    """The lock was not free in time."""


class WriteLock:
    """One writer at a time.

    Args:
        path: the main lock's file; the turnstile's stands beside it. Both are made where they are missing.
        seconds: how long a writer waits at most.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self._paths = (path.with_name(path.name + ".turnstile"), path)
        self._seconds = seconds
        self._threads = threading.Lock()
        self._files: tuple[int, int] | None = None
        self._pid = os.getpid()
        self._pause = threading.Event()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the lock. Raises LockTimeout."""
        if self._pid != os.getpid():
            self._threads, self._files, self._pid = threading.Lock(), None, os.getpid()
        deadline = time.monotonic() + self._seconds
        if not self._threads.acquire(timeout=self._seconds):
            raise LockTimeout("another thread is writing")
        try:
            turnstile, main = self._files or self._open()
            self._take(turnstile, deadline)
            try:
                self._take(main, deadline)
            finally:
                fcntl.flock(turnstile, fcntl.LOCK_UN)
            try:
                yield
            finally:
                fcntl.flock(main, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _open(self) -> tuple[int, int]:
        turnstile, main = (os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for path in self._paths)
        self._files = (turnstile, main)
        return self._files

    def _take(self, file: int, deadline: float) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LockTimeout("another process is writing") from None
                self._pause.wait(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
