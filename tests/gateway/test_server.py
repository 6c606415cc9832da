"""The web server: no client can break it, hold it up or make it talk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.arrival import is_complete
from gateway.web.headers import HEADERS
from tests.gateway.programs import Programs, programs
from tests.gateway.standin import CANARY_ERROR
from tests.gateway.webs import CANARY, ECHO, Web, all_of, until_it_ends
from tests.waiting import Watch, until

CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One server for the tests that leave it as it was."""
    with programs(tmp_path_factory.mktemp("web")) as started:
        yield Web(started).ready()


REFUSED = {
    "no HTTP": (b"hello\r\n\r\n", 400),
    "a TLS handshake": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40 + b"\r\n\r\n", 400),
    "an unknown version": (b"GET /healthy HTTP/7.3\r\nHost: x\r\n\r\n", 400),
    "a method that is none": (b"G\x00T /healthy HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a header without a colon": (b"GET /healthy HTTP/1.1\r\nHost x\r\n\r\n", 400),
    "a name with a blank": (b"GET /healthy HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "a NUL in a value": (b"GET /healthy HTTP/1.1\r\nHost: x\0y\r\n\r\n", 400),
    "a folded header": (b"GET /healthy HTTP/1.1\r\nHost: x\r\n y: z\r\n\r\n", 400),
    "a negative length": (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
    "two lengths": (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    "length and chunks": (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "an unknown coding": (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: magic\r\n\r\n0\r\n\r\n", 400),
    "a chunk that is none": (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n0\r\n\r\n",
        400,
    ),
    "an expectation": (b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nContent-Length: 0\r\n\r\n", 417),
    "a long address": (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "many headers": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    "a long header": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20_000 + b"\r\n\r\n", 431),
    "headers without end": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10_000, 431),
    "a line without end": (b"G" * 40_000, 431),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_request_gets_4xx_and_no_page_of_the_server(web: Web, what: str) -> None:
    request, status = REFUSED[what]
    with web.connect() as client:
        client.sendall(request)
        answer = all_of(client)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode(), answer
    assert body == b""
    assert all(f"{name}: {value}".encode() in head for name, value in HEADERS.items()), "R17: on every answer"


def test_a_client_that_hangs_up_is_no_error(web: Web) -> None:
    before = web.program.output
    for part in (b"", b"GET /hea", ECHO[:-2]):
        assert web.raw(part) == b""
    assert web.get("/healthy")[0] == 200
    assert web.program.output == before


def test_a_request_may_come_in_pieces_and_two_at_once(web: Web) -> None:
    with web.connect() as client:
        for byte in ECHO:
            client.sendall(bytes([byte]))
        until_it_ends(client, b"hello")
        client.sendall(ECHO + ECHO.replace(b"hello", b"again")[:-3])
        client.sendall(b"ain")
        heard = until_it_ends(client, b"again")
        assert heard.count(b"200 OK") == 2
        assert heard.index(b"hello") < heard.index(b"again")


def test_a_client_may_ask_before_it_sends_and_may_send_in_chunks(web: Web) -> None:
    with web.connect() as client:
        client.sendall(ECHO.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue")[:-5])
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        until_it_ends(client, b"hello")
        client.sendall(CHUNKED + b"3\r\nabc\r\n")
        client.sendall(b"2\r\nde\r\n0\r\n\r\n")
        until_it_ends(client, b"abcde")


def test_a6_slow_and_silent_clients_hold_nobody_up(web: Web) -> None:
    """Two workers of two threads, and ten times as many clients that never come to an end."""
    starts = [
        b"",
        b"POST /ec",
        ECHO[:-1],
        ECHO + ECHO[:-1],
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5",
    ]
    starts.append(b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    starts += [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000]  # answered, and never hangs up
    clients = [web.connect() for _ in range(7 * len(starts))]
    try:
        for number, client in enumerate(clients):
            client.sendall(starts[number % len(starts)])
        watch = Watch()
        for _ in range(20):
            assert web.get("/healthy")[0] == 200
        assert watch.seconds < 3
    finally:
        for client in clients:
            client.close()


def test_a_body_past_the_limit_is_refused_unread(web: Web) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n"
    with web.connect() as client:
        client.sendall(head + b"a" * 1000)
        assert b" 413 " in client.recv(65536)


def test_r15_no_header_changes_where_a_request_seems_to_come_in(web: Web) -> None:
    status, answer = web.get(
        "/surroundings",
        **{"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "SCRIPT_NAME": "/elsewhere", "PATH_INFO": "/healthy"},
    )
    assert (status, json.loads(answer)) == (200, {"scheme": "http", "script": "", "path": "/surroundings"})


def test_r18_nothing_that_a_client_sends_is_logged(web: Web) -> None:
    secret = CANARY.encode()
    web.get(f"/nowhere?From={CANARY}")
    web.raw(b"GET /" + secret + b" HTTP/9.9\r\n\r\n")
    web.raw(b"GET / HTTP/1.1\r\n" + secret + b" : x\r\n\r\n")
    web.raw(b"GET / HTTP/1.1\r\nX: " + secret + b"\0\r\n\r\n")
    assert b"begun" in web.raw(b"GET /raises HTTP/1.1\r\nHost: x\r\n\r\n")
    until(lambda: "unexpected RuntimeError in the web server" in web.program.output, what=web.program.output)
    assert CANARY not in web.program.output
    assert CANARY_ERROR not in web.program.output
    assert "127.0.0.1" not in web.program.output


@pytest.mark.parametrize(
    ("arrived", "complete"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"G" * 40_000, True),
        (ECHO[:-1], False),
        (ECHO, True),
        (ECHO.replace(b"Content-Length", b"CONTENT-LENGTH")[:-1], False),
        (b"POST / HTTP/1.1\r\nX: 1\r\n\r\nContent-Length: 5\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", True),
    ],
)
def test_a_thread_gets_a_request_once_it_need_not_wait_for_the_rest(arrived: bytes, complete: bool) -> None:
    assert is_complete(bytearray(arrived)) is complete
