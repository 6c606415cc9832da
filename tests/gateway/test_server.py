"""The web server: no client can break it, hold it up or make it talk; a reload or a kill costs no more than it must."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.arrival import is_complete
from gateway.web.headers import HEADERS
from tests.bench import proc
from tests.gateway.programs import Program, Programs, free_port, programs
from tests.gateway.standin import CANARY_ERROR
from tests.waiting import until

CANARY = "+447700900456"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
ECHO = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


class Web:
    """The stand-in application on the product's server."""

    def __init__(self, run: Programs, **options: object) -> None:
        self.port = free_port()
        options = {"workers": 2, "threads": 2, **options}
        self.program: Program = run.standin("serve", str(self.port), json.dumps(options))

    def ready(self) -> Web:
        until(lambda: self.program.process.poll() is not None or self._answers(), what="it does not start")
        assert self.program.process.poll() is None, self.program.output
        return self

    def _answers(self) -> bool:
        try:
            return self.get("/healthy")[0] == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """One request on a connection of its own; status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 15)

    def raw(self, request: bytes) -> bytes:
        """Everything that comes back until the server hangs up."""
        with self.connect() as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            return _all(client)

    def workers(self) -> list[int]:
        return proc.workers(self.program.pid)


def _all(client: socket.socket) -> bytes:
    heard = b""
    while data := client.recv(65536):
        heard += data
    return heard


def _until_it_ends(client: socket.socket, words: bytes) -> bytes:
    heard = b""
    while not heard.endswith(words):
        data = client.recv(65536)
        assert data, heard
        heard += data
    return heard


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
        answer = _all(client)
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
        _until_it_ends(client, b"hello")
        client.sendall(ECHO + ECHO.replace(b"hello", b"again")[:-3])
        client.sendall(b"ain")
        heard = _until_it_ends(client, b"again")
        assert heard.count(b"200 OK") == 2
        assert heard.index(b"hello") < heard.index(b"again")


def test_a_client_may_ask_before_it_sends_and_may_send_in_chunks(web: Web) -> None:
    with web.connect() as client:
        client.sendall(ECHO.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue")[:-5])
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        _until_it_ends(client, b"hello")
        client.sendall(CHUNKED + b"3\r\nabc\r\n")
        client.sendall(b"2\r\nde\r\n0\r\n\r\n")
        _until_it_ends(client, b"abcde")


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
        began = time.monotonic()
        for _ in range(20):
            assert web.get("/healthy")[0] == 200
        assert time.monotonic() - began < 3
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


def test_a_stop_lets_what_is_under_way_end(run: Programs) -> None:
    web = Web(run).ready()
    answers: list[tuple[int, str]] = []
    waiting = threading.Thread(target=lambda: answers.append(web.get("/slow")))
    waiting.start()
    until(lambda: (run.folder / "slow").exists())
    web.program.process.terminate()
    waiting.join(10)
    assert answers == [(200, "done")]
    assert web.program.ends() == 0
    assert run.living() == []


def test_a_worker_that_has_just_begun_misses_no_signal(run: Programs) -> None:
    for _ in range(3):
        master = Web(run, workers=1).program.pid
        children = Path(f"/proc/{master}/task/{master}/children")
        while not (born := children.read_text().split()):
            pass
        os.kill(int(born[0]), signal.SIGTERM)
        assert proc.gone([int(born[0])], 5) == []


class Load:
    """Clients that ask without a pause, some on one connection, some on a new one each time."""

    def __init__(self, web: Web, path: str = "/pid") -> None:
        self.answers: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self._web, self._path, self._over = web, path, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._web.port, timeout=10)
        while not self._over.is_set():
            try:
                connection.request("GET", self._path)
                response = connection.getresponse()
                self.answers[response.read().decode()] += 1
                if response.status != 200:
                    self.failures[str(response.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures[type(error).__name__] += 1
                connection.close()
            if not keeps:
                connection.close()
        connection.close()


@pytest.mark.parametrize("left", ["1", "no number", None])
def test_its_number_stands_in_a_file_whatever_stood_there(run: Programs, left: str | None) -> None:
    file = run.folder / ("web.pid" if left else "no folder/web.pid")
    if left:
        file.write_text(left)  # process 1 lives, and is another
    web = Web(run, pid_file=str(file)).ready()
    if left:
        assert int(file.read_text()) == web.program.pid
        os.kill(web.workers()[0], signal.SIGTERM)
        until(lambda: len(_serving(web)) == 2)
        assert file.exists(), "it is the master's"
    web.program.process.terminate()
    assert web.program.ends() == 0
    assert not file.exists()


def test_f18_a_reload_fails_no_request_and_takes_up_new_code(run: Programs) -> None:
    module = run.folder / "versioned.py"
    module.write_text(_versioned("one"))
    web = Web(run, application="versioned:create()", fresh=["versioned"], pid_file=str(run.folder / "web.pid")).ready()
    with Load(web, "/") as load:
        for version in ("two", "three"):
            module.write_text(_versioned(version))
            os.kill(int((run.folder / "web.pid").read_text()), signal.SIGHUP)
            until(lambda version=version: version in load.answers)  # type: ignore[misc]
        until(lambda: load.answers["three"] > 200)
    assert load.failures == Counter()
    assert web.get("/")[1] == "three"


def _versioned(version: str) -> str:
    # Of different lengths: the interpreter tells a changed source by its size and its second.
    return (
        "from tests.gateway.standin import create as standin\n"
        "def create():\n"
        "    app = standin()\n"
        f"    app.add_url_rule('/', view_func=lambda: {version!r})\n"
        "    return app\n"
    )


def test_f4_workers_that_are_killed_come_back(run: Programs) -> None:
    web = Web(run).ready()
    with Load(web) as load:
        for _ in range(4):
            victim = web.workers()[0]
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: len(set(web.workers()) - {victim}) == 2)  # type: ignore[misc]
        fresh = {str(pid) for pid in web.workers()}
        until(lambda: fresh & set(load.answers))
    assert set(load.failures) <= {"ConnectionResetError", "RemoteDisconnected", "BrokenPipeError", "IncompleteRead"}
    assert load.failures.total() <= 4 * 4, "each kill costs at most the requests that were under way there"
    assert web.program.process.poll() is None


def test_s22_workers_end_when_their_master_is_killed(run: Programs) -> None:
    web = Web(run).ready()
    workers = web.workers()
    with web.connect() as idle:
        idle.sendall(ECHO)
        _until_it_ends(idle, b"hello")
        os.kill(web.program.pid, signal.SIGKILL)
        assert proc.gone(workers, 5) == []
    with socket.create_server(("127.0.0.1", web.port)):
        pass


def test_an_application_that_does_not_start_ends_the_server_and_says_why(run: Programs) -> None:
    (run.folder / "broken.py").write_text("def create():\n    raise RuntimeError('no such table')\n")
    web = Web(run, application="broken:create()")
    assert web.program.ends() != 0
    assert "no such table" in web.program.output


def test_f7_a_store_that_is_away_when_a_worker_starts_does_not_end_the_others(run: Programs) -> None:
    away = run.folder / "away"
    (run.folder / "moody.py").write_text(
        "from pathlib import Path\n"
        "from tests.gateway.standin import create as standin\n"
        "def create():\n"
        f"    if Path({str(away)!r}).exists(): raise RuntimeError('{CANARY}')\n"
        "    return standin()\n"
    )
    web = Web(run, application="moody:create()").ready()
    until(lambda: len(_serving(web)) == 2)
    away.touch()
    os.kill(web.workers()[0], signal.SIGKILL)
    until(lambda: "cannot be made ready (RuntimeError)" in web.program.output, what=web.program.output)
    assert web.get("/healthy")[0] == 200
    away.unlink()
    until(lambda: len(_serving(web)) == 2)
    assert CANARY not in web.program.output


def _serving(web: Web) -> set[str]:
    return {web.get("/pid")[1] for _ in range(20)}


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
