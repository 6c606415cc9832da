"""Once an hour the audit's head leaves the system (R11): into a file, into the log, and by ways of its own.

The file alone is no proof against who can write to this host: set QUIETLINE_AUDIT_URLS, or collect the logs elsewhere.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.alarms.routes import Routes
from handlers import audit_chain
from handlers.records.database import StoreError
from handlers.service import Service
from handlers.status import DESK

FILE_NAME: Final = "audit-heads.txt"
HOUR: Final = 3600.0
LOOK_SECONDS: Final = 30.0

log = logging.getLogger("quietline.audit")


class Anchoring:
    """One installation's, in a thread of the clock process: telling may hang.

    Args:
        service: the shared parts.
        file: to which heads are appended.
        addresses: to whom they are told, as Apprise takes them.
    """

    def __init__(self, service: Service, file: Path, addresses: Sequence[str] = ()) -> None:
        self._service = service
        self._file = file
        self._addresses = addresses
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="anchoring", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Ends."""
        self._stopping.set()
        self._thread.join(seconds)

    def look(self) -> bool:
        """Sends the head where an hour is over and there is a new one; whether it did. Never raises."""
        try:
            kept = self._last()
            if kept is not None and abs(self._service.clock.now() - kept.at) < HOUR:
                return False
            head = audit_chain.take_head(self._service)
            if head.row == (kept.row if kept is not None else 0):
                return False
            self._keep(head.line())
        except (StoreError, OSError) as error:
            log.error("the audit's head stays (%s)", error if isinstance(error, StoreError) else type(error).__name__)
            return False
        except Exception as error:  # noqa: BLE001 - it must be tried again
            log.error("the audit's head stays (%s)", type(error).__name__)
            return False
        log.warning("%s", head.line())
        self._tell(head.line())
        return True

    def _last(self) -> audit_chain.Head | None:
        try:
            heads = audit_chain.read_heads(self._file.read_text(encoding="ascii", errors="replace"))
        except FileNotFoundError:
            return None
        return heads[-1] if heads else None

    def _keep(self, line: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _tell(self, line: str) -> None:
        for told in Routes(self._addresses, DESK).say(line) if self._addresses else ():
            if told.cause is not None:
                log.error("the audit's head did not get out by %s (%s)", told.route, told.cause)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()
        self._service.database.close()
