"""What waits for a person: held texts, parked and failing deliveries. Times in milliseconds since 1970."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("dead")


class DeadText(Struct, frozen=True):
    """A text whose turn is not taken. `can_be_taken`: its sender's address is still there."""

    number: int
    channel: str
    external_id: str
    organisation: str | None
    state: str
    attempts: int
    since: int
    can_be_taken: bool  # 0 and 1 where the database knows no other


class DeadDelivery(Struct, frozen=True):
    """A revision that its sink has refused, or has not taken at the last try."""

    number: int
    report_id: str
    revision: int
    kind: str
    organisation: str
    sink: str
    state: str
    attempts: int
    since: int
    cause: str | None


def texts(tx: Transaction) -> list[DeadText]:
    """Texts that are held, or due again."""
    return [DeadText(*row) for row in tx.all(_S.TEXTS)]


def text(tx: Transaction, number: int) -> DeadText | None:
    """One of them."""
    row = tx.one(_S.TEXT, number=number)
    return None if row is None else DeadText(*row)


def retry_text(tx: Transaction, number: int, organisation: str, at: int) -> bool:
    """Makes a held text due, with all its tries before it; False where it is none, or its address is gone."""
    return tx.changed(_S.RETRY_TEXT, number=number, whose=organisation, at=at) == 1


def hold_text(tx: Transaction, number: int) -> bool:
    """Takes a text that is due again out of the way; False where it is none."""
    return tx.changed(_S.HOLD_TEXT, number=number) == 1


def deliveries(tx: Transaction, audience: str) -> list[DeadDelivery]:
    """Deliveries of an audience's reports that are parked, or failed at their last try."""
    return [DeadDelivery(*row) for row in tx.all(_S.DELIVERIES, reader=audience)]


def delivery(tx: Transaction, number: int, audience: str) -> DeadDelivery | None:
    """An unfinished delivery of one of an audience's reports."""
    row = tx.one(_S.DELIVERY, number=number, reader=audience)
    return None if row is None else DeadDelivery(*row)


def retry_delivery(tx: Transaction, number: int, at: int) -> bool:
    """Makes a parked or failing delivery due at once, with its tries counted anew; False while it is being sent."""
    return tx.changed(_S.RETRY_DELIVERY, number=number, at=at) == 1


def park_delivery(tx: Transaction, number: int, cause: str) -> bool:
    """Takes a delivery out of the way; False while it is being sent."""
    return tx.changed(_S.PARK_DELIVERY, number=number, why=cause) == 1
