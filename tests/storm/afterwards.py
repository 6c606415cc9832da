"""What the harness does by the product's own code: looks at reports during a storm, the carrier's list after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from gateway import runtime, secrets
from gateway.channels.twilio_archive import TwilioArchive
from handlers import audit as looks
from handlers import audit_chain, reconciling
from handlers.records import audit
from handlers.records.audit import AuditRow
from handlers.records.database import StoreError
from handlers.service import Service

LATER_SECONDS = reconciling.GRACE_SECONDS + 30
LOOK_EVERY = 0.5


@dataclass(frozen=True)
class _Later:
    """The machine's clock, ahead: what is still under way is none of the list's concern by then."""

    def now(self) -> float:
        return time.time() + LATER_SECONDS


class Afterwards:
    """The parts of the installation in an environment, in this process.

    Args:
        environ: the product's.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._config = secrets.load(environ)
        self._service: Service = runtime.build(self._config, environ).service
        self._hasty = self._service.database.with_patience(0.2)
        self._looked_at = 0.0
        self._somebody = ThreadPoolExecutor(1, thread_name_prefix="looks")
        self._looking: Future[None] | None = None
        self.looks = 0

    def look(self) -> None:
        """Somebody looks at a queue, as often as the database lets them.

        In a thread: a process that is stopped in the middle of a write holds up who writes, and is let go from here.
        """
        is_looking = self._looking is not None and not self._looking.done()
        if is_looking or time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        self._looking = self._somebody.submit(self._look)

    def _look(self) -> None:
        seen = AuditRow(
            int(time.time() * 1000), "p1", "bench", "desk", looks.CONSULTATION, "queue", None, None, "queue"
        )
        with suppress(StoreError), self._hasty.write() as tx:
            audit.add(tx, seen)
            self.looks += 1

    def reconcile(self) -> int:
        """Compares the carrier's list; returns how many texts were taken in."""
        config = self._config
        archive = TwilioArchive(
            config.twilio_account_sid, config.twilio_api_key, config.twilio_api_secret, base_url=config.twilio_api_url
        )
        end, pause = time.monotonic() + 60, threading.Event()
        while True:
            try:
                return reconciling.reconcile(replace(self._service, clock=_Later()), archive)
            except StoreError:
                if time.monotonic() > end:
                    raise
                pause.wait(0.5)

    def audited(self) -> audit_chain.Verdict:
        """Whether the chain holds."""
        return audit_chain.verify(self._service.database, self._service.ring, [])

    def close(self) -> None:
        """Lets go of the database."""
        self._somebody.submit(self._hasty.close).result()
        self._somebody.shutdown()
        self._service.database.close()
