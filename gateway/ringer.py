"""RQ's worker for the doorbell: in this process, without a fork, and for one job alone.

A bell needs none of the bookkeeping that RQ keeps of other jobs: it wakes the forwarder, then it is forgotten. A
job that names anything but the doorbell is refused, so that whoever can write to the queue cannot have code run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

from gateway import jobs
from gateway.bell import FLAG, JOB, QUEUE

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

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Takes the job and the flag out of the queue's books, then wakes the forwarder."""
        try:
            name, arguments = job.func_name, job.args
        except (DeserializationError, ValueError, TypeError):
            name, arguments = "unreadable", ()
        with self.connection.pipeline() as books:
            books.delete(FLAG, job.key)
            books.lrem(queue.intermediate_queue_key, 1, job.id)
            books.execute()
        if name == JOB and len(arguments) == 1:
            jobs.deliver(arguments[0])
        else:
            log.error("a job that is no doorbell was refused")

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Notes that the process is to end, so that the forwarder ends its sends too."""
        self._on_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
