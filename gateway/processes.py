"""Runs what a Procfile names, by honcho, and leaves none of it behind.

honcho watches each process from one of its own; here those watchers and the processes end with the supervisor too, and
a watcher that was killed takes everything down instead of leaving honcho waiting for it.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from honcho.environ import parse_procfile  # type: ignore[import-untyped]
from honcho.manager import Manager  # type: ignore[import-untyped]
from honcho.process import Process  # type: ignore[import-untyped]

from gateway import lifeline

SUPERVISOR: Final = "QUIETLINE_SUPERVISOR_PID"


def commands(procfile: Path) -> dict[str, str]:
    """The commands of a Procfile by their names. Raises OSError."""
    found: dict[str, str] = dict(parse_procfile(procfile.read_text(encoding="utf-8")).processes)
    return found


class _Watched(Process):  # type: ignore[misc]  # honcho has no types
    """One command, in the process of honcho's that watches it."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Runs the command to its end, or until the supervisor is gone."""
        lifeline.follow(int(self.env[SUPERVISOR]))
        super().run(events, ignore_signals)


class Processes(Manager):  # type: ignore[misc]
    """Named commands that run and end together: where one ends, so do all.

    Args:
        named: commands for the shell, by name.
        environ: their whole environment.
        meanwhile: called in the main thread about ten times a second while all of them run.
    """

    def __init__(self, named: Mapping[str, str], environ: Mapping[str, str], meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._process_ctor = _Watched
        self._meanwhile = meanwhile
        self._ends_early = False
        self._notices: deque[str] = deque()
        env = {**environ, SUPERVISOR: str(os.getpid()), "PYTHONUNBUFFERED": "1"}
        for name, command in named.items():
            self.add_process(name, command, env=env)

    def run(self) -> int:
        """Runs them until one ends or SIGTERM or SIGINT comes, and returns an exit code: 0 after a signal."""
        try:
            self.loop()
        finally:
            self._kill_rest()
        self._print_notices()
        code = int(self.returncode or 0)
        if code in (130, 143):
            return 0
        return 128 - code if code < 0 else code or 1

    def terminate(self) -> None:
        """Asks all of them to end."""
        if super()._all_started():
            super().terminate()
        else:
            self._ends_early = True  # honcho does not know their numbers yet

    def kill(self) -> None:
        """Ends all of them, and honcho's watchers, which cannot wait for what is not there any more."""
        super().kill()
        for each in self._processes.values():
            each["process"].kill()
            each.setdefault("returncode", -signal.SIGKILL)

    def _system_print(self, data: str) -> None:
        # honcho says some of this in a signal handler, which may have interrupted a print.
        self._notices.append(data)

    def _print_notices(self) -> None:
        while self._notices:
            super()._system_print(self._notices.popleft())

    def _all_started(self) -> bool:
        self._print_notices()
        started = bool(super()._all_started())
        if started and self._ends_early:
            self._ends_early = False
            super().terminate()
        return started

    def _any_stopped(self) -> bool:
        self._meanwhile()
        for name, each in self._processes.items():
            if each["process"].exitcode and "returncode" not in each:
                self._system_print(f"{name} has lost its watcher\n")
                self._procmgr.terminate(each["pid"])
                each["returncode"] = self.returncode = each["process"].exitcode
        return bool(super()._any_stopped())

    def _kill_rest(self) -> None:
        for each in self._processes.values():
            if each.get("process") is not None and each["process"].is_alive():
                each["process"].kill()
            if each.get("pid") is not None and each.get("returncode", -1) < 0:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(each["pid"], signal.SIGKILL)
