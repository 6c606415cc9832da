"""The live stream: tells open desks that their queue has changed, and nothing else (server-sent events).

One task looks at the queues that somebody watches, a few times a second, whatever the number of desks, and another one
sees now and then whose session is over. An open desk itself is a coroutine that waits for its browser to hang up: no
thread, no timer and no look at the store is its own. No content goes over the stream: the page fetches its lines,
which is audited as every look is. Who comes, goes, reads and writes is told by name (`handlers.presence`).

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import logging
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from gateway.desk import presence as presences
from gateway.desk.guard import COOKIE
from gateway.web.headers import HEADERS
from handlers import desk, sign_in
from handlers.desk import NotThere
from handlers.presence import Presence
from handlers.service import Service
from handlers.sign_in import SignedIn

LOOK_SECONDS: Final = 0.2
LONGEST_SECONDS: Final = 0.5
REST: Final = 10
ALIVE_SECONDS: Final = 15.0
MEET_SECONDS: Final = 1.0
AT_ONCE: Final = 100
_SUFFIX: Final = "/events"
_ANYTHING: Final = "*"
_BEGIN: Final = b"retry: 2000\n\nevent: changed\ndata: *\n\n"  # for what came between the page and the stream
_ALIVE: Final = b"event: alive\ndata:\n\n"
_OVER: Final = b"event: changed\ndata: *\n\n"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Watched = tuple[str, str]
log = logging.getLogger("quietline.desk")


class Watcher:
    """One open desk. What cannot be sent at once, because its browser does not read, waits as one event of a kind."""

    __slots__ = ("_changed", "_other", "_send", "_sending", "session")

    def __init__(self, session: str, send: Send) -> None:
        self.session = session
        self._send = send
        self._changed: set[str] = set()
        self._other = b""
        self._sending: asyncio.Task[None] | None = None

    def tell(self, reports: frozenset[str], event: bytes) -> None:
        """Sends an event; where the one before is still on its way, names these reports in the next."""
        if self._sending is None:
            self._sending = _begun(self._put(event))
        else:
            self._changed |= reports
            self._other = self._other if reports else event

    def end(self, last: bytes = _OVER) -> None:
        """Tells it to look, or something else, and closes the stream."""
        if self._sending is not None:
            self._sending.cancel()
        self._sending = _begun(self._finish(last))

    def gone(self) -> None:
        """Its browser has hung up."""
        if self._sending is not None:
            self._sending.cancel()

    async def _put(self, event: bytes) -> None:
        await self._send({"type": "http.response.body", "body": event, "more_body": True})
        while self._changed or self._other:
            waiting = (_event(frozenset(self._changed)) if self._changed else b"") + self._other
            self._changed, self._other = set(), b""
            await self._send({"type": "http.response.body", "body": waiting, "more_body": True})
        self._sending = None

    async def _finish(self, last: bytes) -> None:
        await self._send({"type": "http.response.body", "body": last, "more_body": False})


class Events:
    """ASGI application: `GET /<organisation>/events` here, everything else goes on to another one.

    Args:
        service: the shared parts.
        others: answers everything else.
        presence: who is at the desk, told to everybody there.
    """

    def __init__(self, service: Service, others: Application, presence: Presence | None = None) -> None:
        self._service = service
        self._presence = presence or Presence(service)
        self._others = others
        self._watchers: dict[Watched, set[Watcher]] = {}
        self._marks: dict[Watched, frozenset[tuple[str, int]]] = {}
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._people: dict[Watched, tuple[float, bytes]] = {}
        self._closed = False

    def close(self) -> None:
        """Ends every stream: this process stops, and browsers come back to the next one by themselves."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.end(b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and path.endswith(_SUFFIX) and path.count("/") == 2:
            await self._answer(scope, path.split("/")[1], receive, send)
        elif scope["type"] == "http":
            await self._others(scope, receive, send)

    async def _answer(self, scope: Scope, organisation: str, receive: Receive, send: Send) -> None:
        try:
            found = await asyncio.to_thread(self._watched, scope, organisation) if scope["method"] == "GET" else None
            if found is not None and found[0] not in self._marks:
                self._marks[found[0]] = await asyncio.to_thread(self._mark, found[0])
        except Exception as error:  # noqa: BLE001 - the server would write down all of it, for every desk
            log.error("a stream cannot be opened (%s)", type(error).__name__)
            await _refuse(send, 503, b"Not available right now. Please try again.\n")
            return
        if found is None:
            await _refuse(send, 404, b"There is nothing here.\n")
            return
        watched, person = found
        scope["headers"] = []  # the server keeps them, and the cookie, as long as the desk is open
        await _begin(send, 200, b"text/event-stream")
        seat = self._presence.sit(person.person_id, person.shown, watched)
        for begin in (_BEGIN, self._here(watched)):
            await send({"type": "http.response.body", "body": begin, "more_body": True})
        watcher = Watcher(person.session, send)
        self._watchers.setdefault(watched, set()).add(watcher)
        if self._closed:
            watcher.end(b"")
        else:
            self._keep_looking()
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            watcher.gone()
            self._presence.rise(seat)
            self._watchers[watched].discard(watcher)

    def _here(self, watched: Watched) -> bytes:
        """Who is there, for somebody who comes; where many do at once it is not worked out for each of them."""
        now = time.monotonic()
        until, event = self._people.get(watched, (0.0, b""))
        if now >= until:
            event = presences.event(self._presence, watched)
            self._people[watched] = (now + REST * (time.monotonic() - now), event)
        return event

    def _watched(self, scope: Scope, organisation: str) -> tuple[Watched, SignedIn] | None:
        """Which queue a session may watch, and whose it is; None where there is none for it."""
        token = _token(scope)
        person = sign_in.who(self._service, token, active=False) if token else None
        if person is None:
            return None
        role = "confidential" if b"team=confidential" in scope.get("query_string", b"") else None
        try:
            return (organisation, desk.audience_of(person, organisation, role)), person
        except NotThere:
            return None

    def _keep_looking(self) -> None:
        if not self._tasks or any(task.done() for task in self._tasks):
            for task in self._tasks:
                task.cancel()
            self._tasks = tuple(asyncio.create_task(each()) for each in (self._look, self._stay, self._meet))

    async def _look(self) -> None:
        """Wakes whoever watches a queue that has changed, for as long as anybody watches one.

        Where it takes long to tell them all, it rests ten times as long: texts that come meanwhile are told together.
        """
        while any(self._watchers.values()):
            told = 0.0
            for watched in [each for each, found in self._watchers.items() if found]:
                try:
                    mark = await asyncio.to_thread(self._mark, watched)
                except Exception as error:  # noqa: BLE001 - the store may be away: the pages say so
                    log.error("the queue cannot be watched (%s)", type(error).__name__)
                    continue
                news = frozenset(report for report, _ in mark ^ self._marks.get(watched, mark))
                self._marks[watched] = mark
                if news:
                    began = time.monotonic()
                    await self._spread(list(self._watchers[watched]), news, _event(news))
                    told += time.monotonic() - began
            await asyncio.sleep(min(max(LOOK_SECONDS, REST * told), LONGEST_SECONDS))
        self._marks.clear()

    async def _stay(self) -> None:
        """Lets every browser know that the stream lives, and ends the streams of sessions that are over (R16)."""
        while any(self._watchers.values()):
            await asyncio.sleep(ALIVE_SECONDS)
            try:
                lasting = await asyncio.to_thread(sign_in.lasting, self._service)
            except Exception as error:  # noqa: BLE001 - the store may be away: the pages say so
                log.error("it cannot be seen whose session is over (%s)", type(error).__name__)
                continue
            for watchers in list(self._watchers.values()):
                for over in [watcher for watcher in watchers if watcher.session not in lasting]:
                    watchers.discard(over)
                    over.end()
                await self._spread(list(watchers), frozenset(), _ALIVE)

    async def _meet(self) -> None:
        """Tells who comes, goes, reads and writes, for as long as anybody is there."""
        while any(self._watchers.values()):
            try:
                changed = await asyncio.to_thread(self._presence.sync)
            except Exception as error:  # noqa: BLE001 - the store may be away: the pages say so
                log.error("it cannot be seen who is at the desk (%s)", type(error).__name__)
                changed = {}
            for at, reports in changed.items():
                event = presences.event(self._presence, at, reports)
                await self._spread(list(self._watchers.get(at, ())), frozenset(), event)
            await asyncio.sleep(MEET_SECONDS)

    async def _spread(self, watchers: list[Watcher], news: frozenset[str], event: bytes) -> None:
        """Tells many, some at a time: pages go out in between."""
        for first in range(0, len(watchers), AT_ONCE):
            for watcher in watchers[first : first + AT_ONCE]:
                watcher.tell(news, event)
            await asyncio.sleep(0)

    def _mark(self, watched: Watched) -> frozenset[tuple[str, int]]:
        return frozenset(desk.marks(self._service, *watched))


def _begun(sending: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Runs to its first wait, at once; a task for the rest, None where there is none.

    Nearly all of thousands of browsers take an event at once: a task for each would cost more than the event.
    """
    try:
        waits_for = sending.send(None)
    except StopIteration:
        return None
    except Exception:  # noqa: BLE001 - one that has gone keeps the event from nobody else
        return None
    return asyncio.ensure_future(_rest(sending, waits_for))


@types.coroutine
def _rest(sending: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """What is left of a coroutine that waits for a future, or has only given way (None)."""
    yield waits_for
    yield from sending.__await__()


def _event(reports: frozenset[str]) -> bytes:
    return f"event: changed\ndata: {','.join(sorted(reports)) or _ANYTHING}\n\n".encode()


def _token(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            return found.value if found is not None else ""
    return ""


async def _refuse(send: Send, status: int, words: bytes) -> None:
    await _begin(send, status, b"text/plain; charset=utf-8")
    await send({"type": "http.response.body", "body": words})


async def _begin(send: Send, status: int, content_type: bytes) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    headers += [(b"content-type", content_type), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
