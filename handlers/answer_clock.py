"""The answer clock: how long a report may wait for a person, and what its line in the queue is.

Danger and what happens now: after 60 s the desk repeats its alarm, after 120 s a supervisor and the next contact are
told, after 180 s the reporter gets an honest line (`handlers.unanswered`). What is past: 15 minutes, and no more than
the alarm. It ends when a named person claims; a second clock runs from the claim to the first word or action.
"""

from __future__ import annotations

from typing import Final

from conversations.events import Revision
from handlers.records import desk_items
from handlers.records.database import Transaction
from handlers.records.desk_items import DANGER, MOVED, NOW, PAST, UNKNOWN

STEPS: Final = (60_000, 120_000, 180_000)
PAST_STEPS: Final = (900_000,)
WORDS: Final = 120_000
_FUTURE: Final = 60_000
_RANKS: Final = {"emergency": DANGER, "now": NOW, "past": PAST}
_MOVED: Final = "moved"
_SYNTHETIC: Final = "synthetic."


def rank_of(revision: Revision) -> int:
    """The rank of a revision: danger, happening now, not known, past, or handled elsewhere."""
    if revision.kind == _MOVED:
        return MOVED
    if revision.urgent:
        return DANGER
    return _RANKS.get(revision.document["facts"].get("urgency") or "", UNKNOWN)


def steps(rank: int) -> tuple[int, ...]:
    """When the clock speaks, in milliseconds after it began; empty for what nobody need answer."""
    return () if rank == MOVED else PAST_STEPS if rank == PAST else STEPS


def note(
    tx: Transaction, organisation: str, report_id: str, audience: str, rank: int, revision: int, now: int, *,
    practice: bool = False,
) -> None:  # fmt: skip
    """Puts a revision on the queue and starts its clock, in the transaction that writes it.

    `practice`: of an exercise.
    """
    if organisation.startswith(_SYNTHETIC):
        return
    desk_items.note(
        tx,
        report_id=report_id,
        organisation=organisation,
        audience=audience,
        rank=rank,
        revision=revision,
        now=now,
        due=next_due(rank, 0, now),
        practice=practice,
    )


def next_due(rank: int, step: int, since: int) -> int | None:
    """When the step after `step` is due for a clock that began at `since`, None where there is none."""
    times = steps(rank)
    return since + times[step] if step < len(times) else None


def mend(tx: Transaction, now: int) -> int:
    """Brings clocks that a clock jump left in the future to now (F11); returns how many."""
    return desk_items.pull_back(
        tx,
        latest=now + _FUTURE + max(STEPS),
        past_latest=now + _FUTURE + max(PAST_STEPS),
        words_latest=now + _FUTURE + WORDS,
        at=now,
    )
