"""The statements of `handlers.records.heartbeats`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import heartbeats

_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("process", "at")}
_SQLITE = sqlite.insert(heartbeats).values(_VALUES)
_POSTGRES = postgresql.insert(heartbeats).values(_VALUES)
BEAT = Definition(
    _SQLITE.on_conflict_do_update(index_elements=["process"], set_={"at": _SQLITE.excluded.at}),
    _POSTGRES.on_conflict_do_update(index_elements=["process"], set_={"at": _POSTGRES.excluded.at}),
)
ALL = Definition(select(heartbeats.c.process, heartbeats.c.at))
