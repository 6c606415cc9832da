"""The queue: a line for each report, who has it, and the answer clock. Times in milliseconds since 1970."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from handlers.records import shifts
from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.records.reports import StoredReport
from handlers.vault import Place

_S = statements("desk_items")

DANGER, NOW, UNKNOWN, PAST, MOVED = range(5)
RESTS: Final = 2


class Item(Struct, frozen=True):
    """One line. `rank` is one of the five above; the columns are described in `handlers.records.desk_schema`."""

    report_id: str
    organisation: str
    audience: str
    rank: int
    since: int
    revision: int
    stamp: int
    holder: str | None
    claimed_at: int | None
    claimed_revision: int | None
    acted_at: int | None
    words_due_at: int | None
    clock_at: int
    clock_step: int
    clock_due_at: int | None
    incident: str | None
    outcome: str | None
    closed_at: int | None
    practice: int = 0  # 1: an exercise, 2: one that rests while real reports wait


_COLUMNS: Final = len(Item.__struct_fields__)


class TopRow(Struct, frozen=True):
    """An open line with its report's readable part and wrapped key, None where it has no report."""

    item: Item
    report: tuple[StoredReport, bytes] | None


class Standing(Struct, frozen=True):
    """How a line stands: who has it, and since when it waits for somebody."""

    report_id: str
    rank: int
    holder: str | None
    clock_at: int


class NoteRow(Struct, frozen=True):
    """What somebody wrote beside a report; `body` is sealed."""

    token: str
    person_id: str
    at: int
    body: bytes


def note_place(token: str) -> Place:
    """Where a note's sealed words stand."""
    return Place("desk_notes", token, "body")


def note(
    tx: Transaction, *, report_id: str, organisation: str, audience: str, rank: int, revision: int, now: int,
    due: int | None, practice: bool = False,
) -> None:  # fmt: skip
    """A revision was made: its line is there and up to date; what was closed is open again.

    `due` is when the answer clock first speaks, None for never. A line that nobody has is due no later than that.
    `practice`: it is an exercise.
    """
    line = tx.one(
        _S.NOTE,
        report_id=report_id,
        organisation=organisation,
        audience=audience,
        rank=rank,
        since=now,
        revision=revision,
        clock_at=now,
        clock_due_at=due,
        practice=int(practice),
    )
    if due is None:
        tx.run(_S.CALM, report=report_id)
        return
    if line is not None and line[0] is not None:
        tx.run(_S.REOPEN, report=report_id, clock_at=now, clock_due_at=due)


def top(tx: Transaction, organisation: str, audience: str, most: int) -> list[TopRow]:
    """The open lines: danger first, then what happens now, then by age."""
    return [
        TopRow(
            Item(*row[:_COLUMNS]),
            None if row[-1] is None else (StoredReport(*row[_COLUMNS:-1]), bytes(row[-1])),
        )
        for row in tx.all(_S.TOP, owner=organisation, reader=audience, most=most)
    ]


def standing(tx: Transaction, organisation: str, audience: str, most: int) -> list[Standing]:
    """How the same lines stand, without anything sealed."""
    return [Standing(*row) for row in tx.all(_S.STANDING, owner=organisation, reader=audience, most=most)]


def marks(tx: Transaction, organisation: str, audience: str, most: int) -> list[tuple[str, int]]:
    """The same lines as (report, stamp): unlike before where anything on them has changed."""
    return [(row[0], row[1]) for row in tx.all(_S.MARKS, owner=organisation, reader=audience, most=most)]


def get(tx: Transaction, report_id: str, organisation: str, audience: str) -> Item | None:
    """A report's line, for who may see it."""
    row = tx.one(_S.GET, report=report_id, owner=organisation, reader=audience)
    return None if row is None else Item(*row)


def claim(tx: Transaction, report_id: str, person_id: str, *, now: int, words_due: int, cap: int) -> bool:
    """Takes a line that nobody has; False where somebody has it, or this person has `cap` already."""
    claimed = tx.changed(_S.CLAIM, report=report_id, who=person_id, at=now, words_due=words_due, cap=cap) == 1
    if claimed:
        shifts.answered(tx, report_id)
    return claimed


def load(tx: Transaction, person_id: str) -> int:
    """How many open lines a person has."""
    row = tx.one(_S.LOAD, who=person_id)
    return int(row[0]) if row else 0


def release(tx: Transaction, report_id: str, person_id: str, *, now: int, due: int) -> bool:
    """Gives a line back, whose clock begins anew; False where the person does not have it."""
    return tx.changed(_S.RELEASE, report=report_id, was=person_id, at=now, due=due) == 1


def transfer(tx: Transaction, report_id: str, person_id: str, to: str, *, now: int, words_due: int) -> bool:
    """Hands a line to somebody else; False where the person does not have it."""
    return tx.changed(_S.TRANSFER, report=report_id, was=person_id, to_person=to, at=now, words_due=words_due) == 1


def act(tx: Transaction, report_id: str, person_id: str, now: int) -> None:
    """Notes the holder's first word or action."""
    tx.run(_S.ACT, report=report_id, was=person_id, at=now)
    shifts.acted(tx, report_id, now)


def saw(tx: Transaction, report_id: str, person_id: str, revision: int) -> None:
    """The holder has seen that revision."""
    tx.run(_S.SAW, report=report_id, was=person_id, seen=revision)


def number(tx: Transaction, report_id: str, person_id: str, incident: str | None) -> bool:
    """Notes the control room's own number; False where the person does not have the report."""
    return tx.changed(_S.INCIDENT, report=report_id, was=person_id, number=incident) == 1


def close(tx: Transaction, report_id: str, person_id: str, outcome: str, now: int) -> bool:
    """Closes a line with its outcome; False where the person does not have it."""
    return tx.changed(_S.CLOSE, report=report_id, was=person_id, how=outcome, at=now) == 1


def reopen(tx: Transaction, report_id: str, now: int) -> bool:
    """Opens a closed line again, which nobody has then; False where it is open."""
    return tx.changed(_S.REOPEN, report=report_id, clock_at=now, clock_due_at=now) == 1


def news(tx: Transaction, organisation: str, audience: str, person_id: str) -> int:
    """How many of a person's open lines there have changed since they looked."""
    row = tx.one(_S.NEWS, owner=organisation, reader=audience, who=person_id)
    return 0 if row is None else int(row[0])


def held_by(tx: Transaction, person_id: str) -> list[Item]:
    """The open lines that a person has."""
    return [Item(*row) for row in tx.all(_S.HELD, who=person_id)]


def due(tx: Transaction, now: int, most: int) -> list[Item]:
    """The lines whose answer clock has something to say, locked."""
    return [Item(*row) for row in tx.all(_S.DUE, now=now, most=most)]


def step(tx: Transaction, item: Item, due_at: int | None) -> bool:
    """Moves a clock on by one step; False where it has moved or stopped meanwhile."""
    return tx.changed(_S.STEP, report=item.report_id, from_step=item.clock_step, due=due_at) == 1


def pull_back(tx: Transaction, *, latest: int, past_latest: int, words_latest: int, at: int) -> int:
    """Brings clocks that a clock jump left too far in the future to `at` (F11); returns how many.

    `past_latest` is for what is over, `words_latest` for the second clock.
    """
    moved = tx.changed(_S.PULL_BACK, latest=latest, past_latest=past_latest, at=at)
    return moved + tx.changed(_S.PULL_BACK_WORDS, latest=words_latest, at=at)


def stir(tx: Transaction, report_id: str) -> None:
    """Lets the pages that show a report look at it anew."""
    tx.run(_S.STIR, report=report_id)


def add_note(tx: Transaction, token: str, report_id: str, person_id: str, body: bytes, now: int) -> None:
    """Writes a note."""
    tx.run(_S.ADD_NOTE, token=token, report_id=report_id, person_id=person_id, at=now, body=body)


def notes(tx: Transaction, report_id: str) -> list[NoteRow]:
    """A report's notes, in order."""
    return [NoteRow(*row) for row in tx.all(_S.NOTES, report=report_id)]
