"""Whether the store is ready: its schema is the newest and it knows the shipped flows.

A process that starts while the database is locked or away does not end: the web process takes texts into the spool
meanwhile (F7), the others wait.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from handlers.records.database import StoreError

AGAIN_SECONDS: Final = 1.0

log = logging.getLogger("quietline.store")


class Readiness:
    """The store of one process; it is true once it is ready.

    Args:
        prepare: makes it ready; safe to repeat. Raises StoreError.
        again: seconds between two tries.
    """

    def __init__(self, prepare: Callable[[], None], again: float = AGAIN_SECONDS) -> None:
        self._prepare = prepare
        self._again = again
        self._ready = threading.Event()

    def __call__(self) -> bool:
        return self._ready.is_set()

    def begin(self) -> None:
        """Tries once; where that fails, a thread goes on trying."""
        if not self._try():
            threading.Thread(target=self._go_on, name="store", daemon=True).start()

    def wait(self, stopping: threading.Event) -> bool:
        """Tries until it is ready; False where `stopping` came first."""
        while not self._try():
            if stopping.wait(self._again):
                return False
        return True

    def _go_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._again):
            if self._try():
                log.warning("the database is ready")
                return

    def _try(self) -> bool:
        try:
            self._prepare()
        except (StoreError, OSError) as error:
            log.error(
                "the database is not ready (%s)", error if isinstance(error, StoreError) else type(error).__name__
            )
            return False
        self._ready.set()
        return True
