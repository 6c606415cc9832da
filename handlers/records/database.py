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
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from handlers.records.company import Company, Job, PassOn, Run, TooLong, alone
from handlers.records.compiled import Statement
from handlers.records.drivers import POSTGRES, SQLITE, driver_errors, plain
from handlers.records.hanging import HangingGuard
from handlers.records.locks import LockTimeout, ThreadLock, WriteLock
from handlers.records.sealed import TABLES
from handlers.records.seats import Seat, ThreadSeat, close

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
    "PRAGMA temp_store=MEMORY",  # the journal of a savepoint would else spill into a file within most turns
    "PRAGMA wal_autocheckpoint=1000",
)
POSTGRES_SETTINGS: Final = (
    "SET synchronous_commit = on",
    "SET lock_timeout = '5s'",
    "SET statement_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '10s'",
    "SET client_encoding = 'UTF8'",
)
# lock_not_available, query_canceled: postgresql.org/docs/current/errcodes-appendix.html
_WAITED: Final = ("55P03", "57014")
_UNHURRIED: Final = 0.05  # a wait shorter than this changes nothing of SQLite's own
# Short work waits no longer for a lock that is not our queue's: whoever holds it may hold it for long.
STRANGER_SECONDS: Final = 0.3
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

    def many(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        """Executes for each row of values, in order."""
        bound = [statement.bound(self._kind, values) for values in rows]
        if bound:
            self._cursor.executemany(bound[0][0], [values for _, values in bound])

    def all(self, statement: Statement, **values: Any) -> list[tuple[Any, ...]]:
        """All rows."""
        rows: list[tuple[Any, ...]] = self.run(statement, **values).fetchall()
        return rows

    def changed(self, statement: Statement, **values: Any) -> int:
        """How many rows the statement changed."""
        count: int = self.run(statement, **values).rowcount
        return count

    def version(self) -> int | None:
        """Another number after each commit of others (sqlite.org/pragma.html#pragma_data_version); None if not told."""
        return self._cursor.execute("PRAGMA data_version").fetchone()[0] if self._kind == "sqlite" else None

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
        patience: seconds that all the waits of a write for others may take.
        cuts: for short work alone: wait for others' locks for a moment only, and break off what a PostgreSQL that
            hangs does not answer soon after `patience`.
    """

    def __init__(self, url: str, patience: float = LOCK_SECONDS, *, cuts: bool = False) -> None:
        self._patience, self._cuts = patience, cuts
        self._stranger = min(patience, STRANGER_SECONDS) if cuts else patience
        self._url = plain(url)
        self.kind = "sqlite" if self._url.startswith(SQLITE) else "postgresql"
        self.path = Path(self._url.removeprefix(SQLITE)) if self.is_sqlite else None
        self._local = ThreadSeat()
        self._writer = Seat() if self.is_sqlite else self._local
        self._looker, self._looks = Seat(), ThreadLock(patience)
        self._lock = (
            WriteLock(self.path.with_name(f"{self.path.name}.lock"), patience, asks=cuts) if self.path else None
        )
        self._company = Company(MOST_TOGETHER, patience) if self.is_sqlite else None
        self._guard = HangingGuard(patience) if cuts and not self.is_sqlite else None

    def with_patience(self, seconds: float) -> Database:
        """The same store, by connections of its own."""
        return Database(self._url, seconds, cuts=self._cuts)

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
    def write(self, at_commit: PassOn | None = None) -> Iterator[Transaction]:
        """One write transaction: committed where the block ends, rolled back where it raises. Raises StoreError.

        `at_commit` is called once all is written, before the wait for the disk.
        """
        begin, seat = "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN", self._writer
        with self._guarded(), self._within_patience(), self.locked(), self._transaction(begin, seat, at_commit) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One reading transaction with a steady view. Raises StoreError."""
        begin = "BEGIN" if self.is_sqlite else _BEGIN_READ
        with self._guarded(), self._transaction(begin, self._local) as transaction:
            yield transaction

    def look(self) -> Transaction:
        """Single reads outside a transaction, each of what is committed by then. Raises the driver's errors."""
        return Transaction(self._cursor(self._local), self.kind)

    @contextmanager
    def turn(self) -> Iterator[Transaction]:
        """Single reads before a `write` by the same thread; yields the way to `look`.

        One thread of this process at a time reads so from the embedded database. Raises StoreError.
        """
        if self._lock is None:
            yield Transaction(self._opened(self._local), self.kind)
            return
        try:
            with self._looks.turn(self._left()):
                yield Transaction(self._opened(self._looker), self.kind)
        except LockTimeout as error:
            raise StoreBusy(str(error)) from None

    def together(self, jobs: Sequence[Job], prepare: Callable[[Job], bool], run: Run[Job]) -> None:
        """Prepares jobs, then runs them; on the embedded database with those that other threads bring meanwhile.

        Args:
            jobs: each notes itself what comes of it.
            prepare: what needs no lock; while others are at it. False: the job is not to be run.
            run: the same for every job of this database; see `Company.do_all`.

        Raises StoreBusy, and what the two raise.
        """
        try:
            if self._company is not None:
                with self._within_patience():
                    if ready := [job for job in jobs if prepare(job)]:
                        self._company.do_all(ready, run)
                return
            for job in jobs:
                with self._guarded():
                    if prepare(job):
                        alone(job, run)
        except TooLong:
            raise StoreBusy("other threads are writing") from None

    @contextmanager
    def _within_patience(self) -> Iterator[None]:
        """Whoever waits in several queues, one after another, waits no longer in all than in one."""
        if self._local.deadline is not None:
            yield
            return
        self._local.deadline = time.monotonic() + self._patience
        try:
            yield
        finally:
            self._local.deadline = None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Cuts the connection of this thread where the server hangs, if that is wanted."""
        if self._guard is None or self._local.call is not None:
            yield
            return
        with self._guard.call() as call:
            call.connection, self._local.call = self._local.connection, call
            try:
                yield
            finally:
                self._local.call = None

    def _left(self) -> float:
        """Seconds of patience that this thread has left."""
        if self._local.deadline is None:
            return self._patience
        return max(0.0, self._local.deadline - time.monotonic())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the embedded database's write lock, without a transaction. Raises StoreBusy."""
        try:
            with nullcontext() if self._lock is None else self._lock.held(self._left()):
                yield
        except LockTimeout as error:
            raise StoreBusy(str(error)) from None

    def has_waited(self, error: Exception) -> bool:
        """Whether PostgreSQL gave up after a wait, for a lock or for the statement as a whole, or was given up."""
        call = self._local.call
        return getattr(error, "sqlstate", None) in _WAITED or (call is not None and time.monotonic() > call.deadline)

    def checkpoint(self) -> bool:
        """Empties SQLite's write-ahead log into the database file, so that nothing erased lingers in it.

        Returns False where somebody was reading from it all the while.
        """
        if not self.is_sqlite:
            return True
        with self.locked():
            found = self._cursor(self._writer).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return bool(found[0][0] == 0)

    def scrub(self) -> bool:
        """Sees to it, as far as the database lets us, that what has just been deleted lingers in none of its files.

        SQLite: `checkpoint`. PostgreSQL: VACUUM takes the dead rows out; their bytes may stay in a page until it is
        written anew, and in its write-ahead log. Returns False where it could not be done now; never raises.
        """
        try:
            if self.is_sqlite:
                return self.checkpoint()
            cursor = self._cursor(self._local)
            cursor.execute("SET statement_timeout = 0")
            try:
                cursor.execute(f"VACUUM {', '.join(TABLES)}")
            finally:
                cursor.execute(f"SET statement_timeout = {int(self._patience * 1000)}")
        except StoreError:
            return False
        except driver_errors():
            close(self._local)
            return False
        return True

    def close(self) -> None:
        """Closes this thread's connection, and those that threads share unless another is using them."""
        close(self._local)
        with suppress(LockTimeout), self._looks.turn(0):
            close(self._looker)
        if self._lock is not None:
            with suppress(LockTimeout), self._lock.turn(0):
                close(self._writer)

    @contextmanager
    def _transaction(self, begin: str, seat: Seat, at_commit: PassOn | None = None) -> Iterator[Transaction]:
        cursor = self._begin(begin, seat)
        try:
            yield Transaction(cursor, self.kind)
            if at_commit is not None:
                at_commit()
            cursor.execute("COMMIT")
            if not self.is_sqlite and cursor.statusmessage != "COMMIT":
                raise StoreError("aborted")  # PostgreSQL answers ROLLBACK, and no error, where a statement had failed
        except BaseException as error:
            try:
                cursor.execute("ROLLBACK")
            except driver_errors():
                close(seat)
            if isinstance(error, driver_errors()):
                self._forget_broken(seat)
                raise StoreError(type(error).__name__) from error
            raise

    def _begin(self, begin: str, seat: Seat) -> Any:
        """A cursor inside a fresh transaction; a connection that died meanwhile is replaced once."""
        for attempt in (1, 2):
            is_new = seat.connection is None
            try:
                cursor = self._cursor(seat)
                self._begin_in_time(cursor, begin)
                return cursor
            except driver_errors() as error:
                close(seat)
                if "locked" in str(error):
                    raise StoreBusy("another program is writing") from error
                if attempt == 2 or is_new:
                    raise StoreError(type(error).__name__) from error
        raise AssertionError

    def _begin_in_time(self, cursor: Any, begin: str) -> None:
        """Waits for a stranger's lock on the embedded database only as long as there is patience left."""
        left = self._left()
        if not self.is_sqlite or left > self._stranger - _UNHURRIED:
            cursor.execute(begin)
            return
        cursor.execute(f"PRAGMA busy_timeout={int(left * 1000)}")
        try:
            cursor.execute(begin)
        finally:
            cursor.execute(f"PRAGMA busy_timeout={int(self._stranger * 1000)}")

    def _opened(self, seat: Seat) -> Any:
        try:
            return self._cursor(seat)
        except driver_errors() as error:
            raise (StoreBusy if "locked" in str(error) else StoreError)(type(error).__name__) from error

    def _forget_broken(self, seat: Seat) -> None:
        if seat.connection is not None and (self.is_sqlite or getattr(seat.connection, "closed", False)):
            close(seat)

    def _cursor(self, seat: Seat) -> Any:
        if seat.connection is None or seat.pid != os.getpid() or getattr(seat.connection, "closed", False):
            seat.connection = self._connect(writes=seat is self._writer)
            seat.cursor = seat.connection.cursor()
            seat.pid = os.getpid()
            if self._local.call is not None:
                self._local.call.connection = seat.connection
        return seat.cursor

    def _connect(self, *, writes: bool) -> Any:
        if self.path is not None:
            # Some are shared by the threads: a lock lets one of them at a time.
            connection = sqlite3.connect(
                self.path, isolation_level=None, timeout=self._stranger, cached_statements=256, check_same_thread=False
            )
            # The first two are kept in the file, and setting them waits for whoever writes; asking does not.
            is_set = not writes or connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            for pragma in SQLITE_PRAGMAS[2:] if is_set else SQLITE_PRAGMAS:
                connection.execute(pragma)
            connection.execute(f"PRAGMA busy_timeout={int(self._stranger * 1000)}")
            return connection
        import psycopg

        postgres = psycopg.connect(self._url, connect_timeout=max(2, int(self._patience)), **POSTGRES)
        limits = ("lock_timeout", self._stranger), ("statement_timeout", self._patience)
        postgres.execute(
            "; ".join([*POSTGRES_SETTINGS, *(f"SET {name} = {int(most * 1000)}" for name, most in limits)])
        )
        return postgres
