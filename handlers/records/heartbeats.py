"""When each background process was last seen."""

from __future__ import annotations

from typing import Final

from handlers.records.compiled import statements
from handlers.records.database import Transaction

LEAP: Final = "leap"  # when the clock process last found that the clock had leapt ahead
HOLD_MS: Final = 24 * 3600 * 1000

_S = statements("heartbeats")


def beat(tx: Transaction, process: str, at: int) -> None:
    """Notes that a process is alive."""
    tx.run(_S.BEAT, process=process, at=at)


def all_of(tx: Transaction) -> dict[str, int]:
    """When each process was last seen, in milliseconds since 1970."""
    return {row[0]: row[1] for row in tx.all(_S.ALL)}


def has_leapt(tx: Transaction, now: int) -> bool:
    """Whether the clock leapt ahead within the last day: until then its word ends nothing for good (F11)."""
    at = all_of(tx).get(LEAP)
    return at is not None and 0 <= now - at < HOLD_MS
