"""POST requests to one address over kept connections: no redirect followed, no proxy, every wait bounded."""

from __future__ import annotations

import logging
from http.client import HTTPException
from time import monotonic
from typing import Any
from urllib.parse import SplitResult

from msgspec import Struct
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from handlers.sinks import network
from handlers.sinks.network import Limits

# urllib3 logs whole addresses, which may hold a token, and broken headers, which may repeat the report.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

BODY_CAP = 4096


class Answer(Struct, frozen=True):
    """The head of an answer, as far as it matters."""

    status: int
    retry_after: str | None


class NoAnswerError(Exception):
    """Nobody answered in time or at all. The text is a short cause without addresses."""


class _StaleError(ConnectionError):
    """The other side had closed a kept connection just when it was used again."""


class _Bounded(HTTPConnection):
    """urllib3's connection over a socket with a deadline."""

    limits: Limits
    _answers = 0

    def __init__(self, *args: Any, limits: Limits, **named: Any) -> None:
        super().__init__(*args, **named)
        self.limits = limits

    def _new_conn(self) -> network.TimedSocket:
        self._answers = 0
        return network.connect(self.host.strip("[]"), self.port, self.limits.connect)

    def request(self, *args: Any, **named: Any) -> None:
        if self.sock is None:
            self.connect()
        if isinstance(self.sock, network.TimedSocket):
            self.sock.arm(self.limits.read, self.limits.whole)
        super().request(*args, **named)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        try:
            response = super().getresponse()
        except ConnectionError:
            if self._answers:
                raise _StaleError from None
            raise
        self._answers += 1
        return response


class _BoundedTLS(_Bounded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Bounded


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _BoundedTLS


class Poster:
    """Sends to one address; shared by threads, not across a fork.

    Args:
        url: the parsed http or https address, without user or fragment.
        ca_file: PEM file of the authorities to trust instead of the system's.
        limits: how long to wait.
        connections: how many to keep; more than that may be open at once.
    """

    def __init__(self, url: SplitResult, ca_file: str | None, limits: Limits, connections: int) -> None:
        self._target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self._limits = limits
        timeout = Timeout(connect=limits.connect, read=limits.read)
        shared: dict[str, Any] = {"timeout": timeout, "maxsize": connections, "limits": limits}
        host = url.hostname or ""
        self._pool: HTTPConnectionPool
        if url.scheme == "https":
            shared["ssl_context"] = network.tls_context(ca_file)
            self._pool = _PoolTLS(host, url.port, **shared)
        else:
            self._pool = _Pool(host, url.port, **shared)

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """The answer to one POST. Raises NoAnswerError. Its body is thrown away."""
        began = monotonic()
        try:
            try:
                response = self._send(body, headers)
            except (HTTPError, OSError) as problem:
                # A second try at once costs nothing, as requests may be repeated, and saves waiting for the next turn.
                if not _is_stale(problem) or monotonic() - began > 1:
                    raise
                response = self._send(body, headers)
        except (HTTPError, HTTPException, OSError) as problem:
            raise NoAnswerError(network.cause_of(problem)) from None
        answer = Answer(response.status, response.headers.get("retry-after"))
        self._let_go(response)
        return answer

    def close(self) -> None:
        """Closes the kept connections; one in use is closed when its answer has come."""
        self._pool.close()

    def _send(self, body: bytes, headers: dict[str, str]) -> BaseHTTPResponse:
        return self._pool.urlopen(
            "POST",
            self._target,
            body,
            headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _let_go(self, response: BaseHTTPResponse) -> None:
        """Keeps the connection if the rest of the answer is short and prompt, else closes it. Never raises.

        What the other side says beyond the status is never looked at: it might repeat the report.
        """
        sock = getattr(response.connection, "sock", None)
        try:
            # A connection that ends with this answer has given its socket away; after a 1xx another answer follows.
            if isinstance(sock, network.TimedSocket) and response.status >= 200:
                sock.arm(self._limits.rest, self._limits.rest)
                response.read(BODY_CAP)
        except (HTTPError, HTTPException, OSError):
            pass
        finally:
            if response.connection is not None:
                response.close()
                response.release_conn()


def _is_stale(problem: BaseException) -> bool:
    return any(isinstance(wrapped, _StaleError) for wrapped in (problem, *problem.args))
