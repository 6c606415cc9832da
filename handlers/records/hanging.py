"""Cuts the connection to a server that neither answers nor ends, which a driver would wait for without a limit.

The server's own limits (statement_timeout, lock_timeout) hold while it runs; a host that is stopped, or a network that
swallows everything, knows none. One thread of a process looks after all calls under way, and shuts the socket of one
that is overdue: the driver takes that for a server that has gone.

Source: shutdown(2).
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

_LOOK_SECONDS: Final = 0.1
_AFTER_SECONDS: Final = 0.5  # the server's own limits come first


class Call:
    """Something under way; `connection` is the driver's, once there is one."""

    __slots__ = ("connection", "deadline")

    def __init__(self, deadline: float) -> None:
        self.connection: Any = None
        self.deadline = deadline

    def cut(self) -> None:
        """Shuts its socket; harmless where it has just been closed."""
        if self.connection is not None:
            with suppress(Exception), socket.socket(fileno=os.dup(self.connection.fileno())) as found:
                found.shutdown(socket.SHUT_RDWR)


class HangingGuard:
    """The calls of one process. Its thread begins with the first call, after any fork.

    Args:
        seconds: how long a call may take, and half a second more.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds + _AFTER_SECONDS
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._calls: set[Call] = set()
        self._thread: threading.Thread | None = None

    @contextmanager
    def call(self) -> Iterator[Call]:
        """One call, for as long as the block lasts."""
        if self._pid != os.getpid():
            self._begin()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hanging", daemon=True)
            self._thread.start()
        call = Call(time.monotonic() + self._seconds)
        self._calls.add(call)  # one step of the interpreter, as is what takes it out
        try:
            yield call
        finally:
            self._calls.discard(call)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_SECONDS):
            now = time.monotonic()
            for call in self._calls.copy():
                if now > call.deadline:
                    call.cut()
