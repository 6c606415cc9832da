"""Transactions on SQLite or PostgreSQL.

    StoreError
    └── StoreBusy    the write lock was not to be had in time: nothing was written, the caller may try again

Statements are SQLAlchemy Core, compiled ahead (`handlers.records.compile`), and run on the driver's own connection.

SQLite: WAL, synchronous=FULL, one writer at a time by a lock between threads and a file lock between processes,
then BEGIN IMMEDIATE. busy_timeout sleeps and starves; the locks queue. PostgreSQL: one connection a thread, row
locks, limits on waiting. Connections are opened after a fork, never carried across one.

Sources: sqlite.org/wal.html, sqlite.org/pragma.html, postgresql.org/docs/current/runtime-config-client.html.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from handlers.records.compiled import Statement
from handlers.records.locks import LockTimeout, WriteLock

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

LOCK_SECONDS: Final = 5.0

SQLITE_PRAGMAS: Final = (
    "PRAGMA auto_vacuum=INCREMENTAL",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA busy_timeout=5000",
    "PRAGMA wal_autocheckpoint=1000",
)
POSTGRES_SETTINGS: Final = (
    "SET synchronous_commit = on",
    "SET lock_timeout = '5s'",
    "SET statement_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '10s'",
    "SET client_encoding = 'UTF8'",
)
_SQLITE: Final = "sqlite:///"
_BEGIN_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class StoreError(Exception):
    """The database did not do what it was asked; the text names the kind of failure, never a value."""


class StoreBusy(StoreError):
    """The write lock was not free within `LOCK_SECONDS`."""


class Transaction:
    """One open transaction on this thread."""

    def __init__(self, cursor: Any, kind: str) -> None:
        self._cursor = cursor
        self._kind = kind

    def run(self, statement: Statement, **values: Any) -> Any:
        """Executes and returns the driver's cursor."""
        return self._cursor.execute(*statement.bound(self._kind, values))

    def one(self, statement: Statement, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        row: tuple[Any, ...] | None = self.run(statement, **values).fetchone()
        return row

    def all(self, statement: Statement, **values: Any) -> list[tuple[Any, ...]]:
        """All rows."""
        rows: list[tuple[Any, ...]] = self.run(statement, **values).fetchall()
        return rows

    def changed(self, statement: Statement, **values: Any) -> int:
        """How many rows the statement changed."""
        count: int = self.run(statement, **values).rowcount
        return count

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone, alone, where it raises."""
        self._cursor.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            self._cursor.execute("ROLLBACK TO SAVEPOINT step")
            self._cursor.execute("RELEASE SAVEPOINT step")
            raise
        self._cursor.execute("RELEASE SAVEPOINT step")


class Database:
    """The store of one installation.

    Args:
        url: `sqlite:///path` or `postgresql://...`.
    """

    def __init__(self, url: str) -> None:
        self._url = _plain(url)
        self.kind = "sqlite" if self._url.startswith(_SQLITE) else "postgresql"
        self.path = Path(self._url.removeprefix(_SQLITE)) if self.is_sqlite else None
        self._local = threading.local()
        self._lock = WriteLock(self.path.with_name(self.path.name + ".lock"), LOCK_SECONDS) if self.path else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.kind == "sqlite"

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's way in, for migrations and examinations; loads it."""
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        return create_engine(self._url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One write transaction: committed where the block ends, rolled back where it raises. Raises StoreError."""
        with self.locked(), self._transaction("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN") as transaction:
            yield transaction

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One reading transaction with a steady view. Raises StoreError."""
        with self._transaction("BEGIN" if self.is_sqlite else _BEGIN_READ) as transaction:
            yield transaction

    def look(self) -> Transaction:
        """Single reads outside a transaction, each of what is committed by then. Raises the driver's errors."""
        return Transaction(self._cursor(), self.kind)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """For work that ends in `write`: keeps the other threads of this process from the embedded database meanwhile.

        Nothing on PostgreSQL. Raises StoreBusy.
        """
        if self._lock is None:
            yield
            return
        try:
            with self._lock.turn():
                yield
        except LockTimeout as error:
            raise StoreBusy(str(error)) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the embedded database's write lock, without a transaction. Raises StoreBusy."""
        if self._lock is None:
            yield
            return
        try:
            with self._lock.held():
                yield
        except LockTimeout as error:
            raise StoreBusy(str(error)) from None

    def checkpoint(self) -> None:
        """Empties SQLite's write-ahead log into the database file, so that nothing erased lingers in it."""
        if self.is_sqlite:
            with self.locked():
                self._cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Closes this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            with suppress(Exception):
                connection.close()
        self._local.connection = None

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        cursor = self._begin(begin)
        try:
            yield Transaction(cursor, self.kind)
            cursor.execute("COMMIT")
            if not self.is_sqlite and cursor.statusmessage != "COMMIT":
                raise StoreError("aborted")  # PostgreSQL answers ROLLBACK, and no error, where a statement had failed
        except BaseException as error:
            try:
                cursor.execute("ROLLBACK")
            except _driver_errors():
                self.close()
            if isinstance(error, _driver_errors()):
                self._forget_broken()
                raise StoreError(type(error).__name__) from error
            raise

    def _begin(self, begin: str) -> Any:
        """A cursor inside a fresh transaction; a connection that died meanwhile is replaced once."""
        for attempt in (1, 2):
            try:
                cursor = self._cursor()
                cursor.execute(begin)
                return cursor
            except _driver_errors() as error:
                self.close()
                if attempt == 2 or "locked" in str(error):
                    raise StoreError(type(error).__name__) from error
        raise AssertionError

    def _forget_broken(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None and (self.is_sqlite or getattr(connection, "closed", False)):
            self.close()

    def _cursor(self) -> Any:
        local = self._local
        if getattr(local, "connection", None) is None or local.pid != os.getpid():
            local.connection = self._connect()
            local.cursor = local.connection.cursor()
            local.pid = os.getpid()
        return local.cursor

    def _connect(self) -> Any:
        if self.path is not None:
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=LOCK_SECONDS, cached_statements=256)
            for pragma in SQLITE_PRAGMAS:
                connection.execute(pragma)
            return connection
        import psycopg

        postgres = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        for setting in POSTGRES_SETTINGS:
            postgres.execute(setting)
        return postgres


def _plain(url: str) -> str:
    """An address as the drivers take it, whatever form SQLAlchemy or a platform gave it."""
    for form in ("postgresql+psycopg://", "postgres://"):
        if url.startswith(form):
            return "postgresql://" + url.removeprefix(form)
    return url


def _driver_errors() -> tuple[type[Exception], ...]:
    """What the drivers raise; psycopg is only known once it has been loaded."""
    psycopg = sys.modules.get("psycopg")
    return (sqlite3.Error, psycopg.Error) if psycopg else (sqlite3.Error,)
