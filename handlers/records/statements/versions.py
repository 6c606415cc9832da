"""The statements of `handlers.records.migrate`."""

from __future__ import annotations

from sqlalchemy import text

from handlers.records.definition import Definition

EXISTS = Definition(
    text("SELECT name FROM sqlite_master WHERE name = 'alembic_version'"),
    text("SELECT to_regclass('alembic_version')::text"),
)
VERSION = Definition(text("SELECT version_num FROM alembic_version"))
