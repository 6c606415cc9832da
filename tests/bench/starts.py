"""Cold start: from the start of the process to the first signed answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress

from tests.bench.load import complete
from tests.bench.posts import Post
from tests.bench.processes import BenchError, Process

_LIMIT = 60.0


def first_answer(start: Callable[[], Process], port: int, post: Post) -> float:
    """Seconds until `post` is answered with 200, asked again at once while nobody listens; then stops the process."""
    began = time.monotonic()
    process = start()
    try:
        while not _answered(port, post.wire):
            if process.ended or time.monotonic() - began > _LIMIT:
                raise BenchError(f"{process.name} did not answer: {process.tail()}")
            time.sleep(0.001)
        return time.monotonic() - began
    finally:
        process.stop()


def _answered(port: int, wire: bytes) -> bool:
    with (
        suppress(ConnectionError, TimeoutError),
        socket.create_connection(("127.0.0.1", port), timeout=20) as connection,
    ):
        connection.sendall(wire)
        answer = b""
        while complete(answer) is None:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            answer += chunk
        return answer.startswith(b"HTTP/1.1 200")
    return False
