"""A lock that a process holds for as long as it lives, however it ends."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path
from typing import Final

_PAUSE_SECONDS: Final = 0.02


def take(path: Path, seconds: float = 0.0) -> int | None:
    """Takes the lock of a file, made with mode 600 where missing; None where somebody holds it for `seconds` more.

    Returns a descriptor: the lock is held until it, and every copy of it that a child has inherited, is closed.
    Source: flock(2).
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            pause.wait(_PAUSE_SECONDS)
        else:
            return descriptor
