"""Where a database's open connections are kept: one for each thread, or one that threads share by a lock."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from handlers.records.hanging import Call


class Seat:
    """Where an open connection is kept, and whose process it is."""

    connection: Any = None
    cursor: Any = None
    pid = 0


class ThreadSeat(Seat, threading.local):
    """One for each thread. `deadline`: by when, on the monotonic clock, its waits for others end, all of them.

    `call`: what it is doing, as the guard against a server that hangs knows it.
    """

    deadline: float | None = None
    call: Call | None = None


def close(seat: Seat) -> None:
    """Closes what is open there; harmless where nothing is."""
    if seat.connection is not None:
        with suppress(Exception):
            seat.connection.close()
    seat.connection = None
