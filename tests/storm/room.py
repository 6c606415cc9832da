"""A rude control room: answers 500 or 503 to some reports, hangs before or after it took others, and writes down what
it took.

One JSON line for each report taken, written before the answer: it outlives a kill -9 of this process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.bench.processes import Process, free_port, listens, python, wait_until

REFUSED, BUSY, HUNG, TOOK_AND_HUNG = FATES = ("500", "503", "hangs", "takes it and hangs")
SHARES = (0.03, 0.02, 0.01, 0.02)
BRISK = (0.03, 0.02, 0.0, 0.0)
"""Without hanging: a sender killed in the middle of it leaves a lease of 30 s."""
POLITE = (0.0, 0.0, 0.0, 0.0)
HANG_SECONDS = 12.0  # longer than a sender waits
BUSY_SECONDS = 2


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
        fate = self._fate(document["id"])
        if fate == REFUSED:
            self._answer(500)
            return
        if fate == BUSY:
            self._answer(503, {"Retry-After": str(BUSY_SECONDS)})
            return
        if fate == HUNG:
            threading.Event().wait(HANG_SECONDS)
            self.close_connection = True
            return
        line = {
            "report": document["id"],
            "revision": document["revision"],
            "state": document["state"],
            "texts": [entry["text"] for entry in document["account"]],
        }
        os.write(self.server.record, json.dumps(line).encode() + b"\n")  # type: ignore[attr-defined]
        if fate == TOOK_AND_HUNG:
            threading.Event().wait(HANG_SECONDS)
        self._answer(204)

    def _fate(self, report: str) -> str:
        """Rude to a report once at most: the third failure of one would be tried again two minutes later, rightly."""
        met: set[str] = self.server.met  # type: ignore[attr-defined]
        shares: tuple[float, ...] = self.server.shares  # type: ignore[attr-defined]
        [fate] = random.choices((*FATES, ""), (*shares, 1 - sum(shares)))
        if report in met:
            return ""
        if fate:
            met.add(report)
            os.write(self.server.remembered, report.encode() + b"\n")  # type: ignore[attr-defined]
        return fate

    def _answer(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.met: set[str] = set()
        self.shares = SHARES

    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A sender that gave up is no news."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One report as the room took it; `texts` are the words of its account."""

    report: str
    revision: int
    state: str
    texts: tuple[str, ...]


class Room:
    """The control room as a process of its own."""

    def __init__(self, folder: Path, hangs: bool = True, polite: bool = False) -> None:
        self.port, self.record = free_port(), folder / "room.jsonl"
        self.record.touch()
        self.url = f"http://127.0.0.1:{self.port}/reports"
        manners = ["--polite"] if polite else [] if hangs else ["--brisk"]
        self._args = python("tests.storm.room", "--port", str(self.port), "--record", str(self.record), *manners)
        self._log = folder / "room.log"

    def start(self) -> Room:
        """Starts it and waits until it listens."""
        self.process = Process("sink", self._args, self._log)
        wait_until(lambda: listens(self.port), 10, "room", self.process)
        return self

    def stop(self) -> None:
        self.process.stop()

    def taken(self) -> list[Taken]:
        """All it took, repeats included, in order."""
        lines = [json.loads(line) for line in self.record.read_bytes().splitlines()]
        return [Taken(line["report"], line["revision"], line["state"], tuple(line["texts"])) for line in lines]


def main() -> None:
    """`python -m tests.storm.room --port P --record FILE`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--brisk", action="store_true")
    parser.add_argument("--polite", action="store_true")
    args = parser.parse_args()
    server = _Server(("127.0.0.1", args.port), _Handler)
    server.record = os.open(args.record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)  # type: ignore[attr-defined]
    remembered = Path(args.record).with_suffix(".met")
    server.remembered = os.open(remembered, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)  # type: ignore[attr-defined]
    server.met.update(remembered.read_text().split())
    server.shares = POLITE if args.polite else BRISK if args.brisk else SHARES
    server.serve_forever()


if __name__ == "__main__":
    main()
