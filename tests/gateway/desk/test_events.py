"""The live stream: an open desk hears of a text at once, and nobody hears of what is not theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.desk.events import Events
from gateway.desk.guard import COOKIE
from handlers import people, sign_in
from handlers.records.database import Database
from handlers.records.migrate import prepare
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    database = Database(f"sqlite:///{tmp_path / 'quietline.sqlite3'}")
    prepare(database)
    return Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))


class Stream:
    """One open desk: `heard` is what came over its stream."""

    def __init__(self, events: Events, token: str, path: str = "/btp/events") -> None:
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        headers = [(b"cookie", f"{COOKIE}={token}".encode())] if token else []
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
        self.task = asyncio.create_task(events(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.heard.put(dict(message))

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.heard.get(), 10)

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.task, 10)


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("not for the stream")


def _token(desk: Desk, name: str, role: str) -> str:
    hire(desk, name, role)
    return sign_in.by_link(desk.service, people.one_time_link(desk.service, name)) or ""


def test_a_text_is_heard_within_a_second_and_the_stream_holds_no_content(desk: Desk) -> None:
    token = _token(desk, "rhian", "dispatcher")
    desk.say("hello", sender="+447700900001")

    async def story() -> None:
        stream = Stream(Events(desk.service, _nobody), token)
        start = await stream.next()
        assert start["status"] == 200
        assert (b"content-type", b"text/event-stream") in start["headers"]
        assert (await stream.next())["body"] == b"retry: 2000\n\n"
        assert b"changed" in (await stream.next())["body"]  # what came between the page and the stream
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(desk.say, NOW)
        said = loop.time()
        news = await stream.next()
        assert loop.time() - said < 1.0
        ((report,),) = desk.rows("SELECT report_id FROM desk_items")
        assert news["body"] == f"event: changed\ndata: {report}\n\n".encode()
        await stream.leave()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("role", "path"), [("operator", "/btp/events"), ("auditor", "/btp/events"), ("dispatcher", "/other/events")]
)
def test_r7_who_may_not_see_the_queue_hears_nothing_of_it(desk: Desk, role: str, path: str) -> None:
    token = _token(desk, "somebody", role)

    async def story() -> None:
        for given in (token, "", "x" * 43):
            stream = Stream(Events(desk.service, _nobody), given, path)
            assert (await stream.next())["status"] == 404
            await stream.task

    asyncio.run(story())


def test_a_desk_that_hangs_up_is_forgotten(desk: Desk) -> None:
    token = _token(desk, "rhian", "dispatcher")

    async def story() -> None:
        events = Events(desk.service, _nobody)
        streams = [Stream(events, token) for _ in range(50)]
        for stream in streams:
            await stream.next()
            await stream.leave()
        assert not any(events._watchers.values())

    asyncio.run(story())
