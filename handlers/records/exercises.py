"""Synthetic reporters on the live desk: how far each is. Times in milliseconds since 1970."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("exercises")

RUNNING, PAUSED, OVER, STOPPED = "running", "paused", "over", "stopped"


class ExerciseRow(Struct, frozen=True):
    """One exercise; the columns are described in `handlers.records.shift_schema`."""

    id: str
    organisation: str
    script: str
    person_id: str
    sender: str
    started_at: int
    state: str
    step: int
    stepped_at: int
    ended_at: int | None
    report_id: str | None
    claim_ms: int | None
    word_ms: int | None
    outcome: str | None


class Line(Struct, frozen=True):
    """How the queue's line of an exercise stands."""

    holder: str | None
    outcome: str | None
    closed_at: int | None
    rank: int


def begin(
    tx: Transaction, exercise_id: str, organisation: str, script: str, person_id: str, *, sender: str, now: int
) -> None:
    """Writes a new exercise."""
    tx.run(
        _S.BEGIN, id=exercise_id, organisation=organisation, script=script, person_id=person_id, sender=sender,
        started_at=now,
    )  # fmt: skip


def is_any(tx: Transaction) -> bool:
    """Whether an exercise is not over."""
    return tx.one(_S.ANY) is not None


def going(tx: Transaction) -> list[ExerciseRow]:
    """The exercises that are not over, locked."""
    return [ExerciseRow(*row) for row in tx.all(_S.GOING)]


def listed(tx: Transaction, organisation: str, most: int) -> list[ExerciseRow]:
    """An organisation's exercises, the newest first."""
    return [ExerciseRow(*row) for row in tx.all(_S.LISTED, owner=organisation, most=most)]


def senders(tx: Transaction, since: int) -> set[str]:
    """The numbers that exercises used after `since`."""
    return {row[0] for row in tx.all(_S.SENDERS, since=since)}


def step(tx: Transaction, row: ExerciseRow, at: int) -> bool:
    """Takes the next text to send; False where another process took it."""
    return tx.changed(_S.STEP, which=row.id, from_step=row.step, at=at) == 1


def note_report(tx: Transaction, exercise_id: str, report_id: str) -> None:
    """Notes which report came of it."""
    tx.run(_S.NOTE_REPORT, which=exercise_id, report=report_id)


def set_state(tx: Transaction, exercise_id: str, state: str, at: int) -> None:
    """Pauses it or lets it go on."""
    tx.run(_S.STATE, which=exercise_id, state=state, at=at)


def end(
    tx: Transaction, exercise_id: str, state: str, *, at: int, claim: int | None, word: int | None, outcome: str | None
) -> None:
    """Ends it with its score: milliseconds to the claim and from there to the first word, and the outcome."""
    tx.run(_S.END, which=exercise_id, state=state, at=at, claim=claim, word=word, how=outcome)


def report_of(tx: Transaction, channel: str, external_id: str) -> str | None:
    """The report that a text belongs to."""
    row = tx.one(_S.REPORT_OF, channel=channel, sid=external_id)
    return None if row is None else row[0]


def load(tx: Transaction, organisation: str) -> tuple[int, int]:
    """How many real reports wait for somebody on the ordinary desk, and how many of them are danger."""
    row = tx.one(_S.LOAD, owner=organisation)
    return (int(row[0]), int(row[1])) if row else (0, 0)


def last_word(tx: Transaction, report_id: str) -> int | None:
    """When staff last wrote in the thread."""
    row = tx.one(_S.LAST_WORD, report=report_id)
    return None if row is None else row[0]


def line(tx: Transaction, report_id: str) -> Line | None:
    """How its line in the queue stands."""
    row = tx.one(_S.ITEM, report=report_id)
    return None if row is None else Line(*row)


def calm(tx: Transaction, report_id: str) -> None:
    """Puts its line behind all others and stops its clock."""
    tx.run(_S.CALM, report=report_id)


def wake(tx: Transaction, report_id: str, *, at: int, due: int | None) -> None:
    """Takes its line up again; its clock begins anew where nobody has it."""
    tx.run(_S.WAKE, report=report_id)
    tx.run(_S.RESTART, report=report_id, at=at, due=due)


def close(tx: Transaction, report_id: str, at: int) -> None:
    """Takes its line off the queue."""
    tx.run(_S.CLOSE, report=report_id, at=at)


def old(tx: Transaction, until: int, most: int) -> list[str]:
    """Reports of exercises made before then."""
    return [row[0] for row in tx.all(_S.OLD, until=until, most=most)]


def forget(tx: Transaction, until: int) -> None:
    """Deletes the scores of exercises begun before then."""
    tx.run(_S.FORGET, until=until)
