"""Waits for something to become true, with a limit, without guessing how long it takes; fair to a busy machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PRESSURE: Final = Path("/proc/pressure")
_AT_MOST: Final = 0.9
"""How much of the time a busy machine is excused: else nothing would ever take too long on one."""


class Watch:
    """Counts seconds in which nothing on this machine had to wait for a processor or the disk, from its making on.

    A limit that the product promises is for a machine that is its own. Where the system does not tell how long
    something waited (Linux with pressure stall information does), all seconds count.
    https://docs.kernel.org/accounting/psi.html
    """

    def __init__(self) -> None:
        self._began, self._stalled = time.monotonic(), _stalled()

    @property
    def seconds(self) -> float:
        passed = time.monotonic() - self._began
        return passed - min(_stalled() - self._stalled, _AT_MOST * passed)


def until(true: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
    """Returns as soon as `true()` holds. Raises AssertionError after the limit, by `Watch`."""
    watch = Watch()
    pause = threading.Event()
    while not true():
        if watch.seconds > seconds:
            raise AssertionError(what or "it did not become true in time")
        pause.wait(0.005)


def _stalled() -> float:
    return _stalled_for("cpu") + _stalled_for("io")


def _stalled_for(what: str) -> float:
    """Seconds in which something waited for it, since the machine was started."""
    try:
        some = (_PRESSURE / what).read_text().partition("\n")[0]
    except OSError:
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6
