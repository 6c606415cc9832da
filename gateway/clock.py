"""The clock process: a sweep every few seconds, and SQLite's log emptied every five minutes."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Mapping, Sequence

from gateway import lifeline, runtime, secrets
from gateway.watching import Watching
from handlers.forwarding import Forwarder
from handlers.records.database import Database, StoreError
from handlers.service import Service
from handlers.sweep import sweep

SWEEP_SECONDS = 5.0
CHECKPOINT_EVERY = 60  # sweeps

log = logging.getLogger("quietline.clock")


class _Standby:
    """A forwarder that starts when it is first needed, and delivers only when it is rung."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._forwarder: Forwarder | None = None

    def deliver(self, outbox_ids: Sequence[int]) -> None:
        """Delivers in this process."""
        if self._forwarder is None:
            self._forwarder = Forwarder(self._service, sweeps=False)
            self._forwarder.start()
        self._forwarder.ring(outbox_ids)

    def stop(self) -> None:
        """Hands its leases back."""
        if self._forwarder is not None:
            self._forwarder.stop()


def main(environ: Mapping[str, str]) -> int:
    """Runs until SIGTERM or SIGINT, then returns 0. Raises ConfigError, StoreError."""
    config = secrets.load(environ)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    parts = runtime.build(config, environ)
    parts.prepare()
    watching = Watching(parts)
    watching.start()
    service = watching.service
    standby = _Standby(service)
    sweeps = 0
    while not stopping.is_set():
        sweep(service, parts.doorbell, standby.deliver)
        sweeps += 1
        if sweeps % CHECKPOINT_EVERY == 0:
            _checkpoint(parts.service.database)
        stopping.wait(SWEEP_SECONDS)
    watching.stop()
    standby.stop()
    return 0


def _checkpoint(database: Database) -> None:
    try:
        database.checkpoint()
    except StoreError as error:
        log.error("no checkpoint (%s)", error)
