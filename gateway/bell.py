"""The doorbell: says through RQ that outbox rows are due. Losing it costs time, never a report (F6).

One bell hangs in the queue at a time: a flag says that one does, or that the worker who answered it still looks at
the outbox by itself. The worker takes the flag away before it looks for the last time, so what was committed
meanwhile is seen; it goes on looking for longer than anybody trusts a flag that it has seen. A flag that nobody
takes away goes by itself.

Jobs carry ids only, as JSON (R21). rq and redis are imported by the first ring, in its thread, after the first
answer has gone out.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any

QUEUE = "outbox"
JOB = "gateway.jobs.deliver"
WAIT_SECONDS = 0.3
BREAKER_SECONDS = 5.0
FLAG = "quietline:bell"
FLAG_MILLISECONDS = 500
# How long a flag that was seen is trusted: shorter than `handlers.forwarding.ATTENTIVE_SECONDS`.
TRUST_SECONDS = 0.1
SPACING_SECONDS = 0.003
JOB_TIMEOUT_SECONDS = 20
_IMPORT_AFTER_SECONDS = 0.05
_ANSWER_FIRST_SECONDS = 0.002

log = logging.getLogger("quietline.bell")


class RqDoorbell:
    """Rings at once; after a failure it stays silent for 5 s instead of waiting again."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._queue: Any = None
        self._silent_until = self._heard_until = 0.0

    def is_heard(self) -> bool:
        """Whether what has been committed by now is seen without another bell."""
        return time.monotonic() < self._heard_until

    def ring(self, outbox_ids: Sequence[int]) -> bool:
        """Enqueues one job that names the rows, unless a bell hangs in the queue or is being answered already."""
        now = time.monotonic()
        if now < self._silent_until:
            return False
        if self.is_heard():
            return True
        try:
            bells = self._connected()
            if bells.connection.set(FLAG, 1, nx=True, px=FLAG_MILLISECONDS):
                bells.enqueue(JOB, list(outbox_ids), result_ttl=0, failure_ttl=60, job_timeout=JOB_TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever a queue does, the outbox row is there
            self._silent_until = time.monotonic() + BREAKER_SECONDS
            log.warning("the doorbell cannot be rung (%s), the clock takes over", type(error).__name__)
            return False
        self._heard_until = now + TRUST_SECONDS
        return True

    def _connected(self) -> Any:
        if self._queue is None:
            from rq import Queue
            from rq.serializers import JSONSerializer

            self._queue = Queue(QUEUE, connection=connect(self._url, WAIT_SECONDS), serializer=JSONSerializer)
        return self._queue


def connect(url: str, wait_seconds: float | None) -> Any:
    """A Redis client that never retries by itself and waits `wait_seconds` at most (None: as long as it takes)."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url, socket_timeout=wait_seconds, socket_connect_timeout=wait_seconds or 5.0, retry=Retry(NoBackoff(), 0)
    )


class BackgroundDoorbell:
    """Rings from a thread of its own, so that no answer waits for the queue; bells that pile up ring as one."""

    def __init__(self, bell: RqDoorbell) -> None:
        self._bell = bell
        self._pending: queue.SimpleQueue[Sequence[int]] = queue.SimpleQueue()
        self._pid = 0
        self._lock = threading.Lock()

    def ring(self, outbox_ids: Sequence[int]) -> bool:
        """Hands the ids to the thread, which is started in the process that rings first."""
        if self._bell.is_heard():
            return True
        self._pending.put(outbox_ids)
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    threading.Thread(target=self._run, name="doorbell", daemon=True).start()
        return True

    def _run(self) -> None:
        pause = threading.Event()
        pause.wait(_IMPORT_AFTER_SECONDS)
        while True:
            ids = list(self._pending.get())
            pause.wait(_ANSWER_FIRST_SECONDS)
            while not self._pending.empty():
                ids.extend(self._pending.get())
            self._bell.ring(ids)
            pause.wait(SPACING_SECONDS)


class NoDoorbell:
    """Where there is no queue: the clock finds what is due."""

    def ring(self, _outbox_ids: Sequence[int]) -> bool:
        """Nobody hears it."""
        return False
