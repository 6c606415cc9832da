"""Every text that was taken, once per channel and carrier's id."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("inbox")


class InboxRow(Struct, frozen=True):
    """A stored text; `key`, `sender`, `body` and `reply` are sealed."""

    id: int
    channel: str
    external_id: str
    organisation: str | None
    report_id: str | None
    received_at: int
    state: str
    attempts: int
    key: bytes | None
    sender: bytes | None
    body: bytes
    reply: bytes | None


def place(channel: str, external_id: str, column: str) -> Place:
    """Where a sealed value of an inbox row stands: the row's name is known before the row is written."""
    return Place("inbox", f"{channel}:{external_id}", column)


def add(
    tx: Transaction,
    channel: str,
    external_id: str,
    received_at: int,
    body: bytes,
    *,
    organisation: str | None = None,
    report_id: str | None = None,
    state: str = "taken",
    key: bytes | None = None,
    reply: bytes | None = None,
    digest: str = "",
) -> int | None:
    """Writes the row and returns its number; None where this carrier's id was taken before.

    `digest` is a keyed hash of the carrier's id: under it a text that was erased since may be known.
    """
    row = tx.one(
        _S.ADD,
        channel=channel,
        external_id=external_id,
        received_at=received_at,
        state=state,
        attempts=1,
        body=body,
        organisation=organisation,
        report_id=report_id,
        key=key,
        reply=reply,
        digest=digest,
    )
    return None if row is None else row[0]


def lock(tx: Transaction) -> None:
    """Waits until nobody else brings many texts in one transaction: two with the same ones would wait in a circle."""
    tx.one(_S.LOCK)


def settle(
    tx: Transaction,
    row: int,
    *,
    state: str,
    organisation: str | None,
    report_id: str | None,
    key: bytes,
    reply: bytes | None,
) -> None:
    """Notes that the text was taken (or is a repeat), with its sealed reply."""
    tx.run(_S.SETTLE, row=row, state=state, organisation=organisation, report_id=report_id, key=key, reply=reply)


def postpone(
    tx: Transaction,
    row: int,
    *,
    state: str,
    organisation: str | None,
    attempts: int,
    due_at: int | None,
    key: bytes,
    sender: bytes | None,
    reply: bytes | None,
) -> None:
    """Notes that the turn is still to be taken (`due`) or waits for a person (`held`)."""
    tx.run(
        _S.POSTPONE,
        row=row,
        state=state,
        organisation=organisation,
        attempts=attempts,
        due_at=due_at,
        key=key,
        sender=sender,
        reply=reply,
    )


def find(tx: Transaction, channel: str, external_id: str) -> InboxRow | None:
    """The row of a carrier's id."""
    row = tx.one(_S.FIND, channel=channel, external_id=external_id)
    return None if row is None else InboxRow(*row)


class ThreadRow(Struct, frozen=True):
    """A text in a report's thread and what answered it; `key`, `body` and `reply` are sealed. `reply_status` is the
    carrier's last word of the answer."""

    received_at: int
    channel: str
    external_id: str
    state: str
    key: bytes
    body: bytes
    reply: bytes | None
    reply_status: str | None


def of_report(tx: Transaction, report_id: str, most: int) -> list[ThreadRow]:
    """The newest texts of a report, oldest first; those set aside as too many (F16) apart."""
    return [ThreadRow(*row) for row in reversed(tx.all(_S.OF_REPORT, report=report_id, most=most))]


def count_of_report(tx: Transaction, report_id: str) -> int:
    """How many texts a report has, those set aside apart."""
    row = tx.one(_S.COUNT_OF_REPORT, report=report_id)
    return 0 if row is None else int(row[0])


def aside_of_report(tx: Transaction, report_id: str, most: int, after: int) -> list[ThreadRow]:
    """Those of its texts that were set aside as too many (F16), oldest first, from the one `after` so many."""
    return [ThreadRow(*row) for row in tx.all(_S.ASIDE_OF_REPORT, report=report_id, most=most, after=after)]


def count_aside(tx: Transaction, report_id: str) -> int:
    """How many of its texts were set aside."""
    row = tx.one(_S.COUNT_ASIDE, report=report_id)
    return 0 if row is None else int(row[0])


def note_reply(
    tx: Transaction, *, channel: str, external_id: str, before: frozenset[str], status: str, error_code: str | None
) -> str | None:
    """Moves what is known of an answer forward: from nothing or from one of `before`. The text's report, None where
    nothing moved."""
    row = tx.one(_S.REPLY_STATUS, through=channel, carrier_id=external_id)
    if row is None or (row[1] is not None and row[1] not in before):
        return None
    moved = tx.changed(_S.NOTE_REPLY, row=row[0], was=row[1], now_is=status, why=error_code)
    return row[2] if moved else None


def next_due(tx: Transaction, now: int) -> InboxRow | None:
    """The oldest text whose turn is due, locked until the transaction ends."""
    row = tx.one(_S.NEXT_DUE, now=now)
    return None if row is None else InboxRow(*row)


def pull_back(tx: Transaction, latest: int, at: int) -> int:
    """Brings turns that a clock jump left beyond `latest` to `at` (F11); returns how many."""
    return tx.changed(_S.PULL_BACK, latest=latest, at=at)


def forget_senders(tx: Transaction, until: int) -> int:
    """Destroys the addresses of held texts that came up to `until` (R20); returns how many."""
    return tx.changed(_S.FORGET, until=until)


def waiting(tx: Transaction) -> dict[str, int]:
    """How many texts wait for their turn (`due`) and for a person (`held`)."""
    return {"due": 0, "held": 0} | {row[0]: row[1] for row in tx.all(_S.WAITING)}
