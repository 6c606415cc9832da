"""A master key is changed while the system runs (F14): every row goes under the current key, then the old one is free.

A rotation's only state is the ring itself: a purpose that has more than one key is being rotated. Old and new open
until the end. Rows are read, and written where nobody changed them meanwhile, so a
rotation that is killed anywhere goes on where it stood, and two at once do no harm.

    content, confidential, conversation    wrapped data keys: unwrapped and wrapped again, what they seal is not touched
    sending                                addresses: opened and sealed again, where the private half is at hand
    index                                  open conversations: their address gives the new index; the hashes of erased
                                           texts cannot be made anew, so their key stays, only to know them, 400 days
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from msgspec import Struct

from handlers.records import conversations, rotation
from handlers.records.rotation import KINDS, Kind
from handlers.service import Service, months
from handlers.vault import DataKey, KeyRing, VaultError

PURPOSES: Final = ("content", "confidential", "conversation", "index", "sending")
BATCH: Final = 200
_T = TypeVar("_T")


class Standing(Struct, frozen=True):
    """How far a purpose is: values under its current key, and those that are not; `until` when the last of those goes.

    `what` is the table and column. `until` is in Unix seconds, None where only a rotation moves them.
    """

    purpose: str
    what: str
    current: int
    others: int
    until: float | None = None


def rewrap(service: Service, purpose: str, step: Callable[[str], None] = lambda what: None) -> int:
    """Puts everything of a purpose under its current key; returns how many rows were written. Safe to repeat.

    Args:
        service: the shared parts; its ring holds the old key and the new one.
        purpose: one of `PURPOSES`.
        step: called between any two steps with what was just done.

    Raises StoreError. What cannot be opened with the keys at hand stays as it is: `standing` counts it.
    """
    if purpose == "index":
        return _reindex(service, step)
    return sum(_rewrap(service, kind, step) for kind in _kinds(purpose))


def _kinds(purpose: str) -> list[Kind]:
    """A purpose's columns. A confidential report may be under `content`, from before there were keys apart."""
    also = "confidential" if purpose == "content" else purpose
    return [kind for kind in KINDS if kind.purpose in (purpose, also)]


def _rewrap(service: Service, kind: Kind, step: Callable[[str], None]) -> int:
    written, after = 0, kind.first
    current = service.ring.ids(kind.purpose)[0]
    while True:
        with service.database.read() as tx:
            rows = rotation.under_another(tx, kind, current, after, BATCH)
        if not rows:
            return written
        made = [(row, new) for row in rows if (new := _made(service.ring, kind, row.name, row.sealed)) is not None]
        for some in _batches(service, made):
            with service.database.write() as tx:
                written += sum(rotation.put(tx, kind, row, new) for row, new in some)
                step(f"{kind.what}: written")
            step(f"{kind.what}: committed")
        after = rows[-1].key


def _batches(service: Service, made: Sequence[_T]) -> list[Sequence[_T]]:
    """What is written in one transaction: one row where rows are locked, or a turn and this may wait for each other."""
    size = BATCH if service.database.is_sqlite else 1
    return [made[first : first + size] for first in range(0, len(made), size)]


def _made(ring: KeyRing, kind: Kind, row: str, sealed: bytes) -> bytes | None:
    place = kind.place(row)
    try:
        if kind.purpose == "sending":
            return ring.seal_address(ring.open_address(sealed, place), place)
        key = ring.unwrap("content" if kind.purpose == "confidential" else kind.purpose, row, sealed, place)
        return ring.wrap(kind.purpose, DataKey(row, key.secret), place)
    except VaultError:
        return None


def _reindex(service: Service, step: Callable[[str], None]) -> int:
    written, after = 0, ""
    while True:
        with service.database.read() as tx:
            rows = rotation.open_conversations(tx, after, BATCH)
        if not rows:
            return written
        found = [(row, _index(service, row)) for row in rows]
        made = [(row, wanted[0]) for row, wanted in found if wanted is not None and row.index not in wanted]
        for some in _batches(service, made):
            with service.database.write() as tx:
                written += sum(rotation.put_index(tx, row, index) for row, index in some)
                step("conversations.address_index: written")
            step("conversations.address_index: committed")
        after = rows[-1].id


def _index(service: Service, row: rotation.Indexed) -> list[str] | None:
    """The indexes under the current key that it may stand under; None where its address cannot be opened."""
    try:
        address = service.ring.open_address(row.address, conversations.place(row.id, "address"))
    except VaultError:
        return None
    keys = len(service.ring.ids("index"))
    found = service.ring.indexes(months(service.clock.now()), row.organisation, row.channel, row.medium, address)
    return found[::keys]


def standing(service: Service, purpose: str) -> list[Standing]:
    """How many values of a purpose are under the current key, column by column. Raises StoreError."""
    if purpose == "index":
        return [_indexed(service), _hashed(service)]
    found = []
    with service.database.read() as tx:
        for kind in _kinds(purpose):
            total, done = rotation.count(tx, kind, service.ring.ids(kind.purpose)[0])
            found.append(Standing(purpose, kind.what, done, total - done))
    return found


def _hashed(service: Service) -> Standing:
    """Erased texts: their hashes cannot be made anew, they go when their time is up."""
    current = service.ring.ids("index")[0]
    with service.database.read() as tx:
        known = rotation.taken_before(tx)
    others = [found for key_id, found in known.items() if key_id != current]
    until = max((last for _, last in others), default=0) / 1000
    done = known.get(current, (0, 0))[0]
    return Standing("index", "taken_before.hash", done, sum(count for count, _ in others), until or None)


def _indexed(service: Service) -> Standing:
    done = others = 0
    after = ""
    while True:
        with service.database.read() as tx:
            rows = rotation.open_conversations(tx, after, BATCH)
        for row in rows:
            wanted = _index(service, row)
            is_done = wanted is not None and row.index in wanted
            done, others = done + is_done, others + (not is_done)
        if not rows:
            return Standing("index", "conversations.address_index", done, others)
        after = rows[-1].id


def left(service: Service, purpose: str) -> int:
    """How many values a rotation has still to put under a purpose's current key."""
    return sum(each.others for each in standing(service, purpose) if each.until is None)


def spare(service: Service, purpose: str) -> list[str]:
    """The ids of a purpose's older keys that nothing needs any more; none while anything is left."""
    if left(service, purpose):
        return []
    older = service.ring.ids(purpose)[1:]
    if purpose != "index":
        return list(older)
    with service.database.read() as tx:
        needed = rotation.taken_before(tx)
    return [key_id for key_id in older if key_id not in needed]
