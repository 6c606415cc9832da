"""Who goes on with a loop while the thread whose loop it is waits for something.

The web process's loop answers texts itself (`gateway.webworker`), and may have to wait for the store: for a lock that
another program holds, for a disk that hangs. A thread that looks twenty times a second takes the loop over where it has
waited for too long, and gives it back as soon as it is wanted. So nobody else is kept waiting, and in ordinary times no
text changes threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

PATIENCE_SECONDS: Final = 0.05

log = logging.getLogger("quietline.web")


class Substitute:
    """One loop's.

    Args:
        turn: one turn of the loop; it ends soon after something has come up.
        poke: makes something come up; called by the thread whose loop it is.
        seconds: how long that thread may wait before another goes on.
    """

    def __init__(self, turn: Callable[[], None], poke: Callable[[], None], seconds: float = PATIENCE_SECONDS) -> None:
        self._turn, self._poke, self._seconds = turn, poke, seconds
        self._mutex = threading.Lock()
        self._since: float | None = None
        self._is_in = False
        self._has_left = threading.Event()

    @property
    def is_in(self) -> bool:
        """Whether the loop is the substitute's now."""
        return self._is_in

    def begin(self) -> None:
        """Begins to look, for as long as the process lives."""
        threading.Thread(target=self._run, name="substitute", daemon=True).start()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What happens inside may take long. Afterwards the loop is the caller's again."""
        with self._mutex:
            self._since = time.monotonic()
        try:
            yield
        finally:
            with self._mutex:
                self._since = None
                is_in = self._is_in
            if is_in:
                self._poke()
                self._has_left.wait()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._seconds)
            with self._mutex:
                if self._since is None or time.monotonic() - self._since < self._seconds:
                    continue
                self._is_in = True
                self._has_left.clear()
            while self._since is not None:
                try:
                    self._turn()
                except Exception as error:  # noqa: BLE001 - nobody else goes on, and the loop waits to have it back
                    log.error("unexpected %s in the loop", type(error).__name__)
                    pause.wait(self._seconds)
            self._is_in = False
            self._has_left.set()
