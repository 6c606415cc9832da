"""What the tests' own PostgreSQL server lends: always empty, with the schema in place, and nobody else's."""

from __future__ import annotations

import psycopg
import pytest

from tests.postgres import Server

AN_ENTRY = """\
INSERT INTO audit (at, organisation, audience, kind, what, why) VALUES (1, 'o', 'desk', 'seen', 'x', 'y')
RETURNING id"""


@pytest.fixture
def server(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """With nothing returned yet."""
    monkeypatch.setattr(postgres, "returned", [])
    return postgres


def test_what_came_back_is_lent_again_and_empty(server: Server) -> None:
    lent = server.lend()
    for _ in range(2):
        with psycopg.connect(lent) as connection:
            assert connection.execute(AN_ENTRY).fetchone() == (1,), "no entry, and no number, is left of what was"
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        server.take_back(lent)
        assert server.lend() == lent


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE audit RENAME TO gone",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_append_only ON audit",
        "DROP TABLE texts CASCADE",
        "CREATE TABLE another (id INTEGER)",
    ],
)
def test_one_whose_schema_was_changed_is_not_lent_again(server: Server, change: str) -> None:
    lent = server.lend()
    with psycopg.connect(lent) as connection:
        connection.execute(change)
    server.take_back(lent)
    assert server.lend() != lent


def test_one_that_somebody_is_connected_to_is_not_lent_again(server: Server) -> None:
    lent = server.lend()
    with psycopg.connect(lent):
        server.take_back(lent)
        assert server.lend() != lent
