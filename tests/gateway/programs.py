"""Programs under test: started with a mark in their environment, found by it wherever they hang, ended afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench import proc
from tests.bench.processes import free_port
from tests.waiting import until

__all__ = ("Program", "Programs", "free_port", "programs")

ROOT = Path(__file__).parents[2]


class Programs:
    """What one test starts. `folder` is its own, and where their output goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mark = ("QUIETLINE_TEST_MARK", uuid.uuid4().hex)
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *args: str, **environ: str) -> Program:
        """Starts a program in a session of its own. An empty variable is left out of its environment."""
        wanted = {**os.environ, "PYTHONPATH": str(ROOT), "STANDIN_FOLDER": str(self.folder), **environ}
        wanted[self._mark[0]] = self._mark[1]
        output = self.folder / f"output.{len(self._processes)}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                args,
                env={name: value for name, value in wanted.items() if value},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return Program(process, output)

    def python(self, *args: str, **environ: str) -> Program:
        """Starts this interpreter."""
        return self.start(sys.executable, *args, **environ)

    def standin(self, *args: str, **environ: str) -> Program:
        """Starts tests/gateway/standin.py."""
        return self.python("-m", "tests.gateway.standin", *args, **environ)

    def living(self) -> list[int]:
        """The processes that this test has started, and theirs."""
        return proc.tagged("=".join(self._mark))

    def named(self, words: str) -> list[int]:
        """Those of them whose command line holds some words."""
        return [pid for pid in self.living() if words in proc.command(pid)]

    def end(self) -> None:
        """Leaves none of them."""
        for pid in self.living():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self._processes:
            process.wait()


class Program:
    """One program that was started."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process, self._output = process, output

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        """All it has written so far."""
        return self._output.read_text(errors="replace")

    def says(self, words: str, seconds: float = 20.0) -> None:
        """Waits until its output holds some words."""
        until(lambda: words in self.output or self.process.poll() is not None, seconds, self.output)
        assert words in self.output, self.output

    def ends(self, seconds: float = 40.0) -> int:
        """Waits for its end and returns its exit code."""
        return self.process.wait(seconds)


@contextmanager
def programs(folder: Path) -> Iterator[Programs]:
    """For one test or several."""
    started = Programs(folder)
    try:
        yield started
    finally:
        started.end()
