"""The tables as they stand at one moment, out of a database of either kind and into one of either kind.

SQLite is copied by its backup API: its file alone is not the database (sqlite.org/backup.html). PostgreSQL is read in
one repeatable-read transaction (postgresql.org/docs/current/transaction-iso.html). Rows come in the order of their
table's key, so that the same content makes the same dump.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.pool import NullPool

from handlers.records.database import Database, StoreError
from handlers.records.migrate import HEAD, prepare
from handlers.records.schema import metadata

_MEANWHILE: Final = frozenset({"heartbeats"})  # of processes that are gone by the time it is read
# What an installation writes before the first text comes.
_BY_ITSELF: Final = frozenset({"flow_versions", "measures", "alarms", "alarm_routes"})
TABLES: Final = tuple(table for table in metadata.sorted_tables if table.name not in _MEANWHILE)
_ROWS_AT_ONCE: Final = 500


class Rows(Struct, frozen=True):
    """Some rows of one table: a sequence of values each, in the order of `columns`."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


@contextmanager
def snapshot(database: Database, scratch: Path) -> Iterator[Iterator[Rows]]:
    """Every row of one moment.

    Args:
        database: of the newest schema.
        scratch: where a copy of the embedded database may lie meanwhile; removed at the end.

    Raises StoreError, also where the copy is damaged.
    """
    try:
        with _engine(database, scratch) as engine, engine.connect() as connection:
            if not database.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield _rows(connection)
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(type(error).__name__) from error
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def _engine(database: Database, scratch: Path) -> Iterator[sa.Engine]:
    if database.path is None:
        yield database.engine
        return
    scratch.unlink(missing_ok=True)
    os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(scratch)) as target:
        source.backup(target)
        if target.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise StoreError("the database is damaged")
        target.execute("PRAGMA journal_mode=DELETE")
    yield sa.create_engine(f"sqlite:///{scratch}", poolclass=NullPool)


def _rows(connection: sa.Connection) -> Iterator[Rows]:
    for table in TABLES:
        columns = tuple(column.name for column in table.columns)
        found = connection.execute(sa.select(table).order_by(*table.primary_key)).yield_per(_ROWS_AT_ONCE)
        for rows in found.partitions():
            yield Rows(table.name, columns, rows)


def is_empty(database: Database) -> bool:
    """Whether there is no database yet, or one without a row of anybody's. Raises StoreError."""
    try:
        if database.path is not None and not database.path.exists():
            return True
        with database.engine.connect() as connection:
            there = set(sa.inspect(connection).get_table_names())
            kept = [table for table in TABLES if table.name in there - _BY_ITSELF]
            found = (connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in kept)
            return not any(found)
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(type(error).__name__) from error


def load(database: Database, dumped: Iterable[Rows], schema: str) -> int:
    """Writes a dump into an empty database, in one transaction, and brings it to the newest schema; returns the rows.

    Args:
        database: empty; made where it is missing.
        dumped: as `snapshot` gave it.
        schema: the version it was made with.

    Raises StoreError.
    """
    prepare(database, schema)
    try:
        with database.engine.begin() as connection:
            # The rest is empty, and of the audit nothing can be deleted.
            for name in sorted(_BY_ITSELF):
                if sa.inspect(connection).has_table(name):
                    connection.execute(sa.text(f'DELETE FROM "{name}"'))  # noqa: S608 - of the schema
            written = sum(_insert(connection, rows) for rows in dumped)
            if not database.is_sqlite:
                _count_on(connection)
        if schema != HEAD:
            prepare(database)
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(type(error).__name__) from error
    return written


def _insert(connection: sa.Connection, rows: Rows) -> int:
    if rows.table not in {table.name for table in TABLES}:
        raise StoreError("a table that is not known")
    into = sa.table(rows.table, *(sa.column(name) for name in rows.columns))
    if rows.rows:
        connection.execute(sa.insert(into), [dict(zip(rows.columns, row, strict=True)) for row in rows.rows])
    return len(rows.rows)


def _count_on(connection: sa.Connection) -> None:
    """New rows get numbers past those that were written."""
    for table in TABLES:
        [key, *more] = table.primary_key
        if not more and key.autoincrement is True and sa.inspect(connection).has_table(table.name):
            connection.execute(
                sa.text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), "  # noqa: S608 - of the schema
                    f'(SELECT coalesce(max("{key.name}"), 0) + 1 FROM "{table.name}"), false)'
                )
            )
