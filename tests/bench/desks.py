"""Open desks without browsers, in a process of their own: each holds the live stream, and fetches lines as a page does.

    python -m tests.bench.desks --port P --cookies FILE --record FILE [--fetch]

What each desk hears or shows is a line of the record, `monotonic-seconds desk what`: `open`, `heard`, and with
`--fetch` `HH:MM/COACH` for the train and coach of each line that came. A desk fetches as static/queue.js does: one
fetch at a time, 400 ms apart at least, what changed meanwhile together. It ends with SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from pathlib import Path
from typing import TextIO

from tests.bench.listeners import Listeners

REST = 0.4
MOST = 40
AT_ONCE = 20
_TRAIN = re.compile(rb'class="train">.*?(\d\d:\d\d).*?coach (\w+)')


class Desk:
    """One open desk."""

    def __init__(self, number: int, port: int, cookie: str, record: TextIO) -> None:
        self._number, self._port, self._record = number, port, record
        self._head, self._stream = _head(port, cookie), _stream(port, cookie).encode()
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()

    async def run(self, gate: asyncio.Semaphore) -> None:
        """Holds the stream until it is cancelled."""
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=4096)
            writer.write(self._stream)
            assert b" 200 " in await reader.readline()
        self._note("open")
        fetching = asyncio.create_task(self._lines())
        while line := await reader.readline():
            if line.startswith(b"data: "):
                self._note("heard")
                self._wanted |= set(line[6:].decode().strip().split(","))
                self._changed.set()
        self._note("closed")
        fetching.cancel()

    async def _lines(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        last = 0.0
        while True:
            await self._changed.wait()
            await asyncio.sleep(max(0.0, REST - (time.monotonic() - last)))
            last = time.monotonic()
            some = self._wanted
            self._wanted = set()
            self._changed.clear()
            query = "" if "*" in some or len(some) > MOST else f"?changed={','.join(some)}"
            writer.write(f"GET /bench/lines{query} {self._head}\r\n".encode())
            status, body = await _body(reader)
            if status != 200:
                self._note(f"refused-{status}")
                self._wanted |= some
                self._changed.set()
                continue
            self._note("looked")
            for when, coach in _TRAIN.findall(body.replace(b"\n", b" ")):
                self._note(f"{when.decode()}/{coach.decode()}")

    def _note(self, what: str) -> None:
        self._record.write(f"{time.monotonic():.6f} {self._number} {what}\n")


def _stream(port: int, cookie: str) -> str:
    """The request for the live stream."""
    return f"GET /bench/events {_head(port, cookie)}Accept: text/event-stream\r\n\r\n"


def _head(port: int, cookie: str) -> str:
    """The end of a request's first line, and what every request of a page carries."""
    return f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: __Host-desk={cookie}\r\nX-By-Itself: 1\r\n"


async def _body(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """An answer's status and body."""
    status = int((await reader.readline()).split(b" ")[1])
    length = 0
    while (line := await reader.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, await reader.readexactly(length)


async def _main(port: int, cookies: list[str], record: TextIO) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    running = asyncio.gather(*(Desk(number, port, cookie, record).run(gate) for number, cookie in enumerate(cookies)))
    while not running.done():
        await asyncio.sleep(0.2)
        record.flush()
    await running


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cookies", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--fetch", action="store_true")
    args = parser.parse_args()
    cookies = args.cookies.read_text().split()
    with args.record.open("a") as record:
        if args.fetch:
            asyncio.run(_main(args.port, cookies, record))
        else:
            Listeners(args.port, [_stream(args.port, cookie).encode() for cookie in cookies], record).run()


if __name__ == "__main__":
    main()
