"""The doorbell through a real queue: rung once however often, answered once, and nothing else is ever run."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from gateway import jobs
from gateway.bell import FLAG, JOB, QUEUE, TRUST_SECONDS, BackgroundDoorbell, RqDoorbell, connect
from gateway.embedded import EmbeddedServer, shipped_binary
from gateway.ringer import RingerWorker
from handlers.forwarding import ATTENTIVE_SECONDS
from tests.fakes import FakeDoorbell
from tests.waiting import until


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = shipped_binary()
    assert binary is not None
    server = EmbeddedServer(tmp_path_factory.mktemp("v"), binary)
    server.start()
    server.wait()
    yield server.url
    server.stop()


@pytest.fixture
def redis(url: str) -> Iterator[Any]:
    connection = connect(url, 5.0)
    connection.flushall()
    yield connection
    connection.close()


class Forwarder(FakeDoorbell):
    """Is busy while it is looked at `busy` times; `during` runs each time."""

    def __init__(self, busy: int = 0, during: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._busy, self._during = busy, during

    def quiet_seconds(self) -> float:
        self._during()
        self._busy -= 1
        return 0.0 if self._busy >= 0 else math.inf


def answer(redis: Any, forwarder: Forwarder | None = None) -> list[int]:
    """A worker answers all bells that hang in the queue; what the forwarder was woken for."""
    forwarder = forwarder or Forwarder()
    jobs.attach(forwarder)
    RingerWorker(redis, lambda: None).work(burst=True, logging_level="ERROR")
    return forwarder.rung


def test_a_bell_wakes_the_forwarder_and_leaves_nothing_behind(redis: Any, url: str) -> None:
    assert RqDoorbell(url).ring([7, 8])
    assert answer(redis) == [7, 8]
    left = {key.decode() for key in redis.keys("*")}
    assert not any("job" in key or "intermediate" in key or key == FLAG for key in left), left


def test_bells_that_pile_up_ring_once(redis: Any, url: str) -> None:
    bell = RqDoorbell(url)
    assert all(bell.ring([number]) for number in range(50))
    assert Queue(QUEUE, connection=redis, serializer=JSONSerializer).count == 1
    assert answer(redis) == [0]
    until(lambda: not bell.is_heard())
    assert bell.ring([51])
    assert answer(redis) == [51], "after the bell was answered the next one rings again"


def test_while_the_forwarder_is_busy_nobody_has_to_ring(redis: Any, url: str) -> None:
    others: list[bool] = []
    RqDoorbell(url).ring([1])
    assert answer(redis, Forwarder(busy=2, during=lambda: others.append(RqDoorbell(url).ring([2])))) == [1]
    assert others
    assert all(others)
    assert redis.get(FLAG) is None, "the next one rings again"


def test_f6_a_seen_flag_is_trusted_for_less_time_than_the_forwarder_looks(redis: Any, url: str) -> None:
    bell = RqDoorbell(url)
    bell.ring([1])
    assert bell.is_heard()
    assert TRUST_SECONDS < ATTENTIVE_SECONDS / 2
    until(lambda: not bell.is_heard(), TRUST_SECONDS * 3)


def test_f6_a_flag_that_nobody_takes_away_goes_by_itself(redis: Any, url: str) -> None:
    RqDoorbell(url).ring([1])
    redis.delete(f"rq:queue:{QUEUE}")
    until(lambda: redis.get(FLAG) is None, 3)
    RqDoorbell(url).ring([2])
    assert answer(redis) == [2]


def test_from_a_thread_of_its_own_an_answer_waits_for_nothing(redis: Any, url: str) -> None:
    bell = BackgroundDoorbell(RqDoorbell(url))
    bell.ring([1])
    until(lambda: Queue(QUEUE, connection=redis, serializer=JSONSerializer).count == 1)


@pytest.mark.parametrize("ids", [[1], [1, 2]])
def test_r21_jobs_carry_ids_alone_as_json(redis: Any, url: str, ids: Sequence[int]) -> None:
    RqDoorbell(url).ring(ids)
    [job] = Queue(QUEUE, connection=redis, serializer=JSONSerializer).jobs
    assert (job.func_name, list(job.args)) == (JOB, [list(ids)])


def test_q13_a_job_that_is_no_doorbell_is_refused(redis: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    target = tmp_path / "ran"
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    queue.enqueue("os.mkdir", str(target))
    assert answer(redis) == []
    assert not target.exists()
    assert "refused" in caplog.text


def test_q13_pickled_bytes_are_refused(redis: Any, tmp_path: Path) -> None:
    class Run:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.mkdir, (tmp_path / "ran",))

    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    job = queue.enqueue(JOB, [1])
    redis.hset(job.key, "data", pickle.dumps(Run()))
    assert answer(redis) == []
    assert not (tmp_path / "ran").exists()


def test_a_dead_queue_costs_one_short_wait_then_none() -> None:
    bell = RqDoorbell("redis://127.0.0.1:1/0")
    assert not bell.ring([1])
    assert not bell.ring([2])
