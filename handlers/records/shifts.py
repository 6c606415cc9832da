"""A shift: languages, presence, answers and breaches, promises, hand-overs. Times in milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("shifts")


class Present(Struct, frozen=True):
    """Somebody at the desk. `report_id` is empty where they are at no report, `doing` here, reading or writing."""

    person_id: str
    shown: str
    organisation: str
    audience: str
    report_id: str
    doing: str


class BreachRow(Struct, frozen=True):
    """A limit that was missed: `alarm`, `supervisor`, `reporter`, `word` or `promise`; `person_id` had the report."""

    report_id: str
    kind: str
    began: int
    person_id: str | None
    at: int


class PromiseRow(Struct, frozen=True):
    """What somebody promised; `body` is sealed."""

    token: str
    report_id: str
    person_id: str
    at: int
    due_at: int
    body: bytes
    kept_at: int | None
    kept_by: str | None


class HandoverRow(Struct, frozen=True):
    """What somebody hands to the next; `key` is wrapped, `body` sealed."""

    token: str
    organisation: str
    audience: str
    person_id: str
    to_person: str | None
    at: int
    key: bytes
    body: bytes
    accepted_at: int | None
    accepted_by: str | None
    withdrawn_at: int | None


class Overdue(Struct, frozen=True):
    """A promise that is past its time."""

    report_id: str
    at: int
    person_id: str
    organisation: str
    audience: str
    practice: int


def promise_place(token: str) -> Place:
    """Where a promise's sealed words stand."""
    return Place("desk_promises", token, "body")


def handover_place(token: str, column: str) -> Place:
    """Where a sealed value of a hand-over stands."""
    return Place("desk_handovers", token, column)


def speak(tx: Transaction, person_id: str, language: str) -> None:
    """Notes that somebody speaks a language; again it changes nothing."""
    tx.run(_S.SPEAK, person_id=person_id, language=language)


def unspeak(tx: Transaction, person_id: str, language: str) -> bool:
    """Takes that back; False where it was not so."""
    return tx.changed(_S.UNSPEAK, who=person_id, which=language) == 1


def spoken(tx: Transaction) -> dict[str, tuple[str, ...]]:
    """The languages of everybody who speaks another than English, by person."""
    found: dict[str, tuple[str, ...]] = {}
    for person_id, language in tx.all(_S.SPOKEN):
        found[person_id] = (*found.get(person_id, ()), language)
    return found


def present(tx: Transaction, since: int, but: str = "") -> list[Present]:
    """Who was at the desk after `since`, as every process but one says."""
    return [Present(*row) for row in tx.all(_S.PRESENT, since=since, but=but)]


def sit(tx: Transaction, process: str, rows: Iterable[tuple[str, str, str, str, str]], now: int) -> None:
    """Writes anew who is at the desk by one process: (person, organisation, audience, report, doing)."""
    tx.run(_S.RISE, which=process)
    for person_id, organisation, audience, report_id, doing in rows:
        tx.run(
            _S.SIT, process=process, person_id=person_id, organisation=organisation, audience=audience,
            report_id=report_id, doing=doing, at=now,
        )  # fmt: skip


def fade(tx: Transaction, until: int) -> None:
    """Forgets who was last seen by then."""
    tx.run(_S.FADE, until=until)


def answered(tx: Transaction, report_id: str) -> None:
    """Notes a claim that was just made, with how long the report had waited."""
    tx.run(_S.ANSWERED, report=report_id)


def acted(tx: Transaction, report_id: str, now: int) -> None:
    """Notes the first word or action after a claim, whoever has the report by then."""
    tx.run(_S.ACTED, report=report_id, at=now)


def first_answer(tx: Transaction, report_id: str) -> tuple[int, int, int | None] | None:
    """When a report was first claimed, since when it had waited, and when the first word or action came."""
    row = tx.one(_S.FIRST_ANSWER, report=report_id)
    return None if row is None else (row[0], row[1], row[2])


def waits(tx: Transaction, organisation: str, audience: str, since: int) -> list[int]:
    """How long the reports that were claimed since then had waited."""
    return [int(row[0]) for row in tx.all(_S.WAITS, owner=organisation, reader=audience, since=since)]


def breach(
    tx: Transaction, report_id: str, kind: str, began: int, *, organisation: str, audience: str, practice: int,
    person_id: str | None, at: int,
) -> bool:  # fmt: skip
    """Notes a missed limit; False where it is known already."""
    return (
        tx.changed(
            _S.BREACH, report_id=report_id, kind=kind, began=began, organisation=organisation, audience=audience,
            practice=practice, person_id=person_id, at=at,
        )
        == 1
    )  # fmt: skip


def breaches(tx: Transaction, organisation: str, audience: str, since: int, most: int) -> list[BreachRow]:
    """The missed limits since then, the newest first; exercises apart."""
    return [BreachRow(*row) for row in tx.all(_S.BREACHES, owner=organisation, reader=audience, since=since, most=most)]


def silent(tx: Transaction, now: int, most: int) -> list[tuple[Any, ...]]:
    """The claimed lines without a word in time that nobody was told of, as rows of `desk_items`, locked."""
    return [tuple(row) for row in tx.all(_S.SILENT, now=now, most=most)]


def touch(tx: Transaction, report_id: str) -> None:
    """Tells open desks to look at a line again."""
    tx.run(_S.TOUCH, report=report_id)


def in_hand(tx: Transaction, report_id: str) -> bool:
    """Whether somebody at the desk has a report, or has closed it."""
    return tx.one(_S.IN_HAND, report=report_id) is not None


def gone(tx: Transaction) -> list[str]:
    """Who has open reports and is signed in nowhere."""
    return [row[0] for row in tx.all(_S.GONE)]


def sessions(tx: Transaction, person_id: str) -> int:
    """How many sessions a person has."""
    row = tx.one(_S.SIGNED_IN, who=person_id)
    return int(row[0]) if row else 0


def here(tx: Transaction, since: int) -> set[str]:
    """Who has a session in which something was done after `since`."""
    return {row[0] for row in tx.all(_S.HERE, since=since)}


def loads(tx: Transaction, organisation: str, audience: str) -> list[tuple[str, int, int, int]]:
    """Open reports that somebody has: (who, rank, how many, claimed first); exercises apart."""
    return [(row[0], row[1], row[2], row[3]) for row in tx.all(_S.LOADS, owner=organisation, reader=audience)]


def waiting(tx: Transaction, organisation: str, audience: str) -> list[tuple[int, int, int]]:
    """Open reports that nobody has: (rank, how many, waiting since); exercises apart."""
    return [(row[0], row[1], row[2]) for row in tx.all(_S.WAITING, owner=organisation, reader=audience)]


def promise(tx: Transaction, token: str, report_id: str, person_id: str, *, at: int, due_at: int, body: bytes) -> None:
    """Writes a promise; the same token again changes nothing."""
    tx.run(_S.PROMISE, token=token, report_id=report_id, person_id=person_id, at=at, due_at=due_at, body=body)


def promises(tx: Transaction, report_id: str) -> list[PromiseRow]:
    """A report's promises, the first due first."""
    return [PromiseRow(*row) for row in tx.all(_S.PROMISES, report=report_id)]


def keep(tx: Transaction, report_id: str, token: str, person_id: str, at: int) -> bool:
    """Notes that a promise was kept; False where it was, or there is none."""
    return tx.changed(_S.KEEP, report=report_id, which=token, who=person_id, at=at) == 1


def overdue(tx: Transaction, now: int, most: int) -> list[Overdue]:
    """Promises past their time that nobody was told of."""
    return [Overdue(*row) for row in tx.all(_S.OVERDUE, now=now, most=most)]


def hand(tx: Transaction, row: HandoverRow, report_ids: Iterable[str]) -> None:
    """Writes a hand-over with its reports."""
    tx.run(
        _S.HAND, token=row.token, organisation=row.organisation, audience=row.audience, person_id=row.person_id,
        to_person=row.to_person, at=row.at, key=row.key, body=row.body,
    )  # fmt: skip
    for report_id in report_ids:
        tx.run(_S.HAND_ONE, token=row.token, report_id=report_id)


def handed(tx: Transaction, token: str) -> list[str]:
    """The reports in a hand-over."""
    return [row[0] for row in tx.all(_S.HANDED, which=token)]


def for_me(tx: Transaction, organisation: str, audience: str, person_id: str) -> list[HandoverRow]:
    """The hand-overs that a person may accept."""
    return [HandoverRow(*row) for row in tx.all(_S.FOR_ME, owner=organisation, reader=audience, who=person_id)]


def mine(tx: Transaction, organisation: str, audience: str, person_id: str) -> list[HandoverRow]:
    """The hand-overs of a person that nobody has accepted yet."""
    return [HandoverRow(*row) for row in tx.all(_S.MINE, owner=organisation, reader=audience, who=person_id)]


def taken(tx: Transaction, organisation: str, audience: str, person_id: str, since: int) -> list[HandoverRow]:
    """The hand-overs that a person accepted after `since`."""
    rows = tx.all(_S.TAKEN, owner=organisation, reader=audience, who=person_id, since=since)
    return [HandoverRow(*row) for row in rows]


def handover(tx: Transaction, organisation: str, audience: str, token: str) -> HandoverRow | None:
    """One hand-over."""
    row = tx.one(_S.HANDOVER, owner=organisation, reader=audience, which=token)
    return None if row is None else HandoverRow(*row)


def accept(tx: Transaction, token: str, person_id: str, at: int) -> bool:
    """Accepts a hand-over; False where it is not theirs to accept, or somebody was faster."""
    return tx.changed(_S.ACCEPT, which=token, who=person_id, at=at) == 1


def withdraw(tx: Transaction, token: str, person_id: str, at: int) -> bool:
    """Takes a hand-over back; False where it was accepted."""
    return tx.changed(_S.WITHDRAW, which=token, who=person_id, at=at) == 1


def change_hands(
    tx: Transaction, report_id: str, *, organisation: str, audience: str, was: str, to: str, at: int, words_due: int
) -> bool:
    """Gives an open report to who accepted it; False where it is closed or with somebody else by now."""
    changed = tx.changed(
        _S.CHANGE_HANDS, report=report_id, owner=organisation, reader=audience, was=was, who=to, at=at,
        words_due=words_due,
    )  # fmt: skip
    return changed == 1


def forget_handovers(tx: Transaction, until: int) -> None:
    """Deletes the hand-overs made before then."""
    tx.run(_S.FORGET_HANDOVERS, until=until)
    tx.run(_S.FORGET_HANDED)
