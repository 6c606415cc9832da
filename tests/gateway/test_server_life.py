"""The web server's life: starts, stops, reloads and kills cost no more than they must."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import proc
from tests.gateway.programs import Programs, programs
from tests.gateway.webs import CANARY, ECHO, Web, until_it_ends
from tests.waiting import until


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path) as started:
        yield started


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
        connection = http.client.HTTPConnection("127.0.0.1", self._web.port, timeout=20)
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
        for version in ("second", "three"):
            module.write_text(_versioned(version))
            os.kill(int((run.folder / "web.pid").read_text()), signal.SIGHUP)
            until(lambda version=version: version in load.answers)  # type: ignore[misc]
        until(lambda: load.answers["three"] > 200)
    assert load.failures == Counter()
    until(lambda: {web.get("/")[1] for _ in range(10)} == {"three"})


def test_f18_the_old_code_answers_until_the_new_code_has_loaded(run: Programs) -> None:
    module, may_load, loads = run.folder / "versioned.py", run.folder / "may_load", run.folder / "loads"
    module.write_text(_versioned("one"))
    web = Web(run, application="versioned:create()", fresh=["versioned"], pid_file=str(run.folder / "web.pid")).ready()
    slow = (
        "import threading\nfrom pathlib import Path\n"
        f"Path({str(loads)!r}).touch()\n"
        f"while not Path({str(may_load)!r}).exists():\n    threading.Event().wait(0.01)\n"
    )
    module.write_text(slow + _versioned("slower"))
    os.kill(int((run.folder / "web.pid").read_text()), signal.SIGHUP)
    until(loads.exists)
    assert [web.get("/")[1] for _ in range(20)] == ["one"] * 20
    may_load.touch()
    until(lambda: {web.get("/")[1] for _ in range(10)} == {"slower"})


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
        until_it_ends(idle, b"hello")
        os.kill(web.program.pid, signal.SIGKILL)
        assert proc.gone([web.program.pid, *workers], 5) == []
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
