"""Open desks that only listen, thousands of them in one process, at so little cost that the server is measured.

Each holds the live stream by a bare socket and `epoll(7)`: 5 us of CPU for an event, where asyncio takes 25. What each
hears is a line of the record as in `tests.bench.desks`.
"""

from __future__ import annotations

import select
import socket
import time
from typing import TextIO

AT_ONCE = 20
FLUSH_SECONDS = 0.2
_MOST = 1 << 16


class Listeners:
    """Open desks that fetch nothing.

    Args:
        port: where the desk listens.
        heads: a request for the stream, for each.
        record: takes the notes.
    """

    def __init__(self, port: int, heads: list[bytes], record: TextIO) -> None:
        self._port, self._heads, self._record = port, heads, record
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._numbers: dict[int, int] = {}
        self._opened: set[int] = set()

    def run(self) -> None:
        """Opens them, some at a time, and listens until the process ends."""
        for _ in range(AT_ONCE):
            self._open_next()
        flushed = time.monotonic()
        while self._sockets:
            for fd, _ in self._poll.poll(FLUSH_SECONDS):
                self._hear(fd)
            if time.monotonic() - flushed > FLUSH_SECONDS:
                self._record.flush()
                flushed = time.monotonic()

    def _open_next(self) -> None:
        number = len(self._numbers)
        if number == len(self._heads):
            return
        opened = socket.create_connection(("127.0.0.1", self._port))
        opened.sendall(self._heads[number])
        opened.setblocking(False)
        self._sockets[opened.fileno()] = opened
        self._numbers[opened.fileno()] = number
        self._poll.register(opened.fileno(), select.EPOLLIN)

    def _hear(self, fd: int) -> None:
        try:
            data = self._sockets[fd].recv(_MOST)
        except ConnectionError:
            data = b""
        now, number = time.monotonic(), self._numbers[fd]
        if not data:
            self._note(now, number, "closed")
            self._poll.unregister(fd)
            self._sockets.pop(fd).close()
            return
        if number not in self._opened:
            assert b" 200 " in data.split(b"\r\n", 1)[0]
            self._opened.add(number)
            self._note(now, number, "open")
            self._open_next()
        if b"event: changed" in data:
            self._note(now, number, "heard")

    def _note(self, when: float, number: int, what: str) -> None:
        self._record.write(f"{when:.6f} {number} {what}\n")
