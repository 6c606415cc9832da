"""What is taken apart without gunicorn's parser means the same to it; whatever is odd is left to it."""

from __future__ import annotations

import socket

import pytest
from gunicorn import http
from gunicorn.config import Config
from hypothesis import given
from hypothesis import strategies as st

from gateway import plain
from gateway.server import _settings

PATHS = frozenset(("/twilio/inbound",))
BODY = b"From=%2B447700900123&Body=hello"
HEADERS = (
    b"Host: texts.example.org",
    b"User-Agent: TwilioProxy/1.1",
    b"Content-Type: application/x-www-form-urlencoded; charset=utf-8",
    b"Content-Length: %d" % len(BODY),
    b"X-Twilio-Signature: 6zsWJwwv9K5+D4LTiwUaawe1yz4=",
)


def wire(*headers: bytes, line: bytes = b"POST /twilio/inbound HTTP/1.1", body: bytes = BODY) -> bytes:
    return b"\r\n".join((line, *headers, b"", body))


def without(name: bytes) -> tuple[bytes, ...]:
    return tuple(each for each in HEADERS if not each.startswith(name))


def test_a_carriers_post_is_taken_apart() -> None:
    found = plain.request(bytearray(wire(*HEADERS)), PATHS)
    assert found is not None
    assert (found.method, found.path, found.body) == ("POST", "/twilio/inbound", BODY)
    assert found.headers["x-twilio-signature"] == "6zsWJwwv9K5+D4LTiwUaawe1yz4="
    assert found.headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_what_stands_behind_a_question_mark_stays() -> None:
    found = plain.request(wire(*HEADERS, line=b"POST /twilio/inbound?of=SM1 HTTP/1.1"), PATHS)
    assert found is not None
    assert found.path == "/twilio/inbound?of=SM1"


ODD = {
    "another path": wire(*HEADERS, line=b"POST /twilio/status HTTP/1.1"),
    "another method": wire(*HEADERS, line=b"GET /twilio/inbound HTTP/1.1"),
    "an old version": wire(*HEADERS, line=b"POST /twilio/inbound HTTP/1.0"),
    "a whole address": wire(*HEADERS, line=b"POST http://x/twilio/inbound HTTP/1.1"),
    "an escaped path": wire(*HEADERS, line=b"POST /twilio/%69nbound HTTP/1.1"),
    "no host": wire(*without(b"Host")),
    "two hosts": wire(*HEADERS, b"Host: other.example.org"),
    "no length": wire(*without(b"Content-Length")),
    "two lengths": wire(*HEADERS, b"content-length: %d" % len(BODY)),
    "a length with a sign": wire(*without(b"Content-Length"), b"Content-Length: +%d" % len(BODY)),
    "a length with a zero": wire(*without(b"Content-Length"), b"Content-Length: 0%d" % len(BODY)),
    "a length in other digits": wire(*without(b"Content-Length"), "Content-Length: ٣١".encode()),
    "too short": wire(*HEADERS, body=BODY[:-1]),
    "another request behind it": wire(*HEADERS, body=BODY + b"GET / HTTP/1.1\r\n\r\n"),
    "chunks": wire(*HEADERS, b"Transfer-Encoding: chunked"),
    "an expectation": wire(*HEADERS, b"Expect: 100-continue"),
    "an upgrade": wire(*HEADERS, b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
    "a wish to part": wire(*HEADERS, b"Connection: close"),
    "a header of the connection": wire(*HEADERS, b"Connection: keep-alive, X-Secret"),
    "a folded header": wire(*HEADERS, b"X-A: b", b" c: d"),
    "a name with a blank": wire(*HEADERS, b"X-A : b"),
    "a name with an underscore": wire(*HEADERS, b"X_A: b"),
    "an empty header": wire(*HEADERS, b"X-A:"),
    "a NUL": wire(*HEADERS, b"X-A: b\0c"),
    "a line that ends alone": wire(*HEADERS, b"X-A: b\nX-B: c"),
    "another alphabet": wire(*HEADERS, "X-A: ŵ".encode()),
    "many headers": wire(*HEADERS, *(b"X-%d: b" % number for number in range(60))),
    "a long header": wire(*HEADERS, b"X-A: " + b"b" * 9000),
    "nothing": b"",
}


@pytest.mark.parametrize("what", ODD)
def test_whatever_is_odd_is_left_to_the_parser(what: str) -> None:
    assert plain.request(ODD[what], PATHS) is None


PIECES = (
    *(b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b": ", b"\0", b"?", b"/", b"0", b"Host: x\r\n", b"\r\n\r\n"),
    *(b"Content-Length: 31\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
    *(b"A: b\r\n", b"HTTP/1.0", b"\xc3\xb4", b"_"),
)
EDIT = st.tuples(st.integers(0, 260), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=2))


def parsed(arrived: bytes) -> tuple[str, str, dict[str, str], bytes, bytes]:
    """Method, address, headers, body as gunicorn reads them, and what is left over."""
    config = Config()
    for name, value in _settings("127.0.0.1", 1, 1, 1).items():
        config.set(name, value)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.shutdown(socket.SHUT_WR)
        parser = http.get_parser(config, ours, ("127.0.0.1", 1))
        parser.unreader.unread(arrived)
        request = next(parser)
        body = request.body.read()
        return request.method, request.uri, dict(request.headers), body, parser.unreader.take_buffered()


@given(st.lists(EDIT, max_size=3), st.booleans())
def test_it_means_the_same_to_gunicorn(edits: list[tuple[int, int, bytes]], in_words: bool) -> None:
    arrived = wire(*HEADERS, *((b"Connection: Keep-Alive",) if in_words else ()))
    for at, length, put in edits:
        arrived = arrived[:at] + put + arrived[at + length :]
    found = plain.request(arrived, PATHS)
    if found is not None:
        headers = {name.upper(): value for name, value in found.headers.items()}
        assert parsed(arrived) == (found.method, found.path, headers, found.body, b"")
