"""What RQ runs: ids in, the handler called. Jobs may run twice, late or never; the outbox decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.bell import FLAG
from handlers.ports import Doorbell

_forwarder: Doorbell | None = None
_connection: Any = None


def attach(forwarder: Doorbell, connection: Any) -> None:
    """Names the forwarder that this process's jobs wake, and the queue's connection."""
    global _forwarder, _connection
    _forwarder, _connection = forwarder, connection


def deliver(outbox_ids: Sequence[int]) -> None:
    """Wakes the forwarder for outbox rows. Raises RuntimeError outside a worker of ours."""
    if _forwarder is None:
        raise RuntimeError("no forwarder in this process")
    try:
        _connection.delete(FLAG)
    finally:
        _forwarder.ring(outbox_ids)
