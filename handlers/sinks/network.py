"""TCP and TLS with limits that hold: on each wait and on the whole answer, name look-ups included.

A time-out of the socket module starts anew with every byte, so a peer that drips one byte a second is never late.
These sockets carry a deadline as well.
"""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from msgspec import Struct

MOST_ADDRESSES = 4


class Limits(Struct, frozen=True):
    """Seconds. Spent to the last they make 26, under a lease of 30.

    `connect`: name look-up and TCP, then once more for TLS. `read`: one wait for a byte. `whole`: everything that is
    said on the open connection until the other side has answered. `rest`: what may follow an answer, whose only use is
    to keep the connection.
    """

    connect: float = 3.0
    read: float = 10.0
    whole: float = 18.0
    rest: float = 0.5


AddressInfo = list[tuple[Any, Any, int, str, Any]]


class TimedSocket(socket.socket):
    """A socket that waits `patience` seconds for a byte, and for none past `deadline` (monotonic seconds)."""

    deadline = math.inf
    patience = 10.0

    def arm(self, patience: float, whole: float) -> None:
        """From now: at most `patience` seconds for each wait, `whole` seconds for them all."""
        self.patience, self.deadline = patience, monotonic() + whole

    def recv_into(self, *args: Any, **named: Any) -> int:
        self.settimeout(self._left())
        return super().recv_into(*args, **named)

    def send(self, *args: Any, **named: Any) -> int:
        self.settimeout(self._left())
        return super().send(*args, **named)

    def sendall(self, *args: Any, **named: Any) -> None:
        self.settimeout(self._left())
        super().sendall(*args, **named)

    def _left(self) -> float:
        left = min(self.patience, self.deadline - monotonic())
        if left <= 0:
            raise TimeoutError
        return left


class TimedTLSSocket(TimedSocket, ssl.SSLSocket):
    """The same over TLS; `tls_context` makes them."""


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """A verifying client context: the system's authorities, or only those in `ca_file` (PEM).

    Raises ssl.SSLError or OSError where that file cannot be used.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.sslsocket_class = TimedTLSSocket
    return context


def connect(host: str, port: int, limit: float) -> TimedSocket:
    """A connection to the first of the host's addresses that answers, all within `limit` seconds. Raises OSError."""
    end = monotonic() + limit
    return connect_to_first(_look_up(host, port, limit)[:MOST_ADDRESSES], end)


def connect_to_first(addresses: AddressInfo, end: float) -> TimedSocket:
    """A connection to the first of these that answers until `end` (monotonic seconds). Raises OSError."""
    problem: OSError = TimeoutError()
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        # A dead first address (often IPv6) must leave time for the next.
        share = (end - monotonic()) / (len(addresses) - tried)
        if share <= 0:
            break
        sock = TimedSocket(family, kind, protocol)
        try:
            sock.settimeout(share)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
        except OSError as refused:
            sock.close()
            problem = refused
        else:
            return sock
    raise problem


def _look_up(host: str, port: int, limit: float) -> AddressInfo:
    """The host's addresses. The resolver knows no time limit, so it is asked in a thread that may be left behind."""
    with suppress(socket.gaierror):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answer: SimpleQueue[AddressInfo | OSError] = SimpleQueue()
    Thread(target=_ask, args=(host, port, answer.put), name="name look-up", daemon=True).start()
    try:
        found = answer.get(timeout=limit)
    except Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from None
    if isinstance(found, OSError):
        raise found
    return found


def _ask(host: str, port: int, tell: Callable[[AddressInfo | OSError], None]) -> None:
    try:
        tell(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError as problem:
        tell(problem)


_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "name not found"),
    (ssl.SSLCertVerificationError, "certificate refused"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "connection lost"),
    (ssl.SSLError, "tls failed"),
    (HTTPException, "bad answer"),
    (OSError, "connection failed"),
)


def cause_of(error: BaseException) -> str:
    """What went wrong on the network in two words, free of names, addresses and the other side's words.

    Libraries wrap one error in another (as its cause or context, in `reason` or `args`); the innermost one says most.
    """
    inner = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    for wrapped in inner:
        if isinstance(wrapped, BaseException) and (cause := cause_of(wrapped)) != "failed":
            return cause
    return next((cause for kind, cause in _CAUSES if isinstance(error, kind)), "failed")
