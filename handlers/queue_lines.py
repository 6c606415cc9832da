"""The open lines of a queue, read and opened once for all desks that ask at the same moment.

Who asks gets what was read after they asked: while one thread reads, the others gather, and the next reads for them.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from msgspec import Struct

from handlers.records import desk_items, joined, people
from handlers.records.company import Lead, TooLong
from handlers.records.database import StoreBusy, StoreError, Transaction
from handlers.records.desk_items import MOVED, RESTS, Item, TopRow
from handlers.service import Service, milliseconds

MOST_LINES: Final = 100


class Line(Struct, frozen=True):
    """One line of the queue. `document` is the newest revision, empty where it cannot be opened.

    `joined` is how many reports its incident has, itself counted; 0 where it stands alone.
    """

    item: Item
    reference: str
    status: str
    state: str
    document: dict[str, Any]
    holder: str | None
    joined: int = 0


class Read(Struct, frozen=True):
    """A queue at one moment, in milliseconds since 1970; `lines` by report: those wanted, and perhaps others."""

    now: int
    order: tuple[str, ...]
    waiting: int
    more: bool
    lines: dict[str, Line]


class _Wish(Struct):
    """The reports whose lines somebody wants, None for all; and what was read for them."""

    only: frozenset[str] | None
    found: Read | None = None


def read(service: Service, organisation: str, audience: str, only: frozenset[str] | None) -> Read:
    """The open reports of a queue in order, with the lines of all or some. The look at them is the caller's to write.

    Args:
        service: the shared parts.
        organisation, audience: whose they are.
        only: the reports whose lines are wanted.

    Raises StoreError.
    """
    wish = _Wish(only)
    try:
        service.shared.company("queue", organisation, audience).do(
            wish, partial(_read, service, organisation, audience)
        )
    except TooLong:
        raise StoreBusy("others are reading") from None
    if wish.found is None:
        raise StoreError("the queue was not read")
    return wish.found


def name(tx: Transaction, person_id: str) -> str:
    """How somebody is shown."""
    row = people.by_id(tx, person_id)
    return row.shown if row is not None else "somebody who has left"


def _read(service: Service, organisation: str, audience: str, _own: _Wish, lead: Lead) -> None:
    wishes: list[_Wish] = lead.board()
    wanted = frozenset(report for wish in wishes for report in wish.only or ())
    every = any(wish.only is None for wish in wishes)
    with service.database.read() as tx:
        rows = desk_items.top(tx, organisation, audience, MOST_LINES + 1)
        top = rows[:MOST_LINES]
        chosen = [row for row in top if every or row.item.report_id in wanted]
        names = {holder: name(tx, holder) for holder in {row.item.holder for row in chosen if row.item.holder}}
        counts = joined.counts(tx, organisation, audience)
        lines = {row.item.report_id: _line(service, tx, row, names, counts) for row in chosen}
    items = [row.item for row in top]
    found = Read(
        now=milliseconds(service.clock.now()),
        order=tuple(item.report_id for item in items),
        waiting=sum(item.holder is None and item.rank != MOVED and item.practice != RESTS for item in items),
        more=len(rows) > MOST_LINES,
        lines={report: line for report, line in lines.items() if line is not None},
    )
    for wish in wishes:
        wish.found = found


def _line(service: Service, tx: Transaction, row: TopRow, names: dict[str, str], counts: dict[str, int]) -> Line | None:
    if row.report is None:
        return None
    item, (report, key) = row.item, row.report
    known = service.shared.documents.read(tx, item.audience, report.id, report.revision, key)
    holder = names.get(item.holder) if item.holder else None
    return Line(item, report.reference, report.status, report.state, known, holder, counts.get(item.report_id, 0))
