"""The synthetic reporter: texts the gateway every few minutes by the real way, so that its absence tells of a fault.

For each organisation there is a synthetic twin that speaks the same flow, has an address of its own and a sink of its
own, which only notes that a report came through. Real sinks see those reports, marked as tests, where they are asked
to. What it made counts nowhere and is deleted within hours.

    text -> signed webhook -> durable turn -> outbox -> bell or sweep -> forwarder -> SyntheticSink: a heartbeat
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from handlers.ports import Clock, Delivery, Organisation, Retryable
from handlers.records import heartbeats, synthetic
from handlers.records.database import Database, StoreError
from handlers.service import Directory, milliseconds
from handlers.status import SYNTHETIC

PREFIX: Final = f"{SYNTHETIC}."
KEEP_SECONDS: Final = 6 * 3600


def twins(organisations: Iterable[Organisation], asked: Iterable[str]) -> list[Organisation]:
    """The synthetic twin of each organisation.

    Args:
        organisations: the real ones. A point in the id keeps their ids apart from the twins'.
        asked: ids of the real sinks that want synthetic reports too.
    """
    wanted = tuple(asked)
    return [
        replace(
            one,
            id=f"{PREFIX}{one.id}",
            addresses=(f"{SYNTHETIC}:{one.id}",),
            sinks=(SYNTHETIC, *(sink for sink in one.sinks if sink in wanted)),
            confidential=(),
            confidential_sinks=(),
        )
        for one in organisations
    ]


def of(directory: Directory) -> list[Organisation]:
    """The twins among the organisations."""
    return [one for one in directory.organisations.values() if one.id.startswith(PREFIX)]


class SyntheticSink:
    """Notes that a synthetic report came through. Keeps `handlers.ports.Sink`."""

    id = SYNTHETIC

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def wants(self, kind: str) -> bool:
        """Every kind."""
        return True

    def deliver(self, delivery: Delivery) -> None:
        """Notes when the newest revision that came through was made. Raises Retryable where the store is away."""
        if not delivery.organisation.startswith(PREFIX):
            return
        made = milliseconds(delivery.created_at)
        try:
            with self._database.write() as tx:
                before = heartbeats.all_of(tx).get(delivery.organisation, 0)
                if made > before or before > milliseconds(self._clock.now()):
                    heartbeats.beat(tx, delivery.organisation, made)
        except StoreError as error:
            raise Retryable("the store is away") from error
        finally:
            self._database.close()  # a sender's thread holds no connection otherwise

    def close(self) -> None:
        """Nothing is open."""


def begin(database: Database, organisations: Iterable[Organisation], now: float) -> None:
    """Counts the first absence from now on, not from never. Raises StoreError."""
    ids = {one.id for one in organisations}
    with database.write() as tx:
        known = heartbeats.all_of(tx)
        for name in ids - known.keys():
            heartbeats.beat(tx, name, milliseconds(now))
        for name in known.keys() - ids:
            if name.startswith(PREFIX):
                synthetic.forget_beat(tx, name)


def tidy(database: Database, now: float) -> int:
    """Deletes what the synthetic reporter made more than six hours ago; returns how many reports. Raises StoreError."""
    with database.write() as tx:
        return synthetic.forget(tx, milliseconds(now - KEEP_SECONDS))
