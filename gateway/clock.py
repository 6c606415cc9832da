"""The clock process: a sweep every few seconds; every five minutes what is past its time is erased."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from gateway import lifeline, runtime, secrets
from gateway.config import Config
from gateway.readiness import Readiness
from gateway.runtime import Runtime
from gateway.watching import Watching
from handlers import exercises, retention, shifts, spooling
from handlers.backups import ERASED
from handlers.erasure import ErasureList
from handlers.forwarding import Forwarder
from handlers.records.database import StoreError
from handlers.retention import Policy
from handlers.service import Service
from handlers.spool import SpoolError
from handlers.sweep import sweep

SWEEP_SECONDS = 5.0
SPOOL_SECONDS = 1.0
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
    """Runs until SIGTERM or SIGINT, then returns 0. Raises ConfigError."""
    config = secrets.load(environ)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    parts = runtime.build(config, environ)
    if not Readiness(parts.prepare).wait(stopping):
        return 0
    watching = Watching(parts, lambda: len(parts.spool.contents()))
    watching.start()
    service = watching.service
    standby = _Standby(service)
    sweeps = 0
    while not stopping.is_set():
        sweep(service, parts.doorbell, standby.deliver, parts.spool)
        sweeps += 1
        if sweeps % CHECKPOINT_EVERY == 0:
            _tidy(parts.service, config)
        _pause(service, parts, stopping)
    watching.stop()
    standby.stop()
    return 0


def _pause(service: Service, parts: Runtime, stopping: threading.Event) -> None:
    """Waits for the next sweep; what comes into the spool meanwhile is brought home at once."""
    end = time.monotonic() + SWEEP_SECONDS
    while (left := end - time.monotonic()) > 0 and not stopping.wait(min(SPOOL_SECONDS, left)):
        try:
            spooling.replay(service, parts.spool, parts.doorbell)
        except (StoreError, SpoolError) as error:
            log.error("the spool waits (%s)", error)
        except Exception as error:  # noqa: BLE001 - the clock must go on
            log.error("the spool waits (%s)", type(error).__name__)


def _tidy(service: Service, config: Config) -> None:
    """Erases what is past its time, and empties the log."""
    policy = Policy(
        confirmed_days=config.keep_reports_days,
        other_days=config.keep_other_days,
        unsent_hours=config.keep_unsent_hours,
        sealed_days=config.keep_sealed_days,
    )
    steps: tuple[Callable[[], object], ...] = (
        lambda: retention.run(service, ErasureList(config.data / ERASED), policy),
        lambda: exercises.erase_old(service, ErasureList(config.data / ERASED)),
        lambda: shifts.tidy(service),
        service.database.checkpoint,
    )
    for step in steps:
        try:
            step()
        except StoreError as error:
            log.error("could not tidy up (%s)", error)
        except Exception as error:  # noqa: BLE001 - the clock must go on
            log.error("could not tidy up (%s)", type(error).__name__)
