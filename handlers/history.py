"""A report's revisions, opened: what was known when."""

from __future__ import annotations

from typing import Any, Final

import orjson
from msgspec import Struct

from handlers.records import joined, reports
from handlers.records.desk_items import Item
from handlers.service import Service
from handlers.vault import VaultError

MOST: Final = 30


class Revision(Struct, frozen=True):
    """One revision: its number, its kind (CONVERSATION rule 12), when it was made (milliseconds), its document."""

    number: int
    kind: str
    at: int
    document: dict[str, Any]


def revisions(service: Service, item: Item) -> list[Revision]:
    """The newest revisions of a report whose look has been audited, oldest first. Raises StoreError.

    What cannot be opened any more (R9) is not there.
    """
    with service.database.read() as tx:
        wrapped = reports.wrapped_key(tx, item.report_id)
        rows = joined.revisions(tx, item.report_id, MOST)
    if wrapped is None:
        return []
    audience = "confidential" if item.audience == "confidential" else "content"
    found: list[Revision] = []
    for row in reversed(rows):
        try:
            key = service.ring.unwrap(audience, item.report_id, wrapped, reports.key_place(item.report_id))
            opened = key.open(row.document, reports.document_place(item.report_id, row.revision))
        except VaultError:
            continue
        found.append(Revision(row.revision, row.kind, row.at, orjson.loads(opened)))
    return found
