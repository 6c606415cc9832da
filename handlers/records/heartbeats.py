"""When each background process was last seen."""

from __future__ import annotations

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("heartbeats")


def beat(tx: Transaction, process: str, at: int) -> None:
    """Notes that a process is alive."""
    tx.run(_S.BEAT, process=process, at=at)


def all_of(tx: Transaction) -> dict[str, int]:
    """When each process was last seen, in milliseconds since 1970."""
    return {row[0]: row[1] for row in tx.all(_S.ALL)}
