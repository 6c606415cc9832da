"""What is to be forwarded: one row for each revision and sink, claimed under a lease.

A row is `due`, `leased` (to `owner`, until `due_at`), `delivered`, `parked` (a person must look) or `replaced` (a
newer revision went in its place). A lease that ran out makes the row due again by itself, whatever happened to its
owner.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, delete, func, insert, null, or_, select, text, update

from handlers.records.database import Statement, Transaction
from handlers.records.schema import UNFINISHED, outbox, reports, revisions, sink_states

_O, _S = outbox.c, sink_states.c
# Literal, and to the letter the condition of the partial index: the planner must see that it holds.
_UNFINISHED = text(UNFINISHED)
_OPEN = and_(_UNFINISHED, _O.state != "parked")

_ADD = Statement(
    insert(outbox)
    .values(
        {
            name: bindparam(name)
            for name in ("report_id", "revision", "sink", "organisation", "kind", "priority", "due_at", "created_at")
        }
    )
    .values(state="due", attempts=0)
    .returning(_O.id)
)
_REPLACE = Statement(
    update(outbox)
    .where(
        _O.report_id == bindparam("report"),
        _O.sink == bindparam("to"),
        _O.state == "due",
        _O.revision < bindparam("newer"),
        _O.kind != "alert",
    )
    .values(state="replaced")
)
_CLAIMABLE = (
    select(_O.id)
    .where(_O.sink == bindparam("to"), _OPEN, _O.due_at <= bindparam("now"))
    .order_by(_O.priority, _O.due_at)
    .limit(bindparam("most"))
)
_CLAIMED = (_O.id, _O.report_id, _O.revision, _O.sink, _O.organisation, _O.kind, _O.created_at, _O.attempts)


def _claim(ids: object) -> object:
    return (
        update(outbox)
        .where(_O.id.in_(ids))  # type: ignore[arg-type]
        .values(state="leased", attempts=_O.attempts + 1, owner=bindparam("by"), due_at=bindparam("lease_until"))
        .returning(*_CLAIMED)
    )


_CLAIM = Statement(
    _claim(_CLAIMABLE),  # type: ignore[arg-type]
    _claim(_CLAIMABLE.with_for_update(skip_locked=True)),  # type: ignore[arg-type]
)
_SEALED = Statement(
    select(revisions.c.document, reports.c.key)
    .join(reports, reports.c.id == revisions.c.report_id)
    .where(revisions.c.report_id == bindparam("report"), revisions.c.revision == bindparam("revision"))
)
_DELIVERED = Statement(
    update(outbox)
    .where(_O.id == bindparam("row"), _O.state != "delivered")
    .values(state="delivered", delivered_at=bindparam("at"), owner=null(), cause=null())
)
_MINE = and_(_O.id == bindparam("row"), _O.owner == bindparam("by"), _O.state == "leased")
_AGAIN = Statement(
    update(outbox).where(_MINE).values(state="due", due_at=bindparam("at"), cause=bindparam("why"), owner=null())
)
_PARK = Statement(update(outbox).where(_MINE).values(state="parked", cause=bindparam("why"), owner=null()))
_HAND_BACK = Statement(
    update(outbox)
    .where(_UNFINISHED, _O.owner == bindparam("by"), _O.state == "leased")
    .values(state="due", due_at=bindparam("at"), owner=null())
)
_HASTEN = Statement(
    update(outbox)
    .where(_O.sink == bindparam("to"), _UNFINISHED, _O.state == "due", _O.due_at > bindparam("at"))
    .values(due_at=bindparam("at"))
)
_PULL_BACK = Statement(
    update(outbox)
    .where(_OPEN, _O.due_at > bindparam("latest"))
    .values(state="due", due_at=bindparam("at"), owner=null())
)
_DUE = Statement(
    select(_O.id, _O.due_at)
    .where(_OPEN, _O.due_at <= bindparam("now"))
    .order_by(_O.priority, _O.due_at)
    .limit(bindparam("most"))
)
_NEXT = Statement(select(func.min(_O.due_at)).where(_O.sink == bindparam("to"), _OPEN))
_OF_REPORT = Statement(
    select(_O.revision, _O.sink, _O.state, _O.attempts, _O.due_at, _O.delivered_at, _O.cause)
    .where(_O.report_id == bindparam("report"))
    .order_by(_O.revision, _O.sink)
)
_STATES = Statement(select(_O.state, func.count(), func.min(_O.created_at)).where(_UNFINISHED).group_by(_O.state))
_PAUSED = Statement(select(_S.sink, _S.cause, _S.paused_at, _S.probe_at))
_ADD_PAUSE = Statement(
    insert(sink_states).values({name: bindparam(name) for name in ("sink", "cause", "paused_at", "probe_at")})
)
_PROBE = Statement(
    update(sink_states)
    .where(_S.sink == bindparam("to"), or_(_S.probe_at <= bindparam("now"), _S.probe_at > bindparam("latest")))
    .values(probe_at=bindparam("next"))
)
_KEEP_PAUSE = Statement(update(sink_states).where(_S.sink == bindparam("to")).values(cause=bindparam("why")))
_RESUME = Statement(delete(sink_states).where(_S.sink == bindparam("to")))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row under our lease; `attempts` counts this one. `document` and `key` are sealed."""

    id: int
    report_id: str
    revision: int
    sink: str
    organisation: str
    kind: str
    created_at: int
    attempts: int
    document: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """Where one revision stands with one sink. Times in milliseconds since 1970."""

    revision: int
    sink: str
    state: str
    attempts: int
    due_at: int
    delivered_at: int | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """A sink that is paused, why, since when, and when it is probed next. Times in milliseconds since 1970."""

    sink: str
    cause: str
    paused_at: int
    probe_at: int


def add(
    tx: Transaction,
    *,
    report_id: str,
    revision: int,
    sink: str,
    organisation: str,
    kind: str,
    priority: int,
    now: int,
) -> int:
    """Writes a row, due at once, and returns its number; older rows of the report that nobody has claimed are replaced.

    An unclaimed `alert` stays: a control room may ring its bell for that kind alone.
    """
    tx.run(_REPLACE, report=report_id, to=sink, newer=revision)
    row = tx.one(
        _ADD,
        report_id=report_id,
        revision=revision,
        sink=sink,
        organisation=organisation,
        kind=kind,
        priority=priority,
        due_at=now,
        created_at=now,
    )
    assert row is not None
    return int(row[0])


def claim(tx: Transaction, sink: str, *, now: int, lease_until: int, owner: str, most: int) -> list[Claimed]:
    """Leases up to `most` due rows of a sink to `owner`, danger first, with what is needed to send them."""
    rows = tx.all(_CLAIM, to=sink, now=now, lease_until=lease_until, by=owner, most=most)
    claimed = []
    for row in rows:
        sealed = tx.one(_SEALED, report=row[1], revision=row[2])
        if sealed is None:
            tx.run(_PARK, row=row[0], by=owner, why="no document")
        else:
            claimed.append(Claimed(*(*row, bytes(sealed[0]), bytes(sealed[1]))))
    return claimed


def delivered(tx: Transaction, row: int, at: int) -> None:
    """The sink has it."""
    tx.run(_DELIVERED, row=row, at=at)


def again(tx: Transaction, row: int, *, owner: str, at: int, cause: str) -> None:
    """To be tried again at `at`, unless the lease has passed to somebody else."""
    tx.run(_AGAIN, row=row, by=owner, at=at, why=cause)


def park(tx: Transaction, row: int, *, owner: str, cause: str) -> None:
    """A person must look at it."""
    tx.run(_PARK, row=row, by=owner, why=cause)


def hand_back(tx: Transaction, owner: str, at: int) -> int:
    """Makes all that `owner` holds due again; returns how many."""
    return tx.changed(_HAND_BACK, by=owner, at=at)


def hasten(tx: Transaction, sink: str, at: int) -> int:
    """A sink that was away is back: what waits for a later try is due now. Returns how many rows."""
    return tx.changed(_HASTEN, to=sink, at=at)


def pull_back(tx: Transaction, latest: int, at: int) -> int:
    """Brings rows that a clock jump left beyond `latest` to `at` (F11); returns how many."""
    return tx.changed(_PULL_BACK, latest=latest, at=at)


def due(tx: Transaction, now: int, most: int) -> list[tuple[int, int]]:
    """Rows that wait to be claimed, danger first: their number and since when they are due."""
    return [(row[0], row[1]) for row in tx.all(_DUE, now=now, most=most)]


def next_due(tx: Transaction, sink: str) -> int | None:
    """When the sink's next row is due, None where nothing waits."""
    row = tx.one(_NEXT, to=sink)
    return None if row is None else row[0]


def of_report(tx: Transaction, report_id: str) -> list[DeliveryRow]:
    """Where each revision of a report stands."""
    return [DeliveryRow(*row) for row in tx.all(_OF_REPORT, report=report_id)]


def states(tx: Transaction) -> dict[str, tuple[int, int]]:
    """How many rows are due, leased and parked, and when the oldest of each was made."""
    return {row[0]: (row[1], row[2]) for row in tx.all(_STATES)}


def paused(tx: Transaction) -> dict[str, Pause]:
    """The sinks that are paused."""
    return {row[0]: Pause(*row) for row in tx.all(_PAUSED)}


def pause(tx: Transaction, sink: str, *, cause: str, now: int, probe_at: int) -> bool:
    """Pauses a sink; False where it was paused already (then only the cause is kept)."""
    if tx.changed(_KEEP_PAUSE, to=sink, why=cause):
        return False
    tx.run(_ADD_PAUSE, sink=sink, cause=cause, paused_at=now, probe_at=probe_at)
    return True


def may_probe(tx: Transaction, sink: str, *, now: int, next_probe: int) -> bool:
    """Takes the right to probe a paused sink, which one process has once a minute."""
    return tx.changed(_PROBE, to=sink, now=now, latest=next_probe, next=next_probe) == 1


def resume(tx: Transaction, sink: str) -> bool:
    """Ends a pause; False where there was none."""
    return tx.changed(_RESUME, to=sink) == 1
