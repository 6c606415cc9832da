"""Real stores for the tests: SQLite in a folder, PostgreSQL from a wheel."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.records.database import Database
from handlers.records.migrate import prepare
from tests.postgres import Server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of this test process."""
    server = Server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'quietline.sqlite3'}"
    server: Server = request.getfixturevalue("postgres")
    return server.create(f"test_{secrets.token_hex(6)}")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A prepared database of each kind."""
    opened = Database(database_url)
    prepare(opened)
    yield opened
    opened.close()
