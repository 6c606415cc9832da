"""The queue's floor: rq's default Worker, which forks for each job, on a Valkey of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.bench.processes import BenchError, Process, python, wait_until

_STAMPS = "bench:stamps"


def stamp() -> None:
    """The job: one time stamp to Valkey."""
    from rq import get_current_job

    job = get_current_job()
    assert job is not None
    job.connection.rpush(_STAMPS, repr(time.time()))


def forking_rate(folder: Path, url: str, jobs: int) -> float:
    """Jobs a second from the first to the last of a filled queue. Raises BenchError when the worker does not finish.

    Args:
        url: address of a running Valkey.
        jobs: how many are queued beforehand, some hundreds.
    """
    from redis import Redis
    from rq import Queue

    with Redis.from_url(url) as redis:
        redis.delete(_STAMPS)
        queue = Queue("bench-floor", connection=redis)
        queue.enqueue_many([Queue.prepare_data(stamp, result_ttl=0) for _ in range(jobs)])
        command = python("rq.cli", "worker", "--burst", "--quiet", "--url", url, "bench-floor")
        worker = Process("rq worker", command, folder / "rq.log")
        try:
            wait_until(lambda: int(_count(redis)) >= jobs, 20 + jobs / 20, "rq worker", None)
        finally:
            worker.stop()
        stamps = sorted(float(value) for value in _stamps(redis))
    if len(stamps) != jobs:
        raise BenchError(f"rq ran {len(stamps)} of {jobs} jobs")
    return (jobs - 1) / (stamps[-1] - stamps[0])


def _count(redis: Any) -> int:
    return int(redis.llen(_STAMPS))


def _stamps(redis: Any) -> list[bytes]:
    return list(redis.lrange(_STAMPS, 0, -1))
