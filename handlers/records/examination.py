"""What a database is like: for whoever sets up an installation."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
from msgspec import Struct

from handlers.records.database import Database, StoreError
from handlers.records.migrate import is_current

# Without one of these a power cut may lose what was committed (postgresql.org/docs/current/runtime-config-wal.html).
_KEEPS_COMMITS = ("fsync", "full_page_writes")


class Examined(Struct, frozen=True):
    """A database that answered.

    `exists`: False where its file has not been made. `current`: its schema is the newest. `unsafe`: settings of a
    PostgreSQL server that may cost commits. `now`: its clock in Unix seconds, None where it is this machine's.
    """

    exists: bool
    current: bool
    unsafe: tuple[str, ...] = ()
    now: float | None = None


def sqlite_version() -> tuple[int, int, int]:
    """The version of the SQLite library that this process uses."""
    major, minor, patch = sqlite3.sqlite_version_info[:3]
    return major, minor, patch


def examine(database: Database) -> Examined:
    """Looks at a database and changes nothing. Raises StoreError naming the kind of failure."""
    try:
        if database.path is not None:
            return Examined(database.path.exists(), is_current(database))
        with database.engine.connect() as connection:
            unsafe = [name for name in _KEEPS_COMMITS if connection.scalar(sa.text(f"SHOW {name}")) != "on"]
            now = connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())"))
        return Examined(True, is_current(database), tuple(unsafe), None if now is None else float(now))
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
        raise StoreError(type(cause).__name__) from None
    finally:
        database.close()
