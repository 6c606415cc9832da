"""A twin tells people: that texts come to it, and at once that there are words of danger. No detail, no number."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from typing import Final

from gateway.alarms.routes import Routes
from handlers.status import DESK

AGAIN_SECONDS: Final = 60.0

log = logging.getLogger("quietline.twin")


class TwinAlarms:
    """Tells in a thread of its own: telling may hang.

    Args:
        addresses: as Apprise takes them.
        again: seconds in which the same is told once.
    """

    def __init__(self, addresses: Sequence[str], again: float = AGAIN_SECONDS) -> None:
        self._addresses = addresses
        self._again = again
        self._told: dict[str, float] = {}
        self._words: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._begun = False

    def text(self, organisation: str, *, danger: bool) -> None:
        """A text has come."""
        if danger:
            self._tell(f"Danger: a text to {organisation} came to the twin. The main host does not take texts.")
        else:
            self._tell("Texts come to the twin: the main host does not take them. They are kept and handed over.")

    def _tell(self, words: str) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._told.get(words, -self._again) < self._again:
                return
            self._told[words] = now
            log.error(words)
            if self._addresses and not self._begun:
                self._begun = True
                threading.Thread(target=self._run, name="alarms", daemon=True).start()
        if self._addresses:
            self._words.put(words)

    def _run(self) -> None:
        routes = Routes(self._addresses, DESK)
        while True:
            for told in routes.say(self._words.get()):
                if told.cause is not None:
                    log.error("an alarm did not get out by %s (%s)", told.route, told.cause)
