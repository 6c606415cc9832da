"""The store: one writer at a time, bounded waiting, nothing half written, a schema that is made once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from handlers.records import inbox
from handlers.records.compile import as_text
from handlers.records.compiled import FILE
from handlers.records.database import LOCK_SECONDS, Database, StoreError
from handlers.records.locks import LockTimeout, WriteLock
from handlers.records.migrate import HEAD, is_current, prepare, prepare_apart
from handlers.records.schema import metadata
from tests.waiting import Watch, until

_spawn = multiprocessing.get_context("spawn")


def _count(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM inbox")) or 0)


class TestTransactions:
    def test_what_raises_leaves_nothing(self, database: Database) -> None:
        with suppress(ZeroDivisionError), database.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"")
            raise ZeroDivisionError
        assert _count(database) == 0

    def test_a_savepoint_goes_alone(self, database: Database) -> None:
        with database.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"")
            with suppress(ZeroDivisionError), tx.savepoint():
                inbox.add(tx, "twilio", "SM2", 0, b"")
                raise ZeroDivisionError
            inbox.add(tx, "twilio", "SM3", 0, b"")
        assert _count(database) == 2

    def test_a_connection_that_died_meanwhile_is_replaced(self, database: Database) -> None:
        with database.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"")
        database._writer.connection.close()
        with database.write() as tx:
            inbox.add(tx, "twilio", "SM2", 0, b"")
        assert _count(database) == 2

    def test_what_the_driver_raises_names_no_value(self, database: Database) -> None:
        with pytest.raises(StoreError) as problem, database.write() as tx:
            tx._cursor.execute("SELECT nonsense FROM nowhere WHERE x = 'secret words'")
        assert "secret" not in str(problem.value)

    def test_a_transaction_that_was_aborted_is_never_taken_for_committed(self, database: Database) -> None:
        try:
            with database.write() as tx:
                inbox.add(tx, "twilio", "SM1", 0, b"")
                with suppress(Exception):
                    tx._cursor.execute("SELECT nonsense FROM nowhere")
        except StoreError:
            kept = False
        else:
            kept = True
        with database.read() as tx:
            assert (inbox.find(tx, "twilio", "SM1") is not None) == kept

    def test_a_reader_sees_one_moment(self, database: Database) -> None:
        with database.read() as tx:
            assert inbox.find(tx, "twilio", "SM1") is None

            def other() -> None:
                with database.write() as writing:
                    inbox.add(writing, "twilio", "SM1", 0, b"")
                database.close()

            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            assert inbox.find(tx, "twilio", "SM1") is None


class TestSchema:
    def test_the_migrations_make_what_the_schema_says(self, database: Database) -> None:
        with database.engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), metadata)
        assert [step for step in found if "index" not in step[0]] == []

    def test_the_statements_are_compiled_as_they_are_defined(self) -> None:
        """Run `python -m handlers.records.compile` after a statement has changed."""
        assert FILE.read_text(encoding="utf-8") == as_text()

    def test_head_is_the_newest_migration(self) -> None:
        folder = Path(inbox.__file__).with_name("migrations") / "versions"
        assert max(path.name[:4] for path in folder.glob("[0-9]*.py")) == HEAD

    def test_preparing_twice_changes_nothing(self, database: Database) -> None:
        assert is_current(database)
        prepare(database)
        assert is_current(database)

    def test_several_processes_prepare_one_database(self, database_url: str) -> None:
        workers = [_spawn.Process(target=_prepare, args=(database_url,)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 4
        made = Database(database_url)
        assert is_current(made)
        made.close()

    def test_a_database_that_cannot_be_reached_is_one_clear_error(self) -> None:
        with pytest.raises(StoreError):
            prepare(Database("postgresql://nobody@127.0.0.1:1/nothing"))

    def test_a_process_of_its_own_makes_the_schema_and_says_what_kind_of_failure_it_was(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
        prepare_apart(Database(url), url)
        assert is_current(Database(url))
        blocked = tmp_path / "file"
        blocked.write_bytes(b"")
        url = f"sqlite:///{blocked / 'canary.sqlite3'}"
        with pytest.raises(StoreError) as raised:
            prepare_apart(Database(url), url)
        assert "canary" not in str(raised.value)

    def test_a_migration_that_breaks_half_way_leaves_nothing(self, database_url: str) -> None:
        database = Database(database_url)
        if database.is_sqlite:
            assert database.path is not None
            database.path.touch()
        with database.write() as tx:
            tx._cursor.execute("CREATE TABLE texts (id INTEGER)")
        with pytest.raises(StoreError):
            prepare(database)
        with database.write() as tx:
            tx._cursor.execute("DROP TABLE texts")
        prepare(database)
        with database.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"")
        database.close()


def _prepare(url: str) -> None:
    prepare(Database(url))


class TestSQLite:
    def test_every_connection_is_safe_against_a_power_cut_and_erases_for_good(self, lite: Database) -> None:
        with lite.read() as tx:
            values = {
                name: tx._cursor.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "secure_delete", "auto_vacuum", "foreign_keys")
            }
        assert values == {
            "journal_mode": "wal",
            "synchronous": 2,
            "secure_delete": 1,
            "auto_vacuum": 2,
            "foreign_keys": 1,
        }

    def test_the_database_is_for_its_owner_alone(self, lite: Database) -> None:
        assert lite.path is not None
        assert {path.name: path.stat().st_mode & 0o077 for path in lite.path.parent.iterdir()} == {
            path.name: 0 for path in lite.path.parent.iterdir()
        }

    def test_e7_after_a_checkpoint_nothing_erased_is_left_on_disk(self, lite: Database) -> None:
        assert lite.path is not None
        with lite.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"canary words")
        with lite.write() as tx:
            tx._cursor.execute("DELETE FROM inbox")
        lite.checkpoint()
        assert not any(b"canary" in path.read_bytes() for path in lite.path.parent.iterdir())

    def test_f7_a_database_locked_by_a_stranger_is_an_error_within_the_limit(self, lite: Database) -> None:
        stranger = sqlite3.connect(str(lite.path), isolation_level=None)
        stranger.execute("BEGIN EXCLUSIVE")
        watch = Watch()
        with pytest.raises(StoreError), lite.write():
            pass
        assert watch.seconds < LOCK_SECONDS + 3
        stranger.execute("ROLLBACK")
        with lite.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"")

    def test_a_writer_that_is_killed_lets_go(self, lite: Database, tmp_path: Path) -> None:
        flag = tmp_path / "holding"
        holder = _spawn.Process(target=_hold, args=(str(lite.path), str(flag)))
        holder.start()
        until(flag.exists)
        os.kill(holder.pid or 0, signal.SIGKILL)
        holder.join()
        with lite.write() as tx:
            inbox.add(tx, "twilio", "SM1", 0, b"")
        assert _count(lite) == 1


def _hold(path: str, flag: str) -> None:
    with Database(f"sqlite:///{path}").write() as tx:
        inbox.add(tx, "twilio", "SM0", 0, b"")
        Path(flag).touch()
        signal.pause()


class TestWriteLock:
    def test_while_another_process_is_stopped_in_a_write_threads_give_up_in_time(self, tmp_path: Path) -> None:
        flag, path = tmp_path / "holding", tmp_path / "lock"
        holder = _spawn.Process(target=_hold_lock, args=(str(path), str(flag)))
        holder.start()
        until(flag.exists)
        os.kill(holder.pid or 0, signal.SIGSTOP)
        lock, done = WriteLock(path, 0.2), threading.Event()

        def wait_in_the_kernel() -> None:
            with lock.held():
                done.set()

        first = threading.Thread(target=wait_in_the_kernel)
        first.start()
        until(lambda: _gives_up(lock))
        assert not done.is_set()
        os.kill(holder.pid or 0, signal.SIGKILL)
        holder.join()
        first.join()
        assert done.is_set(), "a killed holder lets go"

    def test_a_main_thread_gives_up_in_time_too(self, tmp_path: Path) -> None:
        flag, path = tmp_path / "holding", tmp_path / "lock"
        holder = _spawn.Process(target=_hold_lock, args=(str(path), str(flag)))
        holder.start()
        until(flag.exists)
        ours = _spawn.Process(
            target=_tries_twice, args=(str(path), str(tmp_path / "gave_up"), str(tmp_path / "got_it"))
        )
        ours.start()
        until((tmp_path / "gave_up").exists)
        os.kill(holder.pid or 0, signal.SIGKILL)
        ours.join(20)
        assert ours.exitcode == 0
        assert (tmp_path / "got_it").exists(), "and gets the lock, with others' alarms as they were, once it is free"
        holder.join()

    def test_it_turns_busy_into_a_store_error(self, lite: Database) -> None:
        assert lite._lock is not None
        lite._lock._seconds = 0.1
        with lite.locked():
            other = threading.Thread(target=lambda: refused.append(_refusal(lite)))
            refused: list[str] = []
            other.start()
            other.join()
        assert refused == ["StoreBusy"]

    def test_no_process_is_starved(self, tmp_path: Path) -> None:
        """Four processes write as fast as they can; each gets a share (a bare busy_timeout gave one 1 of 21,526)."""
        go = _spawn.Barrier(4)
        counts = _spawn.Array("q", 4)
        writers = [_spawn.Process(target=_write, args=(str(tmp_path / "lock"), go, counts, n)) for n in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        made = [int(count) for count in counts.get_obj()]
        assert min(made) * 200 > max(made) > 200, made


def _gives_up(lock: WriteLock) -> bool:
    try:
        with lock.turn():
            return False
    except LockTimeout:
        return True


def _refusal(database: Database) -> str:
    try:
        with database.write():
            return "none"
    except StoreError as error:
        return type(error).__name__


def _hold_lock(path: str, flag: str) -> None:
    with WriteLock(Path(path), 1).held():
        Path(flag).touch()
        signal.pause()


def _tries_twice(path: str, gave_up: str, got_it: str) -> None:
    lock, kept = WriteLock(Path(path), 30), signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with lock.held(0.05):
            raise AssertionError("somebody else holds it")
    except LockTimeout:
        Path(gave_up).touch()
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    signal.signal(signal.SIGALRM, kept)
    with lock.held():
        Path(got_it).touch()


def _write(path: str, go: object, counts: object, number: int) -> None:
    lock = WriteLock(Path(path), 5)
    go.wait(30)  # type: ignore[attr-defined]
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        with lock.held():
            counts[number] += 1  # type: ignore[index]
            busy = time.monotonic() + 0.0003
            while time.monotonic() < busy:
                pass
