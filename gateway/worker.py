"""The worker process: RQ wakes a forwarder that sends side by side; without a queue the forwarder sweeps by itself.

One queue, and no fork for each job: a job only names outbox rows, and the forwarder's lanes outlive it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress

from gateway import jobs, lifeline, runtime, secrets
from gateway.bell import connect
from gateway.readiness import Readiness
from handlers.forwarding import Forwarder
from handlers.records import heartbeats
from handlers.records.database import StoreError
from handlers.service import Service, milliseconds

RECONNECT_SECONDS = 2.0
BEAT_SECONDS = 10.0
# A lane that writes holds everybody's lock: the senders must not keep the interpreter from it.
SWITCH_SECONDS = 0.0002

log = logging.getLogger("quietline.worker")


def main(environ: Mapping[str, str]) -> int:
    """Runs until SIGTERM or SIGINT, then returns 0. Raises ConfigError."""
    config = secrets.load(environ)
    sys.setswitchinterval(SWITCH_SECONDS)
    _give_way()
    stopping = threading.Event()
    _heed_signals(stopping)
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    parts = runtime.build(config, environ)
    if not Readiness(parts.prepare).wait(stopping):
        return 0
    forwarder = Forwarder(parts.service)
    forwarder.start()
    threading.Thread(target=_beat, args=(parts.service, stopping), name="heartbeat", daemon=True).start()
    while not stopping.is_set():
        if config.redis_url:
            _work(config.redis_url, forwarder, stopping)
        stopping.wait(RECONNECT_SECONDS)
    forwarder.stop()
    return 0


def _give_way() -> None:
    """Lets a web process that has just got a text go first, where the system knows such a thing (sched(7)).

    Less than a lower priority, which would take the processor away in the middle of a write, and the lock with it.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _work(redis_url: str, forwarder: Forwarder, stopping: threading.Event) -> None:
    """Takes jobs until told to stop or until the queue is gone."""
    from redis.exceptions import RedisError

    from gateway.ringer import RingerWorker

    jobs.attach(forwarder)
    try:
        RingerWorker(connect(redis_url, None), stopping.set).work(logging_level="WARNING")
    except (RedisError, OSError) as error:
        log.warning("no queue (%s), the outbox is swept instead", type(error).__name__)
    finally:
        _heed_signals(stopping)  # RQ's own handlers would raise where no worker of its is there to catch it


def _heed_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def _beat(service: Service, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            with service.database.write() as tx:
                heartbeats.beat(tx, "worker", milliseconds(service.clock.now()))
        except StoreError as error:
            log.error("no heartbeat (%s)", error)
        stopping.wait(BEAT_SECONDS)
