"""Databases with the schema in place, copied from one that was migrated once in this test process.

A test of the migrations themselves takes `handlers.records.migrate.prepare`.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from handlers.records import migrate
from handlers.records.database import Database


def prepare(database: Database) -> None:
    """Stands in for `handlers.records.migrate.prepare`: a file that is not there yet becomes a copy."""
    if database.path is not None and not database.path.exists():
        database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_migrated(), database.path)
    migrate.prepare(database)


@cache
def _migrated() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="qlpr-")
    _kept.append(folder)
    path = Path(folder.name) / "quietline.sqlite3"
    made = Database(f"sqlite:///{path}")
    migrate.prepare(made)
    made.close()
    assert not path.with_name(f"{path.name}-wal").exists(), "all of it is in the one file"
    return path


_kept: list[tempfile.TemporaryDirectory[str]] = []
