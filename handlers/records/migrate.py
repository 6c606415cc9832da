"""Brings a database to the newest schema, once, whoever comes first.

The web process only compares one row with `HEAD`; Alembic is loaded where there is work to do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from handlers.records.compiled import statements
from handlers.records.database import POSTGRES_SETTINGS, SQLITE_PRAGMAS, Database, StoreError

_S = statements("versions")

HEAD: Final = "0006"
_ADVISORY_LOCK: Final = 0x71756965746C696E


def is_current(database: Database) -> bool:
    """Whether the schema is the newest. Raises StoreError where the database cannot be asked."""
    if database.path is not None and not database.path.exists():
        return False
    with database.read() as tx:
        found = tx.one(_S.EXISTS)
        return found is not None and found[0] is not None and tx.one(_S.VERSION) == (HEAD,)


def prepare(database: Database, version: str = HEAD) -> None:
    """Creates or upgrades the schema under a lock. Safe to call from several processes at once.

    Args:
        database: made where it is missing.
        version: how far, at most; a newer schema stays.

    Raises StoreError where the database cannot be reached or written, or the version is not known.
    """
    if is_current(database):
        return
    import sqlalchemy as sa
    from alembic.util import CommandError

    try:
        if database.path is not None:
            database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            database.path.touch(mode=0o600)
            with database.locked():
                _upgrade(database, version, SQLITE_PRAGMAS)
        else:
            _upgrade(database, version, (*POSTGRES_SETTINGS, f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    except (sa.exc.SQLAlchemyError, CommandError, OSError) as error:
        raise StoreError(type(error).__name__) from error


def prepare_apart(database: Database, url: str) -> None:
    """The same in a process of its own: what it loads would stay in one that lives for long, 30 MB of it.

    Args:
        database: see `prepare`.
        url: its address; told by standard input, because arguments can be read by everybody.

    Raises StoreError.
    """
    if is_current(database):
        return
    import subprocess

    command = [sys.executable, "-m", "handlers.records.migrate"]
    done = subprocess.run(command, input=url, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - our own command
    if done.returncode != 0:
        raise StoreError(done.stdout.strip() or "the schema was not made ready")


def main() -> int:
    """Prepares the database whose address stands on standard input; on failure says on standard output what kind."""
    try:
        prepare(Database(sys.stdin.read().strip()))
    except StoreError as error:
        sys.stdout.write(str(error))
        return 1
    return 0


def _upgrade(database: Database, version: str, first: tuple[str, ...]) -> None:
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with database.engine.connect() as connection:
        for statement in first:
            connection.execute(sa.text(statement))
        if database.is_sqlite:  # else each statement commits by itself, and a kill leaves half a schema
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()


if __name__ == "__main__":
    sys.exit(main())
