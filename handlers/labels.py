"""Labels: a few words that staff put on a report to find it by, sealed under the report's key as notes are."""

from __future__ import annotations

import hashlib
from typing import Final

from msgspec import Struct

from conversations.texts import normalise
from handlers import audit, desk
from handlers.handling import NotDone
from handlers.records import joined, reports
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.records.joined import LabelRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import DataKey, VaultError

LONGEST: Final = 40
MOST: Final = 12
SUGGESTED: Final = (
    "footage kept", "train will be met", "call back agreed", "Welsh speaker wanted", "seen before", "for the day team",
)  # fmt: skip


class Label(Struct, frozen=True):
    """Words on a report, and the name of their row."""

    token: str
    words: str


def add(service: Service, person: SignedIn, organisation: str, report_id: str, words: str) -> None:
    """Puts words on a report; the same words again change nothing. Raises NotDone, NotThere, StoreError, VaultError."""
    given = " ".join(normalise(words)[0].split())
    if not given or len(given) > LONGEST:
        raise NotDone("long" if given else "empty")
    token = hashlib.sha256(f"{report_id}:{given.casefold()}".encode()).hexdigest()[:32]
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk.find(tx, person, organisation, report_id)
        there = joined.labels(tx, report_id)
        if any(row.token == token for row in there):
            return
        if len(there) >= MOST:
            raise NotDone("labels")
        sealed = _key(service, tx, item).seal(given.encode(), joined.label_place(token))
        _audited(tx, person, item, "label", now)
        joined.add_label(tx, token, report_id, person.person_id, sealed, now)
        joined.touch(tx, report_id)


def drop(service: Service, person: SignedIn, organisation: str, report_id: str, token: str) -> None:
    """Takes a label off. Raises NotThere, StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk.find(tx, person, organisation, report_id)
        if joined.drop_label(tx, token, report_id):
            _audited(tx, person, item, "label_off", now)
            joined.touch(tx, report_id)


def of(service: Service, item: Item) -> list[Label]:
    """The labels of a report whose look has been audited. Raises StoreError, VaultError."""
    with service.database.read() as tx:
        rows = joined.labels(tx, item.report_id)
        return opened(_key(service, tx, item), rows) if rows else []


def opened(key: DataKey, rows: list[LabelRow]) -> list[Label]:
    """Labels in words; those whose key has been destroyed since (R9) are not there."""
    found: list[Label] = []
    for row in rows:
        try:
            found.append(Label(row.token, key.open(row.body, joined.label_place(row.token)).decode()))
        except VaultError:
            continue
    return found


def _key(service: Service, tx: Transaction, item: Item) -> DataKey:
    wrapped = reports.wrapped_key(tx, item.report_id)
    if wrapped is None:
        raise desk.NotThere
    audience = "confidential" if item.audience == "confidential" else "content"
    return service.ring.unwrap(audience, item.report_id, wrapped, reports.key_place(item.report_id))


def _audited(tx: Transaction, person: SignedIn, item: Item, what: str, now: int) -> None:
    audit.changed(
        tx, person.person_id, item.organisation, item.audience, audit.ALTERATION, what, item.report_id,
        now=now, why="handling", revision=item.revision,
    )  # fmt: skip
