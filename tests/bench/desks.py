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

REST = 0.4
MOST = 40
AT_ONCE = 20
_TRAIN = re.compile(rb'class="train">.*?(\d\d:\d\d).*?coach (\w+)')


class Desk:
    """One open desk."""

    def __init__(self, number: int, port: int, cookie: str, record: TextIO) -> None:
        self._number, self._port, self._record = number, port, record
        self._head = _head(port, cookie)
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()

    async def run(self, gate: asyncio.Semaphore) -> None:
        """Holds the stream until it is cancelled."""
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=4096)
            writer.write(f"GET /bench/events {self._head}Accept: text/event-stream\r\n\r\n".encode())
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


class Listener(asyncio.Protocol):
    """An open desk that fetches nothing: cheap, so that thousands of them measure the server and not themselves."""

    def __init__(self, number: int, head: bytes, record: TextIO) -> None:
        self._number, self._head, self._record = number, head, record
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Notes what is told of the queue, not who is there."""
        now = time.monotonic()
        if not self.opened.done():
            assert b" 200 " in data.split(b"\r\n", 1)[0]
            self._record.write(f"{now:.6f} {self._number} open\n")
            self.opened.set_result(None)
        if b"event: changed" in data:
            self._record.write(f"{now:.6f} {self._number} heard\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """Notes that the desk hung up."""
        self._record.write(f"{time.monotonic():.6f} {self._number} closed\n")


async def _listen(number: int, port: int, cookie: str, record: TextIO, gate: asyncio.Semaphore) -> None:
    head = f"GET /bench/events {_head(port, cookie)}Accept: text/event-stream\r\n\r\n".encode()
    async with gate:
        _, listener = await asyncio.get_running_loop().create_connection(
            lambda: Listener(number, head, record), "127.0.0.1", port
        )
        await listener.opened
    await asyncio.get_running_loop().create_future()


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


async def _main(port: int, cookies: list[str], record: TextIO, fetch: bool) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    running = asyncio.gather(
        *(
            Desk(number, port, cookie, record).run(gate) if fetch else _listen(number, port, cookie, record, gate)
            for number, cookie in enumerate(cookies)
        )
    )
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
    with args.record.open("a") as record:
        asyncio.run(_main(args.port, args.cookies.read_text().split(), record, args.fetch))


if __name__ == "__main__":
    main()
