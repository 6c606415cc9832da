"""gunicorn's threaded worker, made safe for strangers and quick for texts.

A request is collected in the main loop and handed to a thread once it is all there, and an answered client is waited
for in the loop too: whoever is slow, silent or slow to hang up holds neither a thread nor the loop, of which there are
few. What cannot be parsed is answered with 4xx and without a page of the server's own, and no log line holds what a
client sent or where from (R18).
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from gateway import lifeline, plain
from gateway.arrival import asks_first, has_no_end, is_complete
from gateway.substitute import Substitute
from gateway.web.direct import STATUS
from gateway.web.headers import HEADERS
from handlers.ports import RawRequest, RawResponse

if TYPE_CHECKING:
    from gateway.web.webhook import Together

WORKER_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
REQUEST_SECONDS: Final = 10.0  # in which a client sends a whole request
RETRY_SECONDS: Final = 1.0
LINGER_SECONDS: Final = 2.0  # in which a client hangs up after its last answer
_LOOK_SECONDS: Final = 0.25
_TOGETHER: Final = 8
_SERVES: Final = 1
_READ_BYTES: Final = 64 * 1024
_HEADERS: Final = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
_UNAVAILABLE: Final = RawResponse(503, "text/plain; charset=utf-8", b"")
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_REFUSALS: Final[dict[type, str]] = {
    errors.LimitRequestLine: "414 URI Too Long",
    errors.LimitRequestHeaders: "431 Request Header Fields Too Large",
    errors.ExpectationFailed: "417 Expectation Failed",
}


class QuietLog(Logger):
    """gunicorn's log, which names the kind of an exception alone once requests are served: its text may quote one."""

    serving = False

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        """One line in place of a traceback; all of it before the first request, which no stranger has touched."""
        if self.serving:
            kind = sys.exc_info()[0]
            self.error_log.error("unexpected %s in the web server", kind.__name__ if kind else "error")
        else:
            super().exception(msg, *args, **kwargs)


class QuietWorker(ThreadWorker):
    """One web process.

    An application may have `texts`: the paths that texts are posted to, and what answers several of them at once. Those
    that come as they come every day (`gateway.plain`) are answered in the loop, all that are there in one go: they
    share a commit, and no text changes threads, which cost as much as the turn itself (docs/performance.md). While the
    loop waits for the store a substitute goes on with it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._paths: Collection[str] = ()
        self._texts: Together = _nobody
        self._request = plain.request
        self._came: list[tuple[Any, RawRequest]] = []
        self._substitute = Substitute(self._without_texts, lambda: self.method_queue.defer(_nothing))
        self._reading: dict[Any, float] = {}
        self._looks_again = 0.0

    def init_process(self) -> None:
        """Begins to serve, and ends when the master does."""
        lifeline.follow(self.ppid)
        super().init_process()

    def init_signals(self) -> None:
        """Listens to signals; the master has held them back until now."""
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WORKER_SIGNALS)

    def load_wsgi(self) -> None:
        """Makes the application ready. A worker that comes later tries again where it cannot be: the store may be away.

        One of the first raises, which ends the server: a person is there to see why.
        """
        while True:
            try:
                return super().load_wsgi()
            except Exception as error:
                if self.age <= self.cfg.workers:
                    raise
                self.log.error("the application cannot be made ready (%s), trying again", type(error).__name__)
            self.notify()
            threading.Event().wait(RETRY_SECONDS)
            if not self.alive:
                sys.exit()

    def run(self) -> None:
        """Serves until told to stop."""
        self._paths, self._texts = getattr(self.wsgi, "texts", ((), _nobody))
        self._request = import_module("gateway.plain").request  # as it is on disk after a SIGHUP
        if self._paths:
            self._substitute.begin()
        if isinstance(self.log, QuietLog):
            self.log.serving = True
        os.ftruncate(self.tmp.fileno(), _SERVES)
        self.notify()  # the file's time is the sign of life, and has just changed
        super().run()

    @property
    def serves(self) -> bool:
        """Whether it has begun to serve, which the master knows by the size of the file that they share."""
        return os.fstat(self.tmp.fileno()).st_size == _SERVES

    def accept(self, listener: Any) -> None:
        """A new connection: nothing of its request has been read."""
        try:
            client, address = listener.accept()
        except OSError:  # it has gone, or another worker was faster
            return
        self.nr_conns += 1
        self._collect(TConn(self.cfg, client, address, listener.getsockname()), b"")

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """A kept-alive connection has its next request."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._collect(conn, b"")

    def enqueue_req(self, conn: Any) -> None:
        """A connection has been answered, and some of its next request was read along with the last."""
        self._collect(conn, conn.parser.unreader.take_buffered())

    def _collect(self, conn: Any, ahead: bytes) -> None:
        conn.arrived, conn.told_to_go_on = bytearray(ahead), False
        conn.sock.setblocking(False)
        if not is_complete(conn.arrived):
            conn.arrived += _received(conn.sock) or b""  # who has hung up is found out by waiting
        if is_complete(conn.arrived):  # nearly always: no need to wait for the rest
            self._hand_over(conn)
            return
        self._wait(conn, REQUEST_SECONDS, self.on_pending_socket_readable)
        self._go_on(conn)

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """More of a request has arrived."""
        data = _received(client)
        if data is None:
            return
        conn.arrived += data
        if not data:
            self._drop(conn)
        elif is_complete(conn.arrived):
            self._forget(conn)
            self._hand_over(conn)
        else:
            self._go_on(conn)

    def _go_on(self, conn: Any) -> None:
        if not conn.told_to_go_on and asks_first(conn.arrived):
            conn.told_to_go_on = True
            with suppress(OSError):
                conn.sock.send(_GO_ON)

    def _hand_over(self, conn: Any) -> None:
        if self._paths and not self._substitute.is_in:
            request = self._request(conn.arrived, self._paths)
            if request is not None:
                self._came.append((conn, request))
                return
        self._to_a_thread(conn)

    def _to_a_thread(self, conn: Any) -> None:
        conn.init()
        conn.data_ready = True
        conn.parser.unreader.unread(bytes(conn.arrived))
        super().enqueue_req(conn)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Does what has come up; the texts among it are answered here, those that have come by then together."""
        super().wait_for_and_dispatch_events(timeout)
        while self._came:
            came, self._came = self._came[:_TOGETHER], self._came[_TOGETHER:]
            self._answer(came)

    def _without_texts(self) -> None:
        """A turn of the loop by its substitute: threads take the texts that come meanwhile, as they take all else, and
        those before them that have not been looked at."""
        came, self._came = self._came, []
        for conn, _ in came:
            self._to_a_thread(conn)
        self.notify()
        self.set_accept_enabled(self.alive and self.nr_conns < self.worker_connections)
        super().wait_for_and_dispatch_events(_LOOK_SECONDS)
        self.murder_keepalived()
        self.murder_pending()

    def _answer(self, came: list[tuple[Any, RawRequest]]) -> None:
        with self._substitute.waiting():
            try:
                answers = self._texts([request for _, request in came])
            except Exception as error:  # noqa: BLE001 - of none is known that it was stored: the carrier tries again
                self.log.error("unexpected %s where texts are answered", type(error).__name__)
                answers = [_UNAVAILABLE] * len(came)
        for (conn, _), answer in zip(came, answers, strict=True):
            self._send(conn, answer)

    def _send(self, conn: Any, answer: RawResponse) -> None:
        """Sends an answer of ours; whoever does not take it, short as it is, is left."""
        stays = self.alive and len(self.keepalived_conns) < self.max_keepalived
        head = f"HTTP/1.1 {STATUS[answer.status]}\r\nDate: {util.http_date()}\r\nConnection: "
        head += f"{'keep-alive' if stays else 'close'}\r\nContent-Type: {answer.content_type}\r\n"
        wire = f"{head}Content-Length: {len(answer.body)}\r\n{_HEADERS}\r\n".encode("latin-1") + answer.body
        try:
            sent = conn.sock.send(wire)
        except OSError:
            sent = 0
        if sent < len(wire):
            self.nr_conns -= 1
            conn.close()
        elif stays:
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))
        else:
            self._hang_up(conn)

    def handle(self, conn: Any) -> Any:
        """Answers one request, in a thread."""
        if has_no_end(conn.arrived):
            return self.handle_error(None, conn.sock, conn.client, errors.LimitRequestHeaders("too long"))
        self._reading[conn] = time.monotonic() + REQUEST_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._reading.pop(conn, None)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Waits for the next request, or for the client to hang up."""
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
            return
        self._hang_up(conn)

    def _hang_up(self, conn: Any) -> None:
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
        else:
            # Closed with something unread, the connection would be reset and the answer lost (RFC 9112, 9.6).
            self._wait(conn, LINGER_SECONDS, self._drain)

    def _drain(self, conn: Any, client: Any) -> None:
        if _received(client) == b"":
            self._drop(conn)

    def _wait(self, conn: Any, seconds: float, then: Callable[[Any, Any], None]) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + seconds
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(then, conn))

    def _forget(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)

    def _drop(self, conn: Any) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Hangs up on clients that are too slow, those that a thread still reads from included."""
        now = time.monotonic()
        if now < self._looks_again:
            return
        self._looks_again = now + _LOOK_SECONDS
        for conn in [each for each in self.pending_conns if now > (each.timeout or 0.0)]:
            self._drop(conn)
        for conn, deadline in list(self._reading.items()):
            if now > deadline:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)  # the answer may still go out

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Refuses what cannot be parsed. What goes wrong before the application is the client's doing: never a 5xx."""
        self.log.info("refused a request (%s)", type(exc).__name__)
        status = _REFUSALS.get(type(exc), "400 Bad Request")
        fields = {"Connection": "close", "Content-Length": "0", **HEADERS}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        with suppress(OSError):
            util.write_nonblock(client, f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1"))


def _nothing() -> None:
    """What the loop does where it is only to wake."""


def _nobody(requests: Sequence[RawRequest]) -> list[RawResponse]:
    """Answers where the application leaves texts to threads."""
    raise NotImplementedError


def _received(client: socket.socket) -> bytes | None:
    """What has arrived; None for nothing yet, empty for a client that has hung up."""
    try:
        return client.recv(_READ_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""
