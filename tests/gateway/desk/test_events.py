"""The live stream: an open desk hears of a text at once, and nobody hears of what is not theirs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import uvicorn

from gateway.desk import events as events_module
from gateway.desk.events import Events, Watcher
from gateway.desk.guard import COOKIE
from gateway.desk.server import Server
from handlers import people, sign_in
from handlers.presence import Presence
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire
from tests.waiting import Watch

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


@pytest.fixture
def desk(lite: Database) -> Desk:
    return Desk.build(lite, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))


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
        """What comes next, who is there apart."""
        while True:
            heard = await asyncio.wait_for(self.heard.get(), 10)
            if not heard.get("body", b"").startswith(b"event: presence"):
                return heard

    async def presence(self) -> dict[str, Any]:
        """Who is there, as the stream says next."""
        while True:
            heard = await asyncio.wait_for(self.heard.get(), 10)
            if heard.get("body", b"").startswith(b"event: presence\ndata: "):
                told: dict[str, Any] = json.loads(heard["body"].partition(b"data: ")[2])
                return told

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
        begun = (await stream.next())["body"]
        assert begun.startswith(b"retry: 2000\n\n")
        assert b"changed" in begun  # what came between the page and the stream
        await asyncio.to_thread(desk.say, NOW)
        watch = Watch()
        news = await stream.next()
        assert watch.seconds < 1.0
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


def test_f7_while_the_store_is_away_a_stream_is_refused_in_a_line_that_tells_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    token = _token(desk, "rhian", "dispatcher")
    desk.change("ALTER TABLE sessions RENAME TO gone")

    async def story() -> None:
        stream = Stream(Events(desk.service, _nobody), token)
        assert (await stream.next())["status"] == 503
        await stream.task

    asyncio.run(story())
    assert caplog.messages == ["a stream cannot be opened (StoreError)"]


def test_r16_the_stream_of_a_session_that_is_over_ends_and_the_others_live(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "ALIVE_SECONDS", 0.05)
    over, lasts = _token(desk, "rhian", "dispatcher"), _token(desk, "tom", "dispatcher")

    async def story() -> None:
        events = Events(desk.service, _nobody)
        ended, other = Stream(events, over), Stream(events, lasts)
        for stream in (ended, other):
            await stream.next()
            await stream.next()
        await asyncio.to_thread(sign_in.sign_out, desk.service, people.digest(over))
        while (last := await ended.next()).get("more_body"):
            assert last["body"] == b"event: alive\ndata:\n\n"
        assert last["body"] == b"event: changed\ndata: *\n\n"
        for _ in range(3):
            assert (await other.next())["body"] == b"event: alive\ndata:\n\n"
        for stream in (ended, other):
            await stream.leave()

    asyncio.run(story())


def test_a_browser_that_does_not_read_keeps_nobody_waiting_and_hears_everything_at_once_later() -> None:
    async def story() -> None:
        reads, told = asyncio.Event(), []

        async def send(message: Any) -> None:
            await reads.wait()
            told.append(message["body"])

        watcher = Watcher("session", send)
        for report in ("a", "b", "c"):
            watcher.tell(frozenset({report}), b"event: changed\ndata: " + report.encode() + b"\n\n")
            await asyncio.sleep(0)
        reads.set()
        while len(told) < 2:
            await asyncio.sleep(0)
        assert told == [b"event: changed\ndata: a\n\n", b"event: changed\ndata: b,c\n\n"]

    asyncio.run(story())


def test_one_browser_that_fails_keeps_the_event_from_nobody_else() -> None:
    async def story() -> None:
        told = []

        async def fails(_: Any) -> None:
            raise RuntimeError("gone")

        async def hears(message: Any) -> None:
            told.append(message["body"])

        for send in (fails, hears, fails, hears):
            Watcher("session", send).tell(frozenset({"a"}), b"event")
        assert told == [b"event", b"event"], "at once, before anything else runs"

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


def test_who_comes_and_reads_is_heard_by_the_others_of_the_same_queue(desk: Desk) -> None:
    token, other = _token(desk, "rhian", "dispatcher"), _token(desk, "tom", "dispatcher")
    desk.say(NOW)
    ((report,),) = desk.rows("SELECT report_id FROM desk_items")
    presence = Presence(desk.service)

    async def story() -> None:
        events = Events(desk.service, _nobody, presence)
        rhian = Stream(events, token)
        assert (await rhian.presence())["people"] == ["Rhian"]
        tom = Stream(events, other)
        while (told := await rhian.presence())["people"] != ["Rhian", "Tom"]:
            pass
        assert told["count"] == 2
        ((person,),) = desk.rows("SELECT id FROM people WHERE name = 'tom'")
        presence.write(person, "Tom", ("btp", "desk"), report)
        while not (told := await rhian.presence())["reports"]:
            pass
        assert told["reports"] == {report: [[person, "Tom", "writing"]]}
        await tom.leave()
        await rhian.leave()

    asyncio.run(story())


def test_a_desk_that_stops_ends_every_stream_and_those_that_come_late(desk: Desk) -> None:
    token = _token(desk, "rhian", "dispatcher")

    async def story() -> None:
        events = Events(desk.service, _nobody)
        streams = [Stream(events, token) for _ in range(3)]
        for stream in streams:
            await stream.presence()
        events.close()
        streams.append(Stream(events, token))
        for stream in streams:
            while (await stream.next()).get("more_body", True):
                pass
            await stream.leave()

    asyncio.run(story())


def test_the_server_does_not_wait_for_browsers_that_hold_their_stream(desk: Desk) -> None:
    token = _token(desk, "rhian", "dispatcher")

    async def story() -> None:
        events: Any = Events(desk.service, _nobody)
        server = Server(uvicorn.Config(events, port=0, lifespan="off", log_level="critical"), events)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /btp/events HTTP/1.1\r\nHost: desk\r\nCookie: {COOKIE}={token}\r\n\r\n".encode())
        assert b"200" in await reader.readline()
        server.should_exit = True
        assert (await asyncio.wait_for(reader.read(), 2)).endswith(b"0\r\n\r\n")
        writer.close()
        await asyncio.wait_for(serving, 2)

    asyncio.run(story())
