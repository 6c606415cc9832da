"""The thread of a twin that hands its spool over to the main host: at once, and again while that is away."""

from __future__ import annotations

import logging
import threading
from typing import Final, Protocol

from gateway.handover import HandoverError, batch
from handlers.spool import Spool, SpoolError

FIRST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 15.0
# After a failure a text that has just come must not make a storm of tries.
LEAST_SECONDS: Final = 0.5

log = logging.getLogger("quietline.twin")


class Taker(Protocol):
    """Who takes the lines; see `gateway.handover.MainHost`."""

    def take(self, body: bytes) -> None:
        """Takes them. Raises HandoverError."""
        ...


class Handing:
    """One twin's.

    Args:
        spool: the twin's own.
        main: who takes it.
    """

    def __init__(self, spool: Spool, main: Taker) -> None:
        self._spool = spool
        self._main = main
        self._nudged = threading.Event()
        self._pause = FIRST_SECONDS
        self._too_long: set[str] = set()
        self.cause = ""

    def start(self) -> None:
        """Begins; ends with the process."""
        threading.Thread(target=self._run, name="handing", daemon=True).start()

    def nudge(self) -> None:
        """A text has come."""
        self._nudged.set()

    def hand_over(self) -> int:
        """Hands over all that the main host takes now; returns how many records. Raises HandoverError, SpoolError."""
        number = 0
        while records := [each for each in self._spool.contents().records.values() if each.sid not in self._too_long]:
            taken, body = batch(records)
            if not taken:
                self._too_long.add(records[0].sid)
                log.error("a text is too long to be handed over: use quietline spool merge")
                continue
            self._main.take(body)
            self._spool.drop({each.sid for each in taken})
            number += len(taken)
        return number

    def look(self) -> None:
        """Hands over where there is something. Never raises."""
        try:
            if not self._spool.is_empty() and (number := self.hand_over()):
                log.warning("%d texts are handed over", number)
            self.cause, self._pause = "", FIRST_SECONDS
        except HandoverError as error:
            if self.cause != str(error):
                log.error("the main host does not take over (%s)", error)
            self.cause, self._pause = str(error), min(2 * self._pause, MOST_SECONDS)
        except SpoolError as error:
            log.error("the spool cannot be read (%s)", error)
        except Exception as error:  # noqa: BLE001 - it must be tried again
            log.error("handing over failed (%s)", type(error).__name__)

    def _run(self) -> None:
        rest = threading.Event()
        while True:
            self.look()
            self._nudged.wait(self._pause)
            self._nudged.clear()
            rest.wait(LEAST_SECONDS if self.cause else 0.0)
