"""What an inbox row holds under its own key: the text, and what it was answered with."""

from __future__ import annotations

import orjson

from handlers.ports import InboundText
from handlers.records import inbox, reports
from handlers.records.database import Transaction
from handlers.records.inbox import InboxRow
from handlers.service import Service
from handlers.vault import DataKey, VaultError


def stored_reply(service: Service, tx: Transaction, channel: str, external_id: str) -> str | None:
    """What was answered to a text that was taken before (F1); None once that is erased."""
    row = inbox.find(tx, channel, external_id)
    if row is None or row.reply is None:
        return None
    try:
        return row_key(service, tx, row).open(row.reply, inbox.place(channel, external_id, "reply")).decode()
    except VaultError:
        return None


def row_key(service: Service, tx: Transaction, row: InboxRow) -> DataKey:
    """The key of an inbox row: under its report's key once it has one, under `content` before. Raises VaultError."""
    place, name = inbox.place(row.channel, row.external_id, "key"), f"{row.channel}:{row.external_id}"
    if row.key is None:
        raise VaultError("the row has no key")
    if row.report_id is None:
        return service.ring.unwrap("content", name, row.key, place)
    wrapped = reports.wrapped_key(tx, row.report_id)
    if wrapped is None:
        raise VaultError("the report is gone")
    report_key = service.ring.unwrap("content", row.report_id, wrapped, reports.key_place(row.report_id))
    return DataKey(name, report_key.open(row.key, place))


def alone(service: Service, text: InboundText, key: DataKey) -> dict[str, bytes]:
    """The key and the address of a row that no conversation holds yet."""
    place = inbox.place(text.channel, text.external_id, "key")
    sender = service.ring.seal_address(text.sender, inbox.place(text.channel, text.external_id, "sender"))
    return {"key": service.ring.wrap("content", key, place), "sender": sender}


def sealed_body(text: InboundText, key: DataKey, *, held: bool = False) -> bytes:
    """What is kept of a text, its sender's address apart; `held`: it is to be taken without a step."""
    body = {
        "text": text.body,
        "altered": text.altered,
        "medium": text.medium,
        "recipient": text.recipient,
        "carrier_answers": text.carrier_answers,
        "media": [[media.url, media.content_type] for media in text.media],
        "extras": dict(text.extras),
    }
    if held:
        body["held"] = True
    return key.seal(orjson.dumps(body), inbox.place(text.channel, text.external_id, "body"))
