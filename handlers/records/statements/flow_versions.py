"""The statements of `handlers.records.flow_versions`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import flow_versions

_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("hash", "slug", "version", "source")}
ADD = Definition(
    sqlite.insert(flow_versions).values(_VALUES).on_conflict_do_nothing(),
    postgresql.insert(flow_versions).values(_VALUES).on_conflict_do_nothing(),
)
SOURCE = Definition(select(flow_versions.c.source).where(flow_versions.c.hash == bindparam("digest")))
KNOWN = Definition(select(flow_versions.c.hash))
