"""When each background process was last seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.database import Statement, Transaction
from handlers.records.schema import heartbeats

_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("process", "at")}
_SQLITE = sqlite.insert(heartbeats).values(_VALUES)
_POSTGRES = postgresql.insert(heartbeats).values(_VALUES)
_BEAT = Statement(
    _SQLITE.on_conflict_do_update(index_elements=["process"], set_={"at": _SQLITE.excluded.at}),
    _POSTGRES.on_conflict_do_update(index_elements=["process"], set_={"at": _POSTGRES.excluded.at}),
)
_ALL = Statement(select(heartbeats.c.process, heartbeats.c.at))


def beat(tx: Transaction, process: str, at: int) -> None:
    """Notes that a process is alive."""
    tx.run(_BEAT, process=process, at=at)


def all_of(tx: Transaction) -> dict[str, int]:
    """When each process was last seen, in milliseconds since 1970."""
    return {row[0]: row[1] for row in tx.all(_ALL)}
