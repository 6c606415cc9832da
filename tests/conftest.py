"""Real stores for the tests: SQLite in a folder, PostgreSQL from a wheel."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.records.database import Database
from tests.browser.summary import pytest_terminal_summary
from tests.postgres import Server
from tests.prepared import prepare

__all__ = ("pytest_terminal_summary",)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of this test process."""
    server = Server.start(synced=False)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of each kind: an empty one, unless the test asks for `database` too."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'quietline.sqlite3'}"
    server: Server = request.getfixturevalue("postgres")
    name = f"test_{secrets.token_hex(6)}"
    return server.create_prepared(name) if "database" in request.fixturenames else server.create(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A prepared database of each kind."""
    opened = Database(database_url)
    prepare(opened)
    yield opened
    opened.close()
