"""The database, the queue and the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from gateway.config import Config
from gateway.doctor.advice import Advice, info, must, should

# Two connections that write or checkpoint at one instant may corrupt the file (https://www.sqlite.org/wal.html).
_SOUND_SQLITE: Final = (3, 51, 3)
_BUILT_AFTER: Final = 1_767_225_600  # 1 January 2026
_APART_SECONDS: Final = 5.0


def check_database(config: Config) -> Iterator[Advice]:
    """Whether the database answers, is of this version and keeps what it was given."""
    from handlers.records.database import Database, StoreError
    from handlers.records.examination import examine

    database = Database(config.database_url)
    if database.is_sqlite:
        yield from _check_sqlite_library()
    try:
        examined = examine(database)
    except StoreError as error:
        yield must(f"The database (DATABASE_URL) does not answer: {error}.")
        return
    if not examined.exists:
        yield info("The database is made at the first start.")
    elif not examined.current:
        yield info("The database is brought to this version at the next start.")
    for setting in examined.unsafe:
        yield must(f"PostgreSQL's {setting} is off: a power cut may lose texts that were acknowledged.")
    if examined.now is not None:
        yield from _compared("the database", examined.now)


def _check_sqlite_library() -> Iterator[Advice]:
    from handlers.records.examination import sqlite_version

    if (version := sqlite_version()) < _SOUND_SQLITE:
        yield info(
            f"SQLite {'.'.join(map(str, version))} has the WAL-reset race (mended in 3.51.3). Quietline's own lock "
            "keeps its writers apart; let no other program write to the database, and update the library when you can."
        )


def check_queue(config: Config) -> Iterator[Advice]:
    """Whether the queue's server answers and keeps what it is told. Every finding only costs time, no report."""
    from redis.exceptions import RedisError

    from gateway.bell import connect

    if not config.redis_url:
        if config.production:
            yield info("REDIS_URL is not set: `quietline up` starts a server; without one the clock forwards.")
        return
    connection = connect(config.redis_url, 2.0)
    try:
        seconds, microseconds = connection.time()
        yield from _compared("the queue's server", seconds + microseconds / 1e6)
        yield from _check_queue_settings(connection)
    except (RedisError, OSError) as error:
        yield should(
            f"The queue (REDIS_URL) does not answer: {type(error).__name__}. Reports wait for the clock's next round."
        )
    finally:
        connection.close()


def _check_queue_settings(connection: Any) -> Iterator[Advice]:
    from redis.exceptions import ResponseError

    try:
        policy = connection.config_get("maxmemory-policy").get("maxmemory-policy")
        kept = connection.config_get("appendonly").get("appendonly") == "yes"
        saved = bool(connection.config_get("save").get("save"))
    except ResponseError:  # a hosted server often keeps its settings to itself
        return
    if policy and policy != "noeviction":
        yield should(f"The queue's server drops keys when it is full ({policy}): set maxmemory-policy noeviction.")
    if not kept and not saved:
        yield info("The queue's server keeps nothing over a restart: reports then wait for the clock's next round.")


def check_clock() -> Iterator[Advice]:
    """Whether the machine's clock can be right."""
    if time.time() < _BUILT_AFTER:
        yield must("The machine's clock is years behind: signatures and times in reports will be wrong.")


def _compared(whose: str, theirs: float) -> Iterator[Advice]:
    apart = abs(time.time() - theirs)
    if apart > _APART_SECONDS:
        yield should(f"This machine's clock and that of {whose} are {apart:.0f} s apart: set both by NTP.")
