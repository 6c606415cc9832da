"""Tells the next contact where no control room has answered for a report in time.

The clock's sweep runs `escalate`. Each step is one transaction: the count goes up and the outbox row is written, or
neither, so that a contact is told once whoever runs it and however often (F6). From then on the contact gets every
newer revision as well, until somebody has the report in hand.

Who has claimed a report at the desk has it in hand; once given back, the answer clock asks for the next contact again.

A confidential report goes to confidential contacts alone, and no log line counts it (R8). Tests and exercises are never
escalated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from handlers.acknowledgements import is_settled
from handlers.dispatch import MOVED
from handlers.ports import Doorbell, Organisation
from handlers.records import acknowledgements, escalations, outbox, shifts
from handlers.records.database import Transaction
from handlers.records.escalations import Waiting
from handlers.service import Service, milliseconds

AT_ONCE = 100
ROUNDS = 10  # a flood must not keep the clock from its other steps
_DESK = "desk"
_LEEWAY_SECONDS = 60

log = logging.getLogger("quietline.escalation")


def escalate(service: Service, doorbell: Doorbell) -> None:
    """One round: begins to wait for what went forward, tells the next contact of what is overdue. Raises StoreError."""
    waiting = [one for one in service.directory.organisations.values() if one.acknowledge_within is not None]
    if not waiting:
        return
    for organisation in waiting:
        _begin(service, organisation)
    _mend(service, max(one.acknowledge_within or 0 for one in waiting))
    for step in (_tell_next, _keep_up):
        _in_batches(service, doorbell, step)


def contacts(organisation: Organisation, audience: str) -> tuple[str, ...]:
    """The sinks to tell of a report, in order."""
    return organisation.contacts if audience == _DESK else organisation.confidential_contacts


def _begin(service: Service, organisation: Organisation) -> None:
    now = milliseconds(service.clock.now())
    limit = milliseconds(organisation.acknowledge_within or 0)
    while True:
        with service.database.read() as tx:
            new = escalations.new(tx, organisation.id, 10 * AT_ONCE)
        if new:
            with service.database.write() as tx:
                for report_id, since in new:
                    escalations.begin(tx, report_id, min(since, now) + limit)
        if len(new) < 10 * AT_ONCE:
            return


def _mend(service: Service, longest: float) -> None:
    """After a clock jump nothing waits longer than it may (F11)."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        escalations.pull_back(tx, now + milliseconds(longest + _LEEWAY_SECONDS), now + milliseconds(longest))


def _in_batches(
    service: Service, doorbell: Doorbell, step: Callable[[Service, Transaction, int], tuple[int, list[int]]]
) -> None:
    """Runs a step until it finds no more or for a while, in short transactions, and rings for what it wrote."""
    for _ in range(ROUNDS):
        with service.database.write() as tx:
            found, rows = step(service, tx, milliseconds(service.clock.now()))
        if rows:
            doorbell.ring(rows)
        if found < AT_ONCE:
            return


def _tell_next(service: Service, tx: Transaction, now: int) -> tuple[int, list[int]]:
    due = escalations.due(tx, now, AT_ONCE)
    told = [(row.audience, number) for row in due if (number := _step(service, tx, row, now)) is not None]
    late = sum(audience == _DESK for audience, _ in told)
    if late:
        log.error("reports not acknowledged in time: %d, the next contact is told", late)
    return len(due), [number for _, number in told]


def _step(service: Service, tx: Transaction, row: Waiting, now: int) -> int | None:
    """Tells the next contact, if there is one and it is still needed; returns the outbox row's number."""
    organisation = service.directory.get(row.organisation)
    limit = organisation.acknowledge_within if organisation else None
    if organisation is None or limit is None or _is_over(tx, row):
        escalations.settle(tx, row.report_id)
        return None
    order = contacts(organisation, row.audience)
    if row.step >= len(order):
        escalations.settle(tx, row.report_id)
        if order and row.audience == _DESK:
            log.error("report %s has not been acknowledged in time, and there is no contact left", row.report_id)
        return None
    # The last contact has its time too: only then is there nobody left.
    if not escalations.move(tx, row, step=row.step + 1, due_at=now + milliseconds(limit)):
        return None
    return _write(tx, row, order[row.step], now)


def _keep_up(service: Service, tx: Transaction, now: int) -> tuple[int, list[int]]:
    """Newer revisions for the contacts that know an older one."""
    behind = escalations.behind(tx, AT_ONCE)
    rows: list[int] = []
    for row in behind:
        escalations.keep_up(tx, row)
        organisation = service.directory.get(row.organisation)
        if organisation is not None and row.kind != MOVED:
            told = contacts(organisation, row.audience)[: row.step]
            wanting = [sink for sink in told if sink in service.sinks and service.sinks[sink].wants(row.kind)]
            rows += [number for sink in wanting if (number := _write(tx, row, sink, now)) is not None]
    return len(behind), rows


def _is_over(tx: Transaction, row: Waiting) -> bool:
    return (
        row.kind == MOVED
        or shifts.in_hand(tx, row.report_id)
        or is_settled(acknowledgements.of_report(tx, row.report_id))
    )


def _write(tx: Transaction, row: Waiting, sink: str, now: int) -> int | None:
    """The newest revision for that sink, unless it is on its way there already."""
    if any(one.sink == sink and one.revision == row.revision for one in outbox.of_report(tx, row.report_id)):
        return None
    return outbox.add(
        tx,
        report_id=row.report_id,
        revision=row.revision,
        sink=sink,
        organisation=row.organisation,
        kind=row.kind,
        priority=1 if row.priority is None else row.priority,
        now=now,
    )
