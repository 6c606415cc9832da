"""The live stream: tells open desks that their queue has changed, and nothing else (server-sent events).

One task looks at the queues that somebody watches, a few times a second, whatever the number of desks; each desk is a
coroutine that waits. No content goes over the stream: the page fetches its lines, which is audited as every look is.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from gateway.desk.guard import COOKIE
from gateway.web.headers import HEADERS
from handlers import desk, sign_in
from handlers.desk import NotThere
from handlers.service import Service

LOOK_SECONDS: Final = 0.25
ALIVE_SECONDS: Final = 15.0
_SUFFIX: Final = "/events"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Watched = tuple[str, str]


class Watcher:
    """One open desk: the reports that have changed since it was told; `*` where it should look at all."""

    def __init__(self) -> None:
        self.changed = {"*"}  # what came between the page and the stream
        self.woken = asyncio.Event()
        self.woken.set()

    def tell(self, reports: set[str]) -> None:
        """Wakes it."""
        self.changed |= reports
        self.woken.set()

    def take(self) -> bytes:
        """The event to send, for all that changed."""
        told, self.changed = ",".join(sorted(self.changed)), set()
        self.woken.clear()
        return f"event: changed\ndata: {told}\n\n".encode()


log = logging.getLogger("quietline.desk")


class Events:
    """ASGI application: `GET /<organisation>/events` here, everything else goes on to another one.

    Args:
        service: the shared parts.
        others: answers everything else.
    """

    def __init__(self, service: Service, others: Application) -> None:
        self._service = service
        self._others = others
        self._watchers: dict[Watched, set[Watcher]] = {}
        self._marks: dict[Watched, frozenset[tuple[str, int]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and path.endswith(_SUFFIX) and path.count("/") == 2:
            await self._answer(scope, path.split("/")[1], receive, send)
        elif scope["type"] == "http":
            await self._others(scope, receive, send)

    async def _answer(self, scope: Scope, organisation: str, receive: Receive, send: Send) -> None:
        token = _token(scope)
        watched = (
            await asyncio.to_thread(self._watched, scope, organisation, token) if scope["method"] == "GET" else None
        )
        if watched is None:
            await _begin(send, 404, b"text/plain; charset=utf-8")
            await send({"type": "http.response.body", "body": b"There is nothing here.\n"})
            return
        if watched not in self._marks:
            self._marks[watched] = await asyncio.to_thread(self._mark, watched)
        await _begin(send, 200, b"text/event-stream")
        watcher = Watcher()
        self._watchers.setdefault(watched, set()).add(watcher)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        gone = asyncio.create_task(_gone(receive))
        try:
            await self._stream(scope, organisation, token, watcher, gone, send)
        finally:
            gone.cancel()
            self._watchers[watched].discard(watcher)

    async def _stream(
        self, scope: Scope, organisation: str, token: str, watcher: Watcher, gone: asyncio.Task[None], send: Send
    ) -> None:
        await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
        while not gone.done():
            waiting = asyncio.create_task(watcher.woken.wait())
            await asyncio.wait({waiting, gone}, timeout=ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if gone.done():
                return
            if watcher.woken.is_set():
                await send({"type": "http.response.body", "body": watcher.take(), "more_body": True})
                continue
            if await asyncio.to_thread(self._watched, scope, organisation, token) is None:
                await send({"type": "http.response.body", "body": b"event: changed\ndata: *\n\n"})
                return
            await send({"type": "http.response.body", "body": b": alive\n\n", "more_body": True})

    def _watched(self, scope: Scope, organisation: str, token: str) -> Watched | None:
        """Which queue a session may watch; None where there is none for it."""
        person = sign_in.who(self._service, token, active=False) if token else None
        if person is None:
            return None
        role = "confidential" if b"team=confidential" in scope.get("query_string", b"") else None
        try:
            return organisation, desk.audience_of(person, organisation, role)
        except NotThere:
            return None

    async def _look(self) -> None:
        """Wakes whoever watches a queue that has changed, for as long as anybody watches one."""
        while any(self._watchers.values()):
            for watched in [each for each, found in self._watchers.items() if found]:
                try:
                    mark = await asyncio.to_thread(self._mark, watched)
                except Exception as error:  # noqa: BLE001 - the store may be away: the pages say so
                    log.error("the queue cannot be watched (%s)", type(error).__name__)
                    continue
                news = {report for report, _ in mark ^ self._marks.get(watched, mark)}
                for watcher in self._watchers[watched] if news else ():
                    watcher.tell(news)
                self._marks[watched] = mark
            await asyncio.sleep(LOOK_SECONDS)
        self._marks.clear()

    def _mark(self, watched: Watched) -> frozenset[tuple[str, int]]:
        return frozenset(desk.marks(self._service, *watched))


def _token(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            return found.value if found is not None else ""
    return ""


async def _gone(receive: Receive) -> None:
    """Returns when the browser has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _begin(send: Send, status: int, content_type: bytes) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    headers += [(b"content-type", content_type), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
