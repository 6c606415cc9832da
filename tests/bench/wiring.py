"""Connections dealt evenly over a server's workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import proc
from tests.bench.load import Connection
from tests.bench.processes import BenchError, Process, wait_until

_MOST = 400
_WORKER_SECONDS = 10.0


@contextmanager
def connections(port: int, count: int, server: Process) -> Iterator[list[Connection]]:
    """`count` keep-alive connections, the same number to each worker, closed at the end.

    Workers that listen with SO_REUSEPORT get connections by a hash of the ports: eight of them may fall seven to one,
    and the figure would be of the dice. More are opened than needed, then the surplus is closed. Raises BenchError
    when a worker never gets its share.
    """
    wait_until(lambda: bool(proc.workers(server.pid)), _WORKER_SECONDS, "a worker", server)
    pids = proc.workers(server.pid)
    share = count // max(1, len(pids))
    kept: list[Connection] = []
    spare: list[Connection] = []
    dealt: Counter[int] = Counter()
    while len(kept) < share * len(pids):
        if len(kept) + len(spare) > _MOST:
            raise BenchError(f"{server.name}: connections do not reach every worker")
        opened = [Connection(port) for _ in range(count)]
        owners = _owners(port, opened, pids)
        for connection in opened:
            owner = owners.get(connection.socket.getsockname()[1])
            if owner is None or dealt[owner] >= share:
                spare.append(connection)
            else:
                dealt[owner] += 1
                kept.append(connection)
    for connection in spare:
        connection.close()
    try:
        yield kept
    finally:
        for connection in kept:
            connection.close()


def _owners(port: int, opened: list[Connection], pids: list[int]) -> dict[int, int]:
    """By the client's port: the worker that took it. Waits a moment for the workers to accept."""
    ports = {connection.socket.getsockname()[1] for connection in opened}
    owners: dict[int, int] = {}
    for _ in range(200):
        owners = proc.holders(port, pids)
        if ports <= owners.keys():
            break
    return owners
