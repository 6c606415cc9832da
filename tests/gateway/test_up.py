"""`quietline up`: starts everything, says where it is, and whatever ends it leaves no process behind (S22)."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from gateway import cli
from gateway.bell import connect
from gateway.processes import commands
from gateway.up import PROCFILE
from tests.bench import proc
from tests.gateway.programs import Program, Programs, free_port, programs
from tests.waiting import until

QUIETLINE = str(Path(sys.executable).with_name("quietline"))
STANDIN = f"{shlex.quote(sys.executable)} -m tests.gateway.standin"


class Installation:
    """A folder with a Procfile of stand-ins, to be brought up."""

    def __init__(self, run: Programs, procfile: str = f"web: {STANDIN} web\nworker: {STANDIN} idle\n") -> None:
        self.run, self.folder, self.port = run, run.folder, free_port()
        (self.folder / "Procfile").write_text(procfile)

    def up(self, queue: bool = True, **environ: str) -> Program:
        fields = {"folder": str(self.folder), "port": self.port, "queue": queue}
        environ = {"PORT": str(self.port), "REDIS_URL": "", **environ}
        return self.run.standin("up", json.dumps(fields), **environ)

    def is_up(self, queue: bool = True) -> Program:
        """Brings it up and waits for the banner and for the stand-in of the worker."""
        program = self.up(queue)
        program.says("Quietline is up.")
        until(self.idle, what=program.output)
        return program

    def idle(self) -> list[dict[str, str]]:
        """What the living stand-ins of the worker have noted."""
        return [json.loads(text) for path in self.folder.glob("idle.*") if (text := path.read_text())]

    def answers(self) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", "/healthy")
            return connection.getresponse().status == 200


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with programs(tmp_path) as run:
        yield Installation(run)


def _nothing_left(here: Installation, seconds: float = 20) -> None:
    assert proc.gone(here.run.living(), seconds) == [], [proc.command(pid) for pid in here.run.living()]
    assert here.run.living() == []
    with socket.create_server(("127.0.0.1", here.port)):
        pass


def test_it_says_where_it_is_and_gives_its_processes_what_they_need(here: Installation) -> None:
    program = here.is_up()
    assert "https://texts.example.org" in program.output
    assert "quietline phone" in program.output
    assert "quietline reports" in program.output
    assert str(here.folder / "data") in program.output
    assert "Ctrl-C" in program.output
    assert (here.folder / "prepared").read_text() == "once\n"
    assert stat.S_IMODE((here.folder / "data").stat().st_mode) == 0o700
    (noted,) = here.idle()
    assert noted["path"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    with connect(noted["redis"], 2.0) as client:
        assert client.ping()


def test_with_redis_url_it_starts_no_server_of_its_own(here: Installation) -> None:
    here.up(queue=False, REDIS_URL="redis://127.0.0.1:1/0").says("Quietline is up.")
    until(here.idle)
    assert here.idle()[0]["redis"] == "redis://127.0.0.1:1/0"
    assert here.run.named("valkey-server") == []


def _interrupt(here: Installation, program: Program) -> None:
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does on Ctrl-C


def _terminate(here: Installation, program: Program) -> None:
    program.process.terminate()


def _hang_up(here: Installation, program: Program) -> None:
    os.kill(program.pid, signal.SIGHUP)


def _end_worker(here: Installation, program: Program) -> None:
    (worker,) = here.run.named("standin idle")[-1:]
    os.kill(worker, signal.SIGTERM)


def _kill_supervisor(here: Installation, program: Program) -> None:
    program.process.kill()


def _kill_watchers(here: Installation, program: Program) -> None:
    """honcho's own processes, one for each command: they carry the supervisor's command line."""
    watchers = [pid for pid in here.run.named("standin up") if pid != program.pid]
    assert len(watchers) == 2
    os.kill(watchers[0], signal.SIGKILL)


def _kill_web(here: Installation, program: Program) -> None:
    masters = [pid for pid in here.run.named("standin web") if "/bin/sh" not in proc.command(pid)]
    os.kill(min(masters), signal.SIGKILL)


def _kill_everything_but_the_leaves(here: Installation, program: Program) -> None:
    for pid in here.run.named("standin up") + here.run.named("/bin/sh"):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (_interrupt, 0),
        (_terminate, 0),
        (_hang_up, 0),
        (_end_worker, 1),
        (_kill_supervisor, -signal.SIGKILL),
        (_kill_watchers, 128 + signal.SIGKILL),
        (_kill_web, 128 + signal.SIGKILL),
        (_kill_everything_but_the_leaves, -signal.SIGKILL),
    ],
)
def test_s22_whatever_ends_it_leaves_no_process_behind(
    here: Installation, ended: Callable[[Installation, Program], None], code: int
) -> None:
    program = here.is_up()
    names = " ".join(proc.command(pid) for pid in here.run.living())
    assert all(name in names for name in ("valkey-server", "standin web", "standin idle")), "the mark finds them all"
    ended(here, program)
    assert program.ends() == code, program.output
    _nothing_left(here)
    assert "Traceback" not in program.output


def test_a_signal_while_it_starts_leaves_nothing(here: Installation) -> None:
    program = here.up()
    until(lambda: (here.folder / "data" / "queue" / "server.lock").exists())
    program.process.terminate()
    assert program.ends() == 0
    _nothing_left(here)


def test_it_ends_with_whoever_started_it(here: Installation) -> None:
    """`make`, that is, however it was killed."""
    leader = here.run.python("-c", "import signal; signal.pause()")
    environ = {"QUIETLINE_SUPERVISOR_PID": str(leader.pid), "QUIETLINE_DATA": str(here.folder / "data")}
    program = here.run.start(QUIETLINE, "up", PORT=str(here.port), **environ)
    program.says("Quietline is up.", 40)
    leader.process.kill()
    leader.process.wait()
    program.ends()
    _nothing_left(here)


def test_it_starts_again_at_once_after_it_was_killed(here: Installation) -> None:
    first = here.is_up()
    first.process.kill()
    first.process.wait()
    here.is_up()


def test_a_second_one_on_the_same_folder_says_so_in_one_line(here: Installation) -> None:
    first = here.is_up()
    second = here.up()
    assert second.ends() == 2
    assert second.output == f"Quietline is running already on {here.folder / 'data'} (process {first.pid}).\n"
    assert here.answers(), "the first goes on"


def test_a_port_that_is_taken_is_one_line(here: Installation) -> None:
    with socket.create_server(("127.0.0.1", here.port)):
        program = here.up()
        assert program.ends() == 2
    line = f"Port {here.port} of 127.0.0.1 is not to be had (Address already in use). Another one: PORT=8062 make up\n"
    assert program.output == line
    _nothing_left(here)


def test_a_data_folder_that_is_none_is_one_line(here: Installation) -> None:
    (here.folder / "data").write_text("a file")
    program = here.up()
    assert program.ends() == 2
    assert program.output == f"The data folder {here.folder / 'data'} cannot be used: File exists.\n"


def test_without_a_procfile_it_says_so(here: Installation) -> None:
    (here.folder / "Procfile").unlink()
    program = here.up()
    assert program.ends() == 2
    assert "There is no " in program.output


def test_a_process_that_does_not_start_ends_it_with_an_error(tmp_path: Path) -> None:
    with programs(tmp_path) as run:
        here = Installation(run, f"web: {STANDIN} web\nworker: no-such-command\n")
        program = here.up()
        assert program.ends() == 127
        assert "no-such-command" in program.output
        _nothing_left(here)


def test_f6_its_queue_server_comes_back_after_a_kill(here: Installation) -> None:
    here.is_up()
    (server,) = here.run.named("valkey-server")
    os.kill(server, signal.SIGKILL)
    until(lambda: set(here.run.named("valkey-server")) - {server})
    with connect(here.idle()[0]["redis"], 2.0) as client:
        until(lambda: _pings(client))


def _pings(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def test_the_procfile_names_commands_that_there_are() -> None:
    named = commands(PROCFILE)
    assert list(named) == ["web", "worker", "clock", "desk"]
    known = cli.main.list_commands(cli.main.make_context("quietline", ["--help"], resilient_parsing=True))
    for command in named.values():
        program, name = command.split()
        assert (program, name in known) == ("quietline", True)


def test_the_whole_product_comes_up_from_its_procfile_and_leaves_nothing(here: Installation) -> None:
    program = here.run.start(QUIETLINE, "up", PORT=str(here.port), QUIETLINE_DATA=str(here.folder / "data"))
    program.says("Quietline is up.", 40)
    assert here.answers()
    living = here.run.living()
    assert len(living) > 8
    os.kill(program.pid, signal.SIGKILL)
    assert program.ends() == -signal.SIGKILL
    _nothing_left(here)


def test_without_a_suitable_python_make_says_one_line(tmp_path: Path) -> None:
    makefile = PROCFILE.with_name("Makefile")
    shutil.copy(PROCFILE.with_name("pyproject.toml"), tmp_path)
    made = subprocess.run(
        ["make", "-f", str(makefile), "up", "PYTHON=/bin/false"], cwd=tmp_path, capture_output=True, text=True
    )
    assert made.returncode != 0
    said = [line for line in made.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert said[0].startswith("Quietline needs Python 3.11 or newer")
    assert not (tmp_path / ".venv").exists()
