"""Reports by schedule: files that appear whole, each with what was waiting, each revision in one of them.

A revision waits in the outbox until its slot, the first one after it was made; a newer revision takes its place there.
Then it is written with whatever waits beside it. A file's name is made of the slot and of what is in it, and it never
changes once it is there. Before a write the slot's files are read: what stands in one is not written again, so that a
repeat after a crash writes nothing (F5, F10).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from threading import Event, Lock
from typing import Final, Protocol

from msgspec import Struct, field

from handlers.ports import Delivery, DeliveryError, Retryable
from handlers.sinks.formats import Format
from handlers.sinks.schedule import Schedule, label

SCHEDULED: Final = "scheduled"
"""The cause of a revision that waits for its slot: no fault."""
_LONGEST_WAIT: Final = 3600.0
_COMPANY_SECONDS: Final = 0.2
_TURN_SECONDS: Final = 8.0
_WHOLE_SECONDS: Final = 18.0
_LEEWAY_SECONDS: Final = 60.0
_MOST_KNOWN: Final = 4096


class Session(Protocol):
    """An open folder, here or elsewhere."""

    async def names(self, prefix: str) -> Sequence[str]:
        """The files in it whose names begin so."""
        ...

    async def read(self, name: str) -> bytes:
        """A file."""
        ...

    async def write(self, name: str, data: bytes) -> None:
        """Writes a file: whole, on the disk, and under its name only then."""
        ...


class Place(Protocol):
    """Where batches are put."""

    def open(self) -> AbstractAsyncContextManager[Session]: ...

    def problem(self, error: Exception) -> DeliveryError:
        """What an exception in there means."""
        ...


class _Item(Struct):
    key: str
    row: bytes
    done: bool = False
    problem: DeliveryError | None = field(default=None)


class BatchSink:
    """Puts what is due into files of one place. Shared by threads: the first to come writes for all who wait.

    Args:
        sink_id: its id; stands in the files' names.
        place: where to.
        form: as what.
        schedule: when.
        now: Unix seconds.
    """

    def __init__(
        self, sink_id: str, place: Place, form: Format, schedule: Schedule, now: Callable[[], float] = time.time
    ) -> None:
        self._id = sink_id
        self._place, self._format, self._schedule, self._now = place, form, schedule, now
        self._gathering, self._turn, self._closed = Lock(), Lock(), Event()
        self._waiting: dict[str, list[_Item]] = {}
        self._known: dict[str, set[str]] = {}

    @property
    def id(self) -> str:
        return self._id

    def wants(self, kind: str) -> bool:
        """Every kind; of several between two slots the newest goes."""
        return True

    def deliver(self, delivery: Delivery) -> None:
        """Returns once the revision stands in a file. Raises DeliveryError, until its slot Retryable(SCHEDULED)."""
        now = self._now()
        slot = self._schedule.slot(min(delivery.created_at, now))
        # Made in a time to come, by a clock that has since been set back: it goes now (F11).
        if now < slot and delivery.created_at <= now + _LEEWAY_SECONDS:
            raise Retryable(SCHEDULED, min(_LONGEST_WAIT, max(1.0, slot - now)))
        item = _Item(delivery.idempotency_key, self._format.row(delivery))
        self._join(f"quietline-{self._id}-{label(slot)}", item)
        if item.problem is not None:
            raise item.problem

    def close(self) -> None:
        """Ends the waiting for company. Nothing else is held between deliveries."""
        self._closed.set()

    def _join(self, prefix: str, item: _Item) -> None:
        with self._gathering:
            self._waiting.setdefault(prefix, []).append(item)
        if not self._turn.acquire(timeout=_TURN_SECONDS):
            self._leave(prefix, item)
            return
        try:
            if not item.done:
                self._closed.wait(_COMPANY_SECONDS)
                with self._gathering:
                    items = self._waiting.pop(prefix, [])
                self._write(prefix, items)
        finally:
            self._turn.release()

    def _leave(self, prefix: str, item: _Item) -> None:
        """Waits no longer, unless somebody is writing this very item: then it will be read there next time."""
        with self._gathering:
            if item in self._waiting.get(prefix, []):
                self._waiting[prefix].remove(item)
        if not item.done:
            item.problem = Retryable("busy")

    def _write(self, prefix: str, items: list[_Item]) -> None:
        import asyncio

        problem: DeliveryError | None = None
        try:
            asyncio.run(asyncio.wait_for(self._put(prefix, items), _WHOLE_SECONDS))
        except DeliveryError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - the place knows what its library raises
            problem = self._place.problem(error)
        for item in items:
            item.done, item.problem = True, problem

    async def _put(self, prefix: str, items: list[_Item]) -> None:
        async with self._place.open() as session:
            if self._format.SINGLE:
                for item in items:
                    name = f"{prefix}-{item.key.replace(':', '-')}.{self._format.SUFFIX}"
                    if name not in await session.names(name):
                        await session.write(name, self._format.whole([item.row]))
                return
            there = await self._keys(session, prefix)
            new = sorted({item.key: item.row for item in items if item.key not in there}.items())
            if new:
                digest = sha256("\n".join(key for key, _ in new).encode()).hexdigest()[:12]
                data = self._format.whole([row for _, row in new])
                await session.write(f"{prefix}-{digest}.{self._format.SUFFIX}", data)

    async def _keys(self, session: Session, prefix: str) -> set[str]:
        """What stands in the slot's files. A file never changes, so each is read once."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        found: set[str] = set()
        for name in await session.names(f"{prefix}-"):
            if name not in self._known:
                self._known[name] = self._format.keys(await session.read(name))
            found |= self._known[name]
        return found
