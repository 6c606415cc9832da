"""Builds the slow disk: a small preload shim, from the C file beside this one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.processes import python

_SOURCE = Path(__file__).with_name("slowsync.c")


def compiler() -> str | None:
    """The C compiler of this machine, None without one."""
    return next(
        (found for name in (os.environ.get("CC", ""), "cc", "gcc", "clang") if name and (found := shutil.which(name))),
        None,
    )


def build(folder: Path) -> Path | None:
    """The shared object, None where it cannot be built here (no C compiler, or no LD_PRELOAD on this system)."""
    found = compiler()
    if found is None or not sys.platform.startswith("linux"):
        return None
    shim = folder / "slowsync.so"
    subprocess.run(
        [found, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(shim), str(_SOURCE), "-ldl"], check=True, timeout=60
    )
    return shim


def preload(shim: Path, micros: int) -> dict[str, str]:
    """The environment of a process whose every sync takes that much longer."""
    return {"LD_PRELOAD": str(shim), "SLOWSYNC_US": str(micros)}


def one_commit_rate(folder: Path, env: dict[str, str], seconds: float = 1.0) -> float:
    """Commits a second of one writer that commits each text by itself, in a process with this environment."""
    command = [*python("tests.bench.slowsync"), str(folder / "limit.db"), str(seconds)]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=True)
    return float(done.stdout)


def _commit_for(path: str, seconds: float) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, body TEXT)")
    began, commits = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        connection.execute("INSERT INTO row (body) VALUES (?)", ("x" * 500,))
        commits += 1
    return commits / elapsed


if __name__ == "__main__":
    print(f"{_commit_for(sys.argv[1], float(sys.argv[2])):.1f}")
