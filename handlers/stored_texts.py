"""What an inbox row holds under its own key: the text, and what it was answered with."""

from __future__ import annotations

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
