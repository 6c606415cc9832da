"""Runs the hourly comparison with the carrier's list, in a thread of the clock process: the carrier may be slow."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Final

from gateway.channels.twilio_archive import TwilioArchive
from gateway.config import Config
from handlers import reconciling
from handlers.ports import SendError
from handlers.reconciling import Archive
from handlers.records.database import StoreError
from handlers.service import Service
from handlers.spool import Spool, SpoolError

LOOK_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 300.0

log = logging.getLogger("quietline.reconciling")


class Reconciler:
    """One installation's.

    Args:
        service: the shared parts.
        archive: the carrier's.
        spool: what is in it is not missing.
    """

    def __init__(self, service: Service, archive: Archive, spool: Spool) -> None:
        self._service = service
        self._archive = archive
        self._spool = spool
        self._tried_at: float | None = None
        self._done_at = service.clock.now()  # counts as done, until it has not been for too long
        self._due = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)

    @property
    def overdue(self) -> Mapping[str, float]:
        """By channel, how long it has not been possible, in seconds."""
        return {self._archive.channel: abs(self._service.clock.now() - self._done_at)}

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Ends; what was taken in stays taken in."""
        self._stopping.set()
        self._thread.join(seconds)

    def look(self) -> None:
        """Reconciles where it is time: at the start, and an hour after the last. Never raises."""
        now = self._service.clock.now()
        if self._tried_at is not None and abs(now - self._tried_at) < AGAIN_SECONDS:
            return
        if not self._due and abs(now - self._done_at) < reconciling.HOUR:
            return
        self._tried_at = now
        try:
            if not self._spool.is_empty():
                return
            reconciling.reconcile(self._service, self._archive)
            self._due, self._done_at = False, now
            reconciling.delete_held(self._service, self._archive)
        except (StoreError, SpoolError) as error:
            log.error("the carrier's list waits (%s)", error)
        except SendError as error:
            log.error("the carrier does not show its list (%s)", error.cause)
        except Exception as error:  # noqa: BLE001 - it must be tried again
            log.error("the comparison with the carrier's list failed (%s)", type(error).__name__)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()
        self._service.database.close()


def of(config: Config, service: Service, spool: Spool) -> Reconciler | None:
    """The installation's, where there is a key for the carrier's list."""
    if not config.twilio_api_key:
        return None
    archive = TwilioArchive(
        config.twilio_account_sid, config.twilio_api_key, config.twilio_api_secret, base_url=config.twilio_api_url
    )
    return Reconciler(service, archive, spool)
