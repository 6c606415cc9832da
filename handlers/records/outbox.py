"""What is to be forwarded: one row for each revision and sink, claimed under a lease.

A row is `due`, `leased` (to `owner`, until `due_at`), `delivered`, `parked` (a person must look) or `replaced` (a
newer revision went in its place). A lease that ran out makes the row due again by itself, whatever happened to its
owner.
"""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("outbox")


class Claimed(Struct, frozen=True):
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


class DeliveryRow(Struct, frozen=True):
    """Where one revision stands with one sink. Times in milliseconds since 1970."""

    revision: int
    sink: str
    state: str
    attempts: int
    due_at: int
    delivered_at: int | None
    cause: str | None


class Pause(Struct, frozen=True):
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
    if revision > 1:
        tx.run(_S.REPLACE, report=report_id, to=sink, newer=revision)
    row = tx.one(
        _S.ADD,
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


def withdraw(tx: Transaction, report_id: str, sink: str | None = None) -> int:
    """What of a report is not delivered yet goes nowhere any more, or not to that sink; returns how many rows."""
    if sink is None:
        return tx.changed(_S.WITHDRAW, report=report_id)
    return tx.changed(_S.WITHDRAW_FROM, report=report_id, at_sink=sink)


def claim(tx: Transaction, sink: str, *, now: int, lease_until: int, owner: str, most: int) -> list[Claimed]:
    """Leases up to `most` due rows of a sink to `owner`, danger first, with what is needed to send them."""
    rows = tx.all(_S.CLAIM, to=sink, now=now, lease_until=lease_until, by=owner, most=most)
    claimed = []
    for row in rows:
        sealed = tx.one(_S.SEALED, report=row[1], revision=row[2])
        if sealed is None:
            tx.run(_S.PARK, row=row[0], by=owner, why="no document")
        else:
            claimed.append(Claimed(*(*row, bytes(sealed[0]), bytes(sealed[1]))))
    return claimed


def delivered(tx: Transaction, row: int, at: int) -> None:
    """The sink has it."""
    tx.run(_S.DELIVERED, row=row, at=at)


def again(tx: Transaction, row: int, *, owner: str, at: int, cause: str) -> None:
    """To be tried again at `at`, unless the lease has passed to somebody else."""
    tx.run(_S.AGAIN, row=row, by=owner, at=at, why=cause)


def park(tx: Transaction, row: int, *, owner: str, cause: str) -> None:
    """A person must look at it."""
    tx.run(_S.PARK, row=row, by=owner, why=cause)


def hand_back(tx: Transaction, owner: str, at: int) -> int:
    """Makes all that `owner` holds due again; returns how many."""
    return tx.changed(_S.HAND_BACK, by=owner, at=at)


def hasten(tx: Transaction, sink: str, at: int) -> int:
    """A sink that was away is back: what waits for a later try is due now. Returns how many rows."""
    return tx.changed(_S.HASTEN, to=sink, at=at)


def pull_back(tx: Transaction, *, untried: int, leased: int, latest: int, at: int) -> int:
    """Makes due at `at` what a clock jump left after it (F11): rows never tried and due beyond `untried`, leases that
    last beyond `leased`, tries that would come beyond `latest`; returns how many."""
    return tx.changed(_S.PULL_BACK, untried=untried, leased=leased, latest=latest, at=at)


def due(tx: Transaction, now: int, most: int) -> list[tuple[int, int]]:
    """Rows that wait to be claimed, danger first: their number and since when they are due."""
    return [(row[0], row[1]) for row in tx.all(_S.DUE, now=now, most=most)]


def next_due(tx: Transaction, sink: str) -> int | None:
    """When the sink's next row is due, None where nothing waits."""
    row = tx.one(_S.NEXT, to=sink)
    return None if row is None else row[0]


def of_report(tx: Transaction, report_id: str) -> list[DeliveryRow]:
    """Where each revision of a report stands."""
    return [DeliveryRow(*row) for row in tx.all(_S.OF_REPORT, report=report_id)]


def states(tx: Transaction) -> dict[str, tuple[int, int]]:
    """How many rows are due, leased and parked, and when the oldest of each was made."""
    return {row[0]: (row[1], row[2]) for row in tx.all(_S.STATES)}


def paused(tx: Transaction) -> dict[str, Pause]:
    """The sinks that are paused."""
    return {row[0]: Pause(*row) for row in tx.all(_S.PAUSED)}


def pause(tx: Transaction, sink: str, *, cause: str, now: int, probe_at: int) -> bool:
    """Pauses a sink; False where it was paused already (then only the cause is kept)."""
    if tx.changed(_S.KEEP_PAUSE, to=sink, why=cause):
        return False
    tx.run(_S.ADD_PAUSE, sink=sink, cause=cause, paused_at=now, probe_at=probe_at)
    return True


def may_probe(tx: Transaction, sink: str, *, now: int, next_probe: int) -> bool:
    """Takes the right to probe a paused sink, which one process has once a minute."""
    return tx.changed(_S.PROBE, to=sink, now=now, latest=next_probe, next=next_probe) == 1


def resume(tx: Transaction, sink: str) -> bool:
    """Ends a pause; False where there was none."""
    return tx.changed(_S.RESUME, to=sink) == 1
