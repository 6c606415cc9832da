"""What is deleted for good, and what stays known of it. Times in milliseconds since 1970."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from msgspec import Struct

from handlers.records import samples
from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("erasure")


class ReportRow(Struct, frozen=True):
    """What the store says of a report, its sealed words apart; `key` is wrapped."""

    organisation: str
    audience: str
    status: str
    state: str | None
    kind: str | None
    revision: int
    key: bytes
    created_at: int


class Hold(Struct, frozen=True):
    """A report that may not be erased, since when, and who said so."""

    report_id: str
    at: int
    by: str


class Contact(Struct, frozen=True):
    """Where a reporter who agreed to it may be written to; `address` is sealed."""

    channel: str
    medium: str
    recipient: str
    address: bytes


def contact_place(report_id: str) -> Place:
    """Where the sealed address of an agreed contact stands."""
    return Place("contacts", report_id, "address")


def report(tx: Transaction, report_id: str) -> ReportRow | None:
    """The report's row, whatever became of it."""
    row = tx.one(_S.ROW, report=report_id)
    return None if row is None else ReportRow(*row)


def outcome(tx: Transaction, report_id: str) -> tuple[str, str | None] | None:
    """The last answer of a control room: its status and its reason's code."""
    row = tx.one(_S.OUTCOME, report=report_id)
    return None if row is None else (row[0], row[1])


def delete(tx: Transaction, report_id: str, at: int) -> list[tuple[str, str]]:
    """Deletes every row of a report and its key, and notes its id; returns its texts' channels and carrier's ids."""
    sids = [(row[0], row[1]) for row in tx.all(_S.SIDS, report=report_id)]
    for statement in (
        # The conversation first, as a turn locks it.
        *(_S.CONVERSATIONS, _S.TEXTS, _S.OUTBOX, _S.REVISIONS, _S.ANSWERS),
        *(_S.JOINED, _S.APART, _S.LABELS),
        *(_S.DESK_NOTES, _S.DESK_ITEMS, _S.ESCALATIONS, _S.CONTACTS, _S.INBOX, _S.REPORTS, _S.RELEASE),
    ):
        tx.run(statement, report=report_id)
    samples.erase(tx, report_id)
    tx.run(_S.NOTE, report_id=report_id, at=at)
    return sids


def add_statistic(tx: Transaction, *, organisation: str, audience: str, status: str, day: str, codes: str) -> None:
    """Keeps a wordless row, under an id that leads back to nothing."""
    tx.run(
        _S.ADD_STATISTIC,
        id=secrets.token_hex(16),
        organisation=organisation,
        audience=audience,
        status=status,
        day=day,
        codes=codes,
    )


def note(tx: Transaction, report_ids: Iterable[str], at: int) -> None:
    """Notes that these are erased."""
    for report_id in report_ids:
        tx.run(_S.NOTE, report_id=report_id, at=at)


def erased(tx: Transaction) -> set[str]:
    """The ids of all that was erased."""
    return {row[0] for row in tx.all(_S.ERASED)}


def remember(tx: Transaction, digest: str, key_id: str, until: int) -> None:
    """Keeps an erased text's keyed hash."""
    tx.run(_S.REMEMBER, hash=digest, key_id=key_id, until=until)


def is_known(tx: Transaction, digests: Sequence[str]) -> bool:
    """Whether a text with one of these keyed hashes was taken and erased."""
    return any(tx.one(_S.KNOWN, number=digest) is not None for digest in digests)


def forget_sids(tx: Transaction, now: int) -> int:
    """Deletes the hashes whose time is up; returns how many."""
    return tx.changed(_S.FORGET_SIDS, now=now)


def hold(tx: Transaction, report_id: str, by: str, at: int) -> None:
    """The report may not be erased."""
    tx.run(_S.HOLD, report_id=report_id, at=at, by=by)


def release(tx: Transaction, report_id: str) -> bool:
    """Ends a legal hold; False where there was none."""
    return tx.changed(_S.RELEASE, report=report_id) == 1


def holds(tx: Transaction) -> list[Hold]:
    """The legal holds, oldest first."""
    return [Hold(*row) for row in tx.all(_S.HOLDS)]


def classify(tx: Transaction, report_id: str, what: str, last_text_at: int) -> None:
    """Notes what a conversation that ends has left behind, where nothing of it went forward."""
    tx.run(_S.CLASSIFY, report=report_id, what=what, last_text_at=last_text_at)


def keep_contact(
    tx: Transaction, report_id: str, *, organisation: str, channel: str, medium: str, recipient: str, address: bytes
) -> None:
    """Keeps the address of a reporter who agreed to contact."""
    tx.run(
        _S.KEEP_CONTACT,
        report_id=report_id,
        organisation=organisation,
        channel=channel,
        medium=medium,
        recipient=recipient,
        address=address,
    )


def contact(tx: Transaction, report_id: str) -> Contact | None:
    """Where the reporter of a report may be written to, None where that was not agreed."""
    row = tx.one(_S.CONTACT, report=report_id)
    return None if row is None else Contact(*row)


def confirmed(tx: Transaction, before: int, most: int) -> list[str]:
    """Reports that every sink had confirmed by then."""
    return [row[0] for row in tx.all(_S.CONFIRMED, before=before, most=most)]


def unsent(tx: Transaction, what: str, before: int, most: int) -> list[str]:
    """Reports of which nothing went forward, of one class; `what` is empty for those that nobody classified."""
    return [row[0] for row in tx.all(_S.UNSENT, what=what, before=before, most=most)]


def loose(tx: Transaction, before: int, most: int) -> list[tuple[int, str, str]]:
    """Texts of no report that came before: number, channel, carrier's id."""
    return [(row[0], row[1], row[2]) for row in tx.all(_S.LOOSE, before=before, most=most)]


def forget_loose(tx: Transaction, number: int) -> bool:
    """Deletes such a text; False where it has got a report meanwhile."""
    return tx.changed(_S.FORGET_LOOSE, row=number) == 1


def backed_up(tx: Transaction, channel: str, external_id: str) -> bool | None:
    """Whether a backup holds a text; None where the text is not here."""
    row = tx.one(_S.HELD_BY_BACKUP, channel=channel, external_id=external_id)
    return None if row is None else row[0] is not None


def mark_backed_up(tx: Transaction, numbers: Sequence[int], at: int) -> None:
    """Notes that a backup holds these texts."""
    for number in numbers:
        tx.run(_S.MARK_BACKED_UP, row=number, at=at)


def add_backup(tx: Transaction, name: str, made_at: int) -> None:
    """Notes that a backup is complete."""
    tx.run(_S.ADD_BACKUP, name=name, made_at=made_at)
