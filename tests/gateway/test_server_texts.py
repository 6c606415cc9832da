"""Texts are answered in the web process's loop, those that are there together; nobody waits while the store is slow."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.web.headers import HEADERS
from tests.bench.load import complete
from tests.gateway.programs import Programs, programs
from tests.gateway.standin import CANARY_ERROR
from tests.gateway.webs import ECHO, Web, all_of
from tests.waiting import until

CHUNKED = b"POST /texts/inbound HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


def text(body: bytes, *headers: bytes) -> bytes:
    head = (b"POST /texts/inbound HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join((*head, b"", body))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path) as started:
        yield started


@pytest.fixture
def web(run: Programs) -> Web:
    """One process with two threads."""
    return Web(run, application="tests.gateway.standin:with_texts()", workers=1).ready()


@pytest.fixture
def client(web: Web) -> Iterator[socket.socket]:
    with web.connect() as connected:
        yield connected


def heard(client: socket.socket) -> bytes:
    """One answer."""
    answer = b""
    while complete(answer) is None:
        data = client.recv(65536)
        assert data, answer
        answer += data
    return answer


def said(client: socket.socket, request: bytes) -> bytes:
    """The body of what a request is answered with."""
    client.sendall(request)
    return heard(client).partition(b"\r\n\r\n")[2]


def test_a_text_is_answered_in_the_loop_with_every_header(client: socket.socket) -> None:
    for body in (b"hello", b"again"):
        client.sendall(text(body))
        head, _, answer = heard(client).partition(b"\r\n\r\n")
        assert answer == body + b": 1 in MainThread"
        assert head.startswith(b"HTTP/1.1 200 OK\r\nDate: ")
        assert b"\r\nConnection: keep-alive\r\nContent-Type: text/plain\r\nContent-Length: 22\r\n" in head + b"\r\n"
        assert all(f"{name}: {value}".encode() in head for name, value in HEADERS.items()), "R17: on every answer"


def test_what_is_odd_or_no_text_is_answered_in_a_thread_on_the_same_connection(client: socket.socket) -> None:
    assert said(client, text(b"one")) == b"one: 1 in MainThread"
    assert said(client, CHUNKED).startswith(b"abc: 1 in ThreadPool")
    assert said(client, text(b"two")) == b"two: 1 in MainThread"
    assert said(client, ECHO) == b"hello"
    assert said(client, text(b"three")) == b"three: 1 in MainThread"


def test_two_in_one_piece_are_both_answered_in_order(client: socket.socket) -> None:
    client.sendall(text(b"one") + text(b"two"))
    both = b""
    while b"two: 1 in MainThread" not in both:
        data = client.recv(65536)
        assert data, both
        both += data
    assert both.index(b"one: 1 in ThreadPool") < both.index(b"two: ")


def test_a_text_may_come_in_pieces(client: socket.socket) -> None:
    for byte in text(b"slow")[:-1]:
        client.sendall(bytes([byte]))
    assert said(client, b"w") == b"slow: 1 in MainThread"


def test_texts_that_are_there_are_answered_together_in_order(web: Web) -> None:
    [worker] = web.workers()
    with ExitStack() as opened:
        clients = [opened.enter_context(web.connect()) for _ in range(11)]
        for each in clients:
            said(each, text(b"hello"))
        os.kill(worker, signal.SIGSTOP)
        until(lambda: Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        for number, each in enumerate(clients):
            each.sendall(text(b"%d" % number))
        os.kill(worker, signal.SIGCONT)
        answers = [heard(each).partition(b"\r\n\r\n")[2] for each in clients]
    at_once = [b"3 in MainThread"] * 3 + [b"8 in MainThread"] * 8
    assert sorted(answer.partition(b": ")[2] for answer in answers) == at_once
    assert [answer.partition(b":")[0] for answer in answers] == [b"%d" % number for number in range(11)]


def test_f7_while_the_loop_waits_for_the_store_everybody_else_is_answered(web: Web, run: Programs) -> None:
    with web.connect() as waits, web.connect() as other:
        waits.sendall(text(b"wait"))
        until(lambda: (run.folder / "waits").exists())
        assert web.get("/healthy")[0] == 200
        assert said(other, text(b"one")).startswith(b"one: 1 in ThreadPool")
        assert said(other, text(b"two")).startswith(b"two: 1 in ThreadPool")
        (run.folder / "go").touch()
        assert heard(waits).endswith(b"wait: 1 in MainThread")
        assert said(other, text(b"three")) == b"three: 1 in MainThread"
        assert said(waits, text(b"four")) == b"four: 1 in MainThread"


def test_f7_texts_behind_those_that_wait_are_answered_by_threads(web: Web, run: Programs) -> None:
    [worker] = web.workers()
    with ExitStack() as opened:
        clients = [opened.enter_context(web.connect()) for _ in range(11)]
        for each in clients:
            said(each, text(b"hello"))
        os.kill(worker, signal.SIGSTOP)
        until(lambda: Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        for number, each in enumerate(clients):
            each.sendall(text(b"%d" % number if number else b"wait"))
        os.kill(worker, signal.SIGCONT)
        early = clients[8:]
        assert all(b": 1 in ThreadPool" in heard(each) for each in early)
        (run.folder / "go").touch()
        assert all(heard(each).endswith(b": 8 in MainThread") for each in clients[:8])
        assert all(said(each, text(b"more")).startswith(b"more: ") for each in clients)


def test_a_stop_lets_the_text_that_waits_be_answered(web: Web, run: Programs) -> None:
    with web.connect() as waits:
        waits.sendall(text(b"wait"))
        until(lambda: (run.folder / "waits").exists())
        web.program.process.terminate()
        (run.folder / "go").touch()
        answer = all_of(waits)
    assert answer.endswith(b"wait: 1 in MainThread")
    assert web.program.process.wait(20) == 0


def test_who_hangs_up_before_the_answer_is_no_error(web: Web, run: Programs, client: socket.socket) -> None:
    with web.connect() as waits:
        waits.sendall(text(b"wait"))
        until(lambda: (run.folder / "waits").exists())
    (run.folder / "go").touch()
    until(lambda: said(client, text(b"on")) == b"on: 1 in MainThread")
    assert "rror" not in web.program.output


def test_what_breaks_is_told_to_the_carrier_and_not_quoted(web: Web, client: socket.socket) -> None:
    client.sendall(text(b"break"))
    assert heard(client).startswith(b"HTTP/1.1 503 ")
    assert said(client, text(b"fine")) == b"fine: 1 in MainThread"
    assert "unexpected RuntimeError where texts are answered" in web.program.output
    assert CANARY_ERROR not in web.program.output
