"""What RQ runs: ids in, the handler called. Jobs may run twice, late or never; the outbox decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from handlers.ports import Doorbell


class Attentive(Doorbell, Protocol):
    """A forwarder that looks at the outbox by itself for a while once it was rung or found something."""

    def quiet_seconds(self) -> float:
        """For how long it has neither been rung nor found anything."""
        ...


_forwarder: Attentive | None = None


def attach(forwarder: Attentive) -> None:
    """Names the forwarder that this process's jobs wake."""
    global _forwarder
    _forwarder = forwarder


def deliver(outbox_ids: Sequence[int]) -> None:
    """Wakes the forwarder for outbox rows. Raises RuntimeError outside a worker of ours."""
    if _forwarder is None:
        raise RuntimeError("no forwarder in this process")
    _forwarder.ring(outbox_ids)


def quiet_seconds() -> float:
    """For how long the forwarder has had nothing to do; infinite outside a worker of ours."""
    return math.inf if _forwarder is None else _forwarder.quiet_seconds()
