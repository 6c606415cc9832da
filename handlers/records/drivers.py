"""What the two drivers want and raise."""

from __future__ import annotations

import sqlite3
import sys
from typing import Any, Final

SQLITE: Final = "sqlite:///"
# A server whose host is gone says nothing: without these a connection would wait for it for two hours (tcp(7)).
# Source: postgresql.org/docs/current/libpq-connect.html
POSTGRES: Final[dict[str, Any]] = {
    "autocommit": True,
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}


def plain(url: str) -> str:
    """An address as the drivers take it, whatever form SQLAlchemy or a platform gave it."""
    for form in ("postgresql+psycopg://", "postgres://"):
        if url.startswith(form):
            return "postgresql://" + url.removeprefix(form)
    return url


def load_driver(url: str) -> None:
    """Loads what a database's connections need and nothing of ours does: a fifth of a second for PostgreSQL."""
    if not url.startswith(SQLITE):
        import psycopg  # noqa: F401 - loaded before the fork


def driver_errors() -> tuple[type[Exception], ...]:
    """What the drivers raise; psycopg is only known once it has been loaded."""
    psycopg = sys.modules.get("psycopg")
    return (sqlite3.Error, psycopg.Error) if psycopg else (sqlite3.Error,)
