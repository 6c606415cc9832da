"""A quick control room: answers every report with 204 and writes one line for it before it does.

The line is the proof that outlives a kill -9 of this process: `monotonic-seconds idempotency-key kind marks`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.bench.crowd import MARK, reporter_of
from tests.bench.load import complete
from tests.bench.processes import Process, free_port, listens, python, wait_until

_NO_CONTENT = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


def line(body: bytes, now: float) -> bytes:
    """What is kept of one delivery: a CloudEvents envelope around the report, or the bare report."""
    event = orjson.loads(body)
    report = event.get("data", event)
    marks = ",".join(sorted({found[0].decode() for found in MARK.finditer(body)}))
    return f"{now:.6f} {report['id']}:{report['revision']} {report['kind']} {marks or '-'}\n".encode()


class _Intake(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, keep-alive, no more than that."""

    def __init__(self, record: int) -> None:
        self._record, self._buffer = record, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := complete(self._buffer)) is not None:
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            os.write(self._record, line(request.partition(b"\r\n\r\n")[2], time.monotonic()))
            self._transport.write(_NO_CONTENT)


async def _serve(port: int, record: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Intake(record), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One arrival at the sink. `marks` names the marked texts that the report held."""

    at: float
    report: str
    revision: int
    kind: str
    marks: frozenset[str]


def read(record: Path) -> list[Delivery]:
    """All arrivals so far, in order."""
    found = []
    for entry in record.read_text().splitlines():
        at, key, kind, marks = entry.split(" ")
        report, _, revision = key.rpartition(":")
        found.append(Delivery(float(at), report, int(revision), kind, frozenset(marks.split(",")) - {"-"}))
    return found


@dataclass(slots=True)
class Audit:
    """Deliveries held against the texts that were acknowledged.

    `missing`: marks of acknowledged texts in no report at the sink. `twice`: reporters with two reports, and, where
    `resends` are not excused (nothing was killed), deliveries of a revision that had already come.
    """

    missing: set[str] = field(default_factory=set)
    twice: int = 0
    resends: int = 0


def audit(deliveries: list[Delivery], acknowledged: Iterable[str]) -> Audit:
    """Nothing lost, nothing doubled: by mark (reporter and text) and by idempotency key."""
    expected = set(acknowledged)
    reporters = {reporter_of(mark) for mark in expected}
    reports: dict[str, set[str]] = {}
    keys: Counter[tuple[str, int]] = Counter()
    seen: set[str] = set()
    for delivery in deliveries:
        if not delivery.marks or {reporter_of(mark) for mark in delivery.marks} & reporters:
            keys[delivery.report, delivery.revision] += 1
        for mark in delivery.marks:
            reports.setdefault(reporter_of(mark), set()).add(delivery.report)
        seen |= delivery.marks
    return Audit(
        expected - seen,
        sum(len(ids) - 1 for who, ids in reports.items() if who in reporters),
        sum(times - 1 for times in keys.values()),
    )


class SinkServer:
    """The sink as a process of its own; `url` is where reports are posted."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port, self.record = port or free_port(), folder / "sink.record"
        self.record.touch()
        self.url = f"http://127.0.0.1:{self.port}/reports"
        self._args = python("tests.bench.sink", "--port", str(self.port), "--record", str(self.record))
        self._log = folder / "sink.log"

    def start(self) -> SinkServer:
        """Starts it and waits until it listens."""
        self.process = Process("sink", self._args, self._log)
        wait_until(lambda: listens(self.port), 10, "sink", self.process)
        return self

    def stop(self) -> None:
        self.process.stop()

    def deliveries(self) -> list[Delivery]:
        return read(self.record)


def main() -> None:
    """`python -m tests.bench.sink --port P --record FILE`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    record = os.open(args.record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    sys.setswitchinterval(1)
    asyncio.run(_serve(args.port, record))


if __name__ == "__main__":
    main()
