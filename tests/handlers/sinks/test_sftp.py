"""Reports by schedule to a real SFTP server: only to the one whose key we know, and whole or not at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from handlers.ports import DeliveryError, Retryable, SinkPaused
from handlers.sinks import formats
from handlers.sinks.batches import BatchSink
from handlers.sinks.schedule import Schedule
from handlers.sinks.sftp import RemoteFolder, SftpSettings, build

from .reports import CANARY, MADE, delivery
from .sshserver import PASSWORD, USER, SftpServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "root" / "in").mkdir(parents=True)
    with SftpServer(tmp_path / "root") as running:
        yield running


def arrived(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "root" / "in").iterdir() if not path.name.startswith("."))


def sink(server: SftpServer, form: str = "jsonl", **settings: str) -> BatchSink:
    given = {"host": "127.0.0.1", "port": str(server.port), "username": USER, "folder": "/in", "format": form}
    if "key_file" not in settings:
        given["password"] = PASSWORD
    known = SftpSettings.from_settings({"host_key": server.host_key, **given, **settings})
    return BatchSink("desk", RemoteFolder(known), formats.find(form), Schedule.from_settings({}), lambda: MADE + 7200)


def failure(of: BatchSink) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        of.deliver(delivery())
    return caught.value


@pytest.mark.parametrize("form", ["csv", "jsonl", "mait"])
def test_a_report_arrives_whole_and_once(server: SftpServer, tmp_path: Path, form: str) -> None:
    sink(server, form).deliver(delivery())
    sink(server, form).deliver(delivery())
    (path,) = arrived(tmp_path)
    assert CANARY in path.read_text()
    assert list((tmp_path / "root" / "in").iterdir()) == [path], "nothing half written is left"


def test_a_key_opens_as_well(server: SftpServer, tmp_path: Path) -> None:
    sink(server, key_file=str(server.key_file(tmp_path / "id"))).deliver(delivery())
    assert len(arrived(tmp_path)) == 1


def test_another_server_gets_neither_the_report_nor_the_password(server: SftpServer, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    problem = failure(sink(server, host_key=other))
    assert isinstance(problem, SinkPaused)
    assert str(problem) == "sftp host key refused"
    assert server.logins == 0
    assert arrived(tmp_path) == []


def test_a_refused_login_pauses_the_sink(server: SftpServer) -> None:
    server.shut = True
    problem = failure(sink(server))
    assert isinstance(problem, SinkPaused)
    assert str(problem) == "sftp login refused"


def test_a_missing_folder_pauses_the_sink(server: SftpServer) -> None:
    problem = failure(sink(server, folder="/gone"))
    assert isinstance(problem, SinkPaused)
    assert str(problem) == "sftp folder is missing"


def test_a_server_that_dies_mid_write_gets_it_again_f10(server: SftpServer, tmp_path: Path) -> None:
    server.dies = True
    assert isinstance(failure(sink(server)), Retryable)
    assert arrived(tmp_path) == []
    server.dies = False
    sink(server).deliver(delivery())
    assert len(arrived(tmp_path)) == 1


def test_nobody_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    settings = {"host": "127.0.0.1", "port": str(port), "username": USER, "password": PASSWORD, "host_key": key}
    made = build("desk", {**settings, "format": "csv"})
    made._now = lambda: MADE + 7200
    with pytest.raises(Retryable, match="connection refused"):
        made.deliver(delivery())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": ""}, "host"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"host_key": ""}, "host_key"),
        ({"host_key": "canary"}, "host_key"),
        ({"format": "xls"}, "format"),
        ({"format": ""}, "format"),
        ({"port": "0"}, "port"),
        ({"every": "7"}, "every"),
        ({"folder_name": "x"}, "folder_name"),
    ],
)
def test_a_mistake_is_named_and_its_value_is_not(changes: dict[str, str], named: str) -> None:
    given = {"host": "sftp.example.org", "username": USER, "password": PASSWORD, "format": "csv"}
    given["host_key"] = "ssh-ed25519 " + "A" * 68
    with pytest.raises(ValueError, match=f"^{named}: ") as caught:
        SftpSettings.from_settings(given | changes)
    assert "canary" not in str(caught.value)
    assert PASSWORD not in repr(SftpSettings.from_settings(given))
