"""Real stores for the tests: SQLite in a folder, PostgreSQL from a wheel."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.records.database import Database
from tests.browser.summary import pytest_terminal_summary
from tests.postgres import Server
from tests.prepared import prepare

__all__ = ("pytest_terminal_summary",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In any order, but what takes long first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it for garbage took a seventh of all tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of this test process."""
    server = Server.start(synced=False)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of each kind: an empty one, unless the test asks for `database` too."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'quietline.sqlite3'}"
        return
    server: Server = request.getfixturevalue("postgres")
    if "database" in request.fixturenames:
        lent = server.lend()
        yield lent
        server.take_back(lent)
    else:
        yield server.create(f"test_{secrets.token_hex(6)}")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A prepared database of each kind."""
    opened = Database(database_url)
    prepare(opened)
    yield opened
    opened.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """A prepared SQLite database."""
    opened = Database(f"sqlite:///{tmp_path / 'quietline.sqlite3'}")
    prepare(opened)
    yield opened
    opened.close()
