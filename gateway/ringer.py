"""RQ's worker for the doorbell: in this process, without a fork, and for one job alone.

A bell needs none of the bookkeeping that RQ keeps of other jobs: it wakes the forwarder, then it is forgotten. While
the forwarder finds something each moment it looks by itself, and nobody needs to ring: a job for each report would
cost several times what sending it does. A job that names anything but the doorbell is refused, so that whoever can
write to the queue cannot have code run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

from gateway import jobs
from gateway.bell import FLAG, FLAG_MILLISECONDS, JOB, QUEUE

QUIET_SECONDS = 0.15
REFRESH_SECONDS = 0.1
LONGEST_SECONDS = 60.0  # RQ counts a worker that it has not heard of for long as dead

log = logging.getLogger("quietline.ringer")


class RingerWorker(SimpleWorker):
    """Answers bells.

    Args:
        connection: to the queue.
        on_stop: called when the process is asked to end.
    """

    def __init__(self, connection: Any, on_stop: Callable[[], None]) -> None:
        super().__init__([QUEUE], connection=connection, serializer=JSONSerializer)
        self._on_stop = on_stop
        self._ending = threading.Event()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Takes the job out of the queue's books, then wakes the forwarder and keeps the flag while it is busy."""
        try:
            name, arguments = job.func_name, job.args
        except (DeserializationError, ValueError, TypeError):
            name, arguments = "unreadable", ()
        with self.connection.pipeline() as books:
            books.set(FLAG, 1, px=FLAG_MILLISECONDS)
            books.delete(job.key)
            books.lrem(queue.intermediate_queue_key, 1, job.id)
            books.execute()
        if name == JOB and len(arguments) == 1:
            jobs.deliver(arguments[0])
            self._attend()
        else:
            log.error("a job that is no doorbell was refused")
            self.connection.delete(FLAG)

    def _attend(self) -> None:
        until = time.monotonic() + LONGEST_SECONDS
        while jobs.quiet_seconds() < QUIET_SECONDS and time.monotonic() < until and not self._ending.is_set():
            self._ending.wait(REFRESH_SECONDS)
            self.connection.set(FLAG, 1, px=FLAG_MILLISECONDS)
        self.connection.delete(FLAG)
        jobs.deliver(())  # finds what came until the flag went

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Notes that the process is to end, so that the forwarder ends its sends too."""
        self._ending.set()
        self._on_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
