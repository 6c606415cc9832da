"""Waits for something to become true, with a limit, without guessing how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(true: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
    """Returns as soon as `true()` holds. Raises AssertionError after the limit."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        if time.monotonic() > end:
            raise AssertionError(what or "it did not become true in time")
        pause.wait(0.005)
