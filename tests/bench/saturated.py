"""Saturated slices: each contestant in turn, again and again, so that a noisy minute falls on all of them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from tests.bench import proc
from tests.bench.crowd import TEXTS_EACH, Crowd
from tests.bench.load import closed_loop
from tests.bench.posts import Target, posts
from tests.bench.processes import BenchError, Process
from tests.bench.wiring import connections

_MOST_PER_SECOND = 9000
_WARM_UP = 0.3


@dataclass(frozen=True, slots=True)
class Contestant:
    """One running server."""

    name: str
    target: Target
    server: Process
    crowd: Crowd


@dataclass(frozen=True, slots=True)
class Slice:
    """Requests a second, median and 99th percentile in seconds, CPU seconds of the server for each request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def one_slice(contestant: Contestant, seconds: float, count: int, fastest: float = _MOST_PER_SECOND) -> Slice:
    """One saturated slice over `count` connections, requests prepared for up to `fastest` a second.

    Raises BenchError when an answer is not 200.
    """
    most = int(seconds * fastest / TEXTS_EACH) + count
    prepared = posts(contestant.target, contestant.crowd.take(min(most, contestant.crowd.left)))
    with connections(contestant.target.port, count, contestant.server) as opened:
        before = proc.cpu_seconds(contestant.server.pid)
        tally = closed_loop(opened, prepared, seconds)
        cpu = proc.cpu_seconds(contestant.server.pid) - before
    contestant.crowd.give_back(len(prepared) - len({answer.text.reporter for answer in tally.answers}))
    if set(tally.statuses) != {200}:
        raise BenchError(f"{contestant.name} answered {dict(tally.statuses)}: {contestant.server.tail()}")
    return Slice(tally.rate, tally.percentile(0.5), tally.percentile(0.99), cpu / len(tally.answers))


def rounds(contestants: list[Contestant], pairs: int, seconds: float, count: int) -> dict[str, list[Slice]]:
    """For each contestant `pairs` slices, interleaved, after a short warm-up."""
    warm = {contestant.name: one_slice(contestant, _WARM_UP, count) for contestant in contestants}
    found: dict[str, list[Slice]] = {contestant.name: [] for contestant in contestants}
    for turn in range(pairs):
        for contestant in contestants if turn % 2 == 0 else reversed(contestants):
            fastest = 2 * max(each.rate for each in (warm[contestant.name], *found[contestant.name]))
            found[contestant.name].append(one_slice(contestant, seconds, count, fastest))
    return found


def rates(slices: list[Slice]) -> list[float]:
    return [each.rate for each in slices]


def median_rate(slices: list[Slice]) -> float:
    return statistics.median(rates(slices))


def tails(slices: list[Slice]) -> str:
    """Median p50 and p99 in milliseconds, and CPU in microseconds, for the table."""
    p50, p99, cpu = (statistics.median(getattr(each, name) for each in slices) for name in ("p50", "p99", "cpu"))
    return f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, {cpu * 1e6:.0f} us CPU"
