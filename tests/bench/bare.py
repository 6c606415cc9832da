"""The floors as running servers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handlers.records.database import Database
from handlers.records.migrate import prepare
from tests.bench.posts import AUTH_TOKEN, Target
from tests.bench.processes import Process, free_port, listens, python, wait_until


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """Server class and counts, the same for the floors and for the product."""

    kind: str = "gunicorn"
    workers: int = 2
    threads: int = 4


class BareServer:
    """One bare app (`floors:signed`, `durable:busy`, `durable:locked`) on a free port of loopback.

    Args:
        app: module and factory within `tests.bench`.
        folder: for its log, and for its database where it has one.
        env: added to its environment (a preload, say).
    """

    def __init__(self, app: str, spec: ServerSpec, folder: Path, env: dict[str, str] | None = None) -> None:
        self.name, self._env = app.rpartition(":")[2], env or {}
        self.port = free_port()
        self.target = Target.local(self.port)
        self.database = folder / f"{self.name}.db"
        if app.startswith("durable"):
            prepare(Database(f"sqlite:///{self.database}"))
        self._args = python(
            "tests.bench.serve", f"tests.bench.{app}", "--server", spec.kind, "--port", str(self.port),
            "--workers", str(spec.workers), "--threads", str(spec.threads),
        )  # fmt: skip
        self._log = folder / f"{self.name}.log"

    def start(self) -> BareServer:
        """Starts the process; `ready` waits for it."""
        settings = {"BENCH_URL": self.target.public_url, "BENCH_TOKEN": AUTH_TOKEN, "BENCH_DB": str(self.database)}
        self.process = Process(self.name, self._args, self._log, {**settings, **self._env})
        return self

    def ready(self) -> BareServer:
        wait_until(lambda: listens(self.port), 20, self.name, self.process)
        return self

    def stop(self) -> None:
        self.process.stop()


class BareFollower:
    """The bare follower behind a `durable` server."""

    def __init__(self, server: BareServer, sink_port: int, folder: Path, env: dict[str, str] | None = None) -> None:
        args = python("tests.bench.follower", "--db", str(server.database), "--port", str(sink_port))
        self.process = Process("follower", args, folder / "follower.log", env)

    def stop(self) -> None:
        self.process.stop()
