"""What a reporter texted and what each text was answered with, as it came: the thread of a report.

A document holds what counts of it (`conversations.report`); staff see all of it.
"""

from __future__ import annotations

from typing import Final

import orjson
from msgspec import Struct

from handlers.records import inbox, reports
from handlers.records.desk_items import Item
from handlers.records.inbox import ThreadRow
from handlers.service import Service
from handlers.vault import DataKey, VaultError

MOST: Final = 300
PAGE: Final = 100
REPEAT: Final = "repeat"


class Exchange(Struct, frozen=True):
    """One text and its answer.

    `number` counts a report's texts from 1, `at` is when it came (milliseconds), `state` how it was taken (`taken`,
    `repeat`: the network sent it twice), `media` what came with it, such as `image`; `reply` is
    None where nothing was answered; `reply_status` the carrier's last word of it, None where it has said none.
    """

    number: int
    at: int
    text: str
    state: str
    media: tuple[str, ...]
    reply: str | None
    reply_status: str | None = None


class Aside(Struct, frozen=True):
    """A page of the texts that were set aside, how many they are in all, and whether a later page has more."""

    texts: tuple[Exchange, ...]
    count: int
    page: int
    more: bool


def of_report(service: Service, item: Item) -> list[Exchange]:
    """The newest exchanges of a report whose look has been audited, oldest first. Raises StoreError.

    What cannot be opened any more (R9) is not there.
    """
    with service.database.read() as tx:
        wrapped = reports.wrapped_key(tx, item.report_id)
        rows = inbox.of_report(tx, item.report_id, MOST)
        before = inbox.count_of_report(tx, item.report_id) - len(rows)
    return _readable(service, item, wrapped, rows, before + 1)


def aside(service: Service, item: Item, page: int) -> Aside:
    """A page of such a report's texts that were set aside as too many (F16), oldest first. Raises StoreError.

    Args:
        service: the shared parts.
        item: the report's line.
        page: which one, from 1.
    """
    with service.database.read() as tx:
        wrapped = reports.wrapped_key(tx, item.report_id)
        count = inbox.count_aside(tx, item.report_id)
        rows = inbox.aside_of_report(tx, item.report_id, PAGE, (page - 1) * PAGE)
    first = (page - 1) * PAGE + 1
    return Aside(tuple(_readable(service, item, wrapped, rows, first)), count, page, page * PAGE < count)


def count_aside(service: Service, item: Item) -> int:
    """How many of a report's texts were set aside. Raises StoreError."""
    with service.database.read() as tx:
        return inbox.count_aside(tx, item.report_id)


def _readable(service: Service, item: Item, wrapped: bytes | None, rows: list[ThreadRow], first: int) -> list[Exchange]:
    audience = "confidential" if item.audience == "confidential" else "content"
    found: list[Exchange] = []
    try:
        if wrapped is None:
            return []
        key = service.ring.unwrap(audience, item.report_id, wrapped, reports.key_place(item.report_id))
    except VaultError:
        return []
    for number, row in enumerate(rows, first):
        try:
            found.append(_opened(key, number, row))
        except VaultError:
            continue
    return found


def _opened(report_key: DataKey, number: int, row: ThreadRow) -> Exchange:
    secret = report_key.open(row.key, inbox.place(row.channel, row.external_id, "key"))
    key = DataKey(f"{row.channel}:{row.external_id}", secret)
    body = orjson.loads(key.open(row.body, inbox.place(row.channel, row.external_id, "body")))
    reply = None
    if row.reply is not None:
        reply = key.open(row.reply, inbox.place(row.channel, row.external_id, "reply")).decode()
    media = tuple(str(kind).partition("/")[0] or "file" for _, kind in body["media"])
    return Exchange(number, row.received_at, body["text"], row.state, media, reply, row.reply_status)
