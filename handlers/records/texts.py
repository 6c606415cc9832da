"""Texts of ours that are not answers: the intent is written first, then what became of it."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("texts")


class TextRow(Struct, frozen=True):
    """A text to send; `body` is sealed. Times in milliseconds since 1970."""

    id: int
    token: str
    conversation_id: str
    report_id: str
    channel: str
    purpose: str
    state: str
    attempts: int
    lapses_at: int
    after_text_at: int
    tried_at: int | None
    body: bytes


def place(token: str) -> Place:
    """Where a sealed body stands: the row's name is its token."""
    return Place("texts", token, "body")


def add(
    tx: Transaction,
    *,
    token: str,
    conversation_id: str,
    report_id: str,
    channel: str,
    purpose: str,
    due_at: int,
    lapses_at: int,
    after_text_at: int,
    body: bytes,
) -> None:
    """Writes the intent to send a text, worth it until `lapses_at` and while none came after `after_text_at`."""
    tx.run(
        _S.ADD,
        token=token,
        conversation_id=conversation_id,
        report_id=report_id,
        channel=channel,
        purpose=purpose,
        due_at=due_at,
        lapses_at=lapses_at,
        after_text_at=after_text_at,
        body=body,
    )


def state_of(tx: Transaction, token: str) -> str | None:
    """Where the text of that token stands; None where there is none."""
    row = tx.one(_S.FIND, put=token)
    return None if row is None else str(row[0])


class OwnText(Struct, frozen=True):
    """A text of ours in a report's thread; `body` is sealed. `state` is ours, `status` the carrier's last word."""

    token: str
    purpose: str
    state: str
    status: str | None
    due_at: int
    tried_at: int | None
    body: bytes


def of_report(tx: Transaction, report_id: str) -> list[OwnText]:
    """The texts of ours in a report's thread that are not answers, in order."""
    return [OwnText(*row) for row in tx.all(_S.OF_REPORT, report=report_id)]


def next_due(tx: Transaction, now: int) -> TextRow | None:
    """The text that is longest due (one whose sending never ended counts), locked."""
    row = tx.one(_S.NEXT_DUE, now=now)
    return None if row is None else TextRow(*row)


def begin(tx: Transaction, row: int, *, now: int, lease_until: int) -> None:
    """Notes that we are about to send: after a crash the text is looked up at the carrier first."""
    tx.run(_S.TRY, row=row, now=now, lease_until=lease_until)


def sent(tx: Transaction, row: int, external_id: str) -> None:
    """The carrier took it under this id."""
    tx.run(_S.SENT, row=row, carrier_id=external_id)


def not_sent(tx: Transaction, row: int, *, state: str, at: int, cause: str) -> None:
    """The carrier did not take it (`due` again at `at`, `unknown`, `failed`), or it `lapsed`."""
    tx.run(_S.NOT_SENT, row=row, to=state, at=at, why=cause)


def note_status(
    tx: Transaction, *, channel: str, external_id: str, before: frozenset[str], status: str, error_code: str | None
) -> str | None:
    """Moves a text's status forward: only from nothing or from one of `before`. Its report, None where it stayed."""
    row = tx.one(_S.STATUS, through=channel, carrier_id=external_id)
    if row is None or (row[1] is not None and row[1] not in before):
        return None
    return row[2] if tx.changed(_S.NOTE, row=row[0], was=row[1], now_is=status, why=error_code) else None


def pull_back(tx: Transaction, latest: int, at: int) -> int:
    """Brings texts that a clock jump left beyond `latest` to `at` (F11); returns how many."""
    return tx.changed(_S.PULL_BACK, latest=latest, at=at)
