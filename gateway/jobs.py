"""What RQ runs: ids in, the handler called. Jobs may run twice, late or never; the outbox decides."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.ports import Doorbell

_forwarder: Doorbell | None = None


def attach(forwarder: Doorbell) -> None:
    """Names the forwarder that this process's jobs wake."""
    global _forwarder
    _forwarder = forwarder


def deliver(outbox_ids: Sequence[int]) -> None:
    """Wakes the forwarder for outbox rows. Raises RuntimeError outside a worker of ours."""
    if _forwarder is None:
        raise RuntimeError("no forwarder in this process")
    _forwarder.ring(outbox_ids)
