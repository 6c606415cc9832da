"""Transactions on SQLite or PostgreSQL.

    StoreError
    └── StoreBusy    the write lock was not to be had in time: nothing was written, the caller may try again

Statements are SQLAlchemy Core, compiled ahead (`handlers.records.compile`), and run on the driver's own connection.

SQLite: WAL, synchronous=FULL, one writer at a time by a lock between threads and a file lock between processes,
then BEGIN IMMEDIATE. busy_timeout sleeps and starves; the locks queue. A process writes through one connection,
whose pages stay warm, and each thread reads through its own. PostgreSQL: one connection a thread, row locks, limits
on waiting. Connections are opened after a fork, never carried across one.

Sources: sqlite.org/wal.html, sqlite.org/pragma.html, postgresql.org/docs/current/runtime-config-client.html.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from handlers.records.company import Company, Job, TooLong
from handlers.records.compiled import Statement
from handlers.records.locks import LockTimeout, WriteLock

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

LOCK_SECONDS: Final = 5.0
# Other processes wait meanwhile.
MOST_TOGETHER: Final = 8

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
    """The write lock was not free in time."""


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


class _Seat:
    """Where an open connection is kept, and whose process it is."""

    connection: Any = None
    cursor: Any = None
    pid = 0


class _ThreadSeat(_Seat, threading.local):
    """One for each thread."""


class Database:
    """The store of one installation.

    Args:
        url: `sqlite:///path` or `postgresql://...`.
        patience: seconds that one wait for others may take.
    """

    def __init__(self, url: str, patience: float = LOCK_SECONDS) -> None:
        self._patience = patience
        self._url = _plain(url)
        self.kind = "sqlite" if self._url.startswith(_SQLITE) else "postgresql"
        self.path = Path(self._url.removeprefix(_SQLITE)) if self.is_sqlite else None
        self._local = _ThreadSeat()
        self._writer = _Seat() if self.is_sqlite else self._local
        self._lock = WriteLock(self.path.with_name(self.path.name + ".lock"), patience) if self.path else None
        self._company = Company(MOST_TOGETHER, patience) if self.is_sqlite else None

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
        begin = "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN"
        with self.locked(), self._transaction(begin, self._writer) as transaction:
            yield transaction

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One reading transaction with a steady view. Raises StoreError."""
        with self._transaction("BEGIN" if self.is_sqlite else _BEGIN_READ, self._local) as transaction:
            yield transaction

    def look(self) -> Transaction:
        """Single reads outside a transaction, each of what is committed by then. Raises the driver's errors."""
        return Transaction(self._cursor(self._local), self.kind)

    @contextmanager
    def turn(self) -> Iterator[Transaction]:
        """Single reads before a `write` by the same thread, which comes next; yields the way to `look`.

        Keeps the other threads of this process from the embedded database meanwhile. Raises StoreError.
        """
        if self._lock is None:
            yield Transaction(self._opened(self._local), self.kind)
            return
        try:
            with self._lock.turn():
                yield Transaction(self._opened(self._writer), self.kind)
        except LockTimeout as error:
            raise StoreBusy(str(error)) from None

    def together(self, job: Job, run: Callable[[Sequence[Job]], None]) -> None:
        """Runs a job; on the embedded database in one go with those that other threads bring meanwhile.

        Args:
            job: notes itself what comes of it.
            run: the same for every job of this database. Raises StoreBusy.
        """
        if self._company is None:
            run([job])
            return
        try:
            self._company.do(job, run)
        except TooLong:
            raise StoreBusy("other threads are writing") from None

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

    def checkpoint(self) -> bool:
        """Empties SQLite's write-ahead log into the database file, so that nothing erased lingers in it.

        Returns False where somebody was reading from it all the while.
        """
        if not self.is_sqlite:
            return True
        with self.locked():
            found = self._cursor(self._writer).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return bool(found[0][0] == 0)

    def close(self) -> None:
        """Closes this thread's connection, and the one that writes unless another thread is writing."""
        _close(self._local)
        if self._lock is not None:
            with suppress(LockTimeout), self._lock.turn(0):
                _close(self._writer)

    @contextmanager
    def _transaction(self, begin: str, seat: _Seat) -> Iterator[Transaction]:
        cursor = self._begin(begin, seat)
        try:
            yield Transaction(cursor, self.kind)
            cursor.execute("COMMIT")
            if not self.is_sqlite and cursor.statusmessage != "COMMIT":
                raise StoreError("aborted")  # PostgreSQL answers ROLLBACK, and no error, where a statement had failed
        except BaseException as error:
            try:
                cursor.execute("ROLLBACK")
            except _driver_errors():
                _close(seat)
            if isinstance(error, _driver_errors()):
                self._forget_broken(seat)
                raise StoreError(type(error).__name__) from error
            raise

    def _begin(self, begin: str, seat: _Seat) -> Any:
        """A cursor inside a fresh transaction; a connection that died meanwhile is replaced once."""
        for attempt in (1, 2):
            try:
                cursor = self._cursor(seat)
                cursor.execute(begin)
                return cursor
            except _driver_errors() as error:
                _close(seat)
                if "locked" in str(error):
                    raise StoreBusy("another program is writing") from error
                if attempt == 2:
                    raise StoreError(type(error).__name__) from error
        raise AssertionError

    def _opened(self, seat: _Seat) -> Any:
        try:
            return self._cursor(seat)
        except _driver_errors() as error:
            raise (StoreBusy if "locked" in str(error) else StoreError)(type(error).__name__) from error

    def _forget_broken(self, seat: _Seat) -> None:
        if seat.connection is not None and (self.is_sqlite or getattr(seat.connection, "closed", False)):
            _close(seat)

    def _cursor(self, seat: _Seat) -> Any:
        if seat.connection is None or seat.pid != os.getpid():
            seat.connection = self._connect(writes=seat is self._writer)
            seat.cursor = seat.connection.cursor()
            seat.pid = os.getpid()
        return seat.cursor

    def _connect(self, *, writes: bool) -> Any:
        if self.path is not None:
            # The one that writes is shared by the threads: the lock lets one of them at a time.
            connection = sqlite3.connect(
                self.path, isolation_level=None, timeout=self._patience, cached_statements=256, check_same_thread=False
            )
            # The first two are kept in the file, and setting them waits for whoever writes.
            for pragma in SQLITE_PRAGMAS if writes else SQLITE_PRAGMAS[2:]:
                connection.execute(pragma)
            connection.execute(f"PRAGMA busy_timeout={int(self._patience * 1000)}")
            return connection
        import psycopg

        postgres = psycopg.connect(self._url, autocommit=True, connect_timeout=max(2, int(self._patience)))
        for setting in POSTGRES_SETTINGS:
            postgres.execute(setting)
        for name in ("lock_timeout", "statement_timeout"):
            postgres.execute(f"SET {name} = {int(self._patience * 1000)}")
        return postgres


def _close(seat: _Seat) -> None:
    if seat.connection is not None:
        with suppress(Exception):
            seat.connection.close()
    seat.connection = None


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
