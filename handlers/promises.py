"""What somebody promised a reporter, and by when: kept beside the report until somebody marks it as kept."""

from __future__ import annotations

import hashlib
from typing import Final

from msgspec import Struct

from conversations.texts import normalise
from handlers import audit, desk
from handlers.handling import NotDone, held
from handlers.records import people, reports, shifts
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.records.shifts import PromiseRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import DataKey, VaultError

LONGEST: Final = 200
MINUTES: Final = (5, 15, 30, 60, 120, 480, 1440)


class Promise(Struct, frozen=True):
    """What was promised. `kept_by` is a name as shown. Times in milliseconds since 1970."""

    token: str
    report_id: str
    by: str
    at: int
    due_at: int
    body: str
    kept_at: int | None
    kept_by: str | None


def promise(
    service: Service, person: SignedIn, organisation: str, report_id: str, body: str, minutes: int, *, key: str
) -> None:
    """Notes a promise of who has the report; `key` counts once.

    Args:
        service: the shared parts.
        person, organisation, report_id: who, and on which report.
        body: what was promised.
        minutes: from now until it is due, one of `MINUTES`.
        key: of this one wish.

    Raises NotDone, NotThere, StoreError, VaultError.
    """
    words, _ = normalise(body)
    if not words.strip() or len(words) > LONGEST:
        raise NotDone("long" if words.strip() else "empty")
    if minutes not in MINUTES:
        raise NotDone("when")
    token = hashlib.sha256(f"{report_id}:{person.person_id}:promise:{key}".encode()).hexdigest()[:32]
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = held(tx, person, organisation, report_id)
        sealed = key_of(service, tx, item).seal(words.strip().encode(), shifts.promise_place(token))
        _audited(tx, person, item, "promise", now)
        shifts.promise(tx, token, report_id, person.person_id, at=now, due_at=now + minutes * 60_000, body=sealed)
        shifts.touch(tx, report_id)


def keep(service: Service, person: SignedIn, organisation: str, report_id: str, token: str) -> None:
    """Marks a promise as kept. Raises NotDone, NotThere, StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk.find(tx, person, organisation, report_id)
        _audited(tx, person, item, "promise_kept", now)
        if not shifts.keep(tx, report_id, token, person.person_id, now):
            raise NotDone("kept")
        shifts.touch(tx, report_id)


def of_report(service: Service, item: Item) -> list[Promise]:
    """A report's promises, the open ones first; its page's look covers them. Raises StoreError."""
    with service.database.read() as tx:
        return opened(service, tx, item)


def opened(service: Service, tx: Transaction, item: Item) -> list[Promise]:
    """The same in a transaction; only after the look is written (R10)."""
    rows = shifts.promises(tx, item.report_id)
    if not rows:
        return []
    try:
        key = key_of(service, tx, item)
    except (VaultError, desk.NotThere):
        return []
    found = [_opened(tx, key, row) for row in rows]
    return sorted(found, key=lambda one: (one.kept_at is not None, one.due_at))


def key_of(service: Service, tx: Transaction, item: Item) -> DataKey:
    """A report's key. Raises NotThere, VaultError."""
    wrapped = reports.wrapped_key(tx, item.report_id)
    if wrapped is None:
        raise desk.NotThere
    audience = "confidential" if item.audience == "confidential" else "content"
    return service.ring.unwrap(audience, item.report_id, wrapped, reports.key_place(item.report_id))


def _opened(tx: Transaction, key: DataKey, row: PromiseRow) -> Promise:
    try:
        body = key.open(row.body, shifts.promise_place(row.token)).decode()
    except VaultError:
        body = ""
    kept_by = None if row.kept_by is None else shown(tx, row.kept_by)
    return Promise(row.token, row.report_id, shown(tx, row.person_id), row.at, row.due_at, body, row.kept_at, kept_by)


def shown(tx: Transaction, person_id: str) -> str:
    """Somebody's name as shown."""
    row = people.by_id(tx, person_id)
    return row.shown if row is not None else "somebody who has left"


def _audited(tx: Transaction, person: SignedIn, item: Item, what: str, now: int) -> None:
    audit.changed(
        tx, person.person_id, item.organisation, item.audience, audit.ALTERATION, what, item.report_id,
        now=now, why="handling", revision=item.revision,
    )  # fmt: skip
