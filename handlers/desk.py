"""What the control room sees: the queue, and one report. Nothing is returned before its audit row is committed.

Who sees what (R8): dispatchers and supervisors the reports of their organisation for the `desk`, the confidential
team those of the `confidential` audience. For everybody else a report is not there: `NotThere`, whatever the reason.

    NotThere    there is no such report for this person
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from handlers import audit, colleagues, queue_lines
from handlers.queue_lines import MOST_LINES, Line
from handlers.records import desk_items, reports, texts
from handlers.records.database import Transaction
from handlers.records.desk_items import MOVED, Item, StoredLine
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import DataKey, VaultError

AUDIENCES: Final = {"dispatcher": "desk", "supervisor": "desk", "confidential": "confidential"}
HANDLERS: Final = tuple(AUDIENCES)


class NotThere(Exception):
    """There is no such report for this person."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The open lines in order, and the moment they were read, in milliseconds since 1970.

    `lines` may be some of them; `order` names all that are shown, `waiting` counts those of them that nobody has, and
    `more` says that there are others behind them.
    """

    lines: tuple[Line, ...]
    now: int
    audience: str
    order: tuple[str, ...]
    waiting: int
    more: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote beside a report."""

    by: str
    at: int
    body: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A text of ours that was not an answer. `state` is ours, `status` the carrier's last word."""

    body: str
    purpose: str
    state: str
    status: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """One report as the desk shows it."""

    line: Line
    sent: tuple[Sent, ...]
    notes: tuple[Note, ...]
    colleagues: tuple[tuple[str, str], ...]
    now: int


@dataclass(slots=True)
class Shown:
    """What one session was shown on the queue already: the same revision again is no new look."""

    revisions: dict[str, int] = field(default_factory=dict)


def roles_of(audience: str) -> tuple[str, ...]:
    """The roles that see an audience's reports."""
    return tuple(role for role, seen in AUDIENCES.items() if seen == audience)


def audience_of(person: SignedIn, organisation: str, role: str | None = None) -> str:
    """The audience that a person is of at an organisation, the desk first. Raises NotThere."""
    for each, audience in AUDIENCES.items():
        if person.has(organisation, each) and role in (None, each):
            return audience
    raise NotThere


def queue(
    service: Service, person: SignedIn, organisation: str, audience: str, shown: Shown,
    only: frozenset[str] | None = None,
) -> Queue:  # fmt: skip
    """The open reports in order; what this session has not been shown yet is audited first.

    Args:
        service: the shared parts.
        person: who looks.
        organisation, audience: whose they are.
        shown: what this session has been shown.
        only: open the lines of these reports alone.

    Raises NotThere, StoreError.
    """
    allow(person, organisation, audience)
    found = queue_lines.read(service, organisation, audience, only)
    lines = tuple(
        found.lines[each] for each in found.order if (only is None or each in only) and each in found.lines
    )  # fmt: skip
    _note_looks(service, person, organisation, audience, shown, lines)
    return Queue(lines, found.now, audience, found.order, found.waiting, found.more)


def waiting(service: Service, person: SignedIn, organisation: str, audience: str) -> list[tuple[int, int]]:
    """Each report that nobody has as (rank, since when it waits): no content, no id. Raises NotThere, StoreError."""
    allow(person, organisation, audience)
    with service.database.read() as tx:
        found = desk_items.standing(tx, organisation, audience, MOST_LINES)
    return [(each.rank, each.clock_at) for each in found if each.holder is None and each.rank != MOVED]


def find(tx: Transaction, person: SignedIn, organisation: str, report_id: str) -> Item:
    """A report's line, for whom it is there. Raises NotThere."""
    for audience in sorted({AUDIENCES[role] for role in HANDLERS if person.has(organisation, role)}):
        item = desk_items.get(tx, report_id, organisation, audience)
        if item is not None:
            return item
    raise NotThere


def report(service: Service, person: SignedIn, organisation: str, report_id: str) -> Report:
    """One report with all that belongs to it. Raises NotThere, StoreError, VaultError."""
    with service.database.read() as tx:
        item = find(tx, person, organisation, report_id)
    audit.looked(service, person, organisation, item.audience, "report", [(report_id, item.revision)], "handling")
    with service.database.read() as tx:
        item = find(tx, person, organisation, report_id)
        stored = _stored(tx, item)
        names = _names(tx, [item])
        own, written = texts.of_report(tx, report_id), desk_items.notes(tx, report_id)
        names |= {row.person_id: queue_lines.name(tx, row.person_id) for row in written}
    line = _line(service, item, stored, names)
    if line is None or stored is None:
        raise NotThere
    if item.holder == person.person_id and item.claimed_revision != item.revision:
        with service.database.write() as tx:
            desk_items.saw(tx, report_id, person.person_id)
    key = _key(service, item, stored[1])
    language = str((line.document.get("facts") or {}).get("language") or "en")
    with service.database.read() as tx:
        there = colleagues.at_desk(tx, organisation, item.audience, person.person_id, language)
    return Report(
        line=line,
        sent=tuple(
            Sent(
                _opened(key, row.body, texts.place(row.token)),
                row.purpose,
                row.state,
                row.status,
                row.tried_at or row.due_at,
            )
            for row in own
        ),
        notes=tuple(
            Note(names[row.person_id], row.at, _opened(key, row.body, desk_items.note_place(row.token)))
            for row in written
        ),
        colleagues=tuple((one.id, one.label) for one in there),
        now=milliseconds(service.clock.now()),
    )


def opened_lines(service: Service, tx: Transaction, items: list[Item]) -> list[Line]:
    """Lines with their newest documents; only after the look at them is written (R10)."""
    names = _names(tx, items)
    found = [_line(service, item, _stored(tx, item), names) for item in items]
    return [line for line in found if line is not None]


def marks(service: Service, organisation: str, audience: str) -> list[tuple[str, int]]:
    """What tells whether the queue has changed: ids and counters, no content. Raises the driver's errors."""
    return desk_items.marks(service.database.look(), organisation, audience, MOST_LINES)


def allow(person: SignedIn, organisation: str, audience: str) -> None:
    """Raises NotThere unless the person is of the audience there."""
    if not any(person.has(organisation, role) for role in HANDLERS if AUDIENCES[role] == audience):
        raise NotThere


def _note_looks(
    service: Service, person: SignedIn, organisation: str, audience: str, shown: Shown, lines: Sequence[Line]
) -> None:
    """Audits the lines that this session has not been shown at their revision yet, and takes them as shown."""
    now = {line.item.report_id: line.item.revision for line in lines}
    new = [(report_id, revision) for report_id, revision in now.items() if shown.revisions.get(report_id) != revision]
    if new:
        audit.looked(service, person, organisation, audience, "queue", new, "queue")
    shown.revisions |= now


def _stored(tx: Transaction, item: Item) -> StoredLine | None:
    row = reports.get(tx, item.report_id)
    wrapped = reports.wrapped_key(tx, item.report_id)
    sealed = reports.sealed_document(tx, item.report_id, row.revision) if row is not None else None
    return None if row is None or wrapped is None or sealed is None else (row, wrapped, sealed[0])


def _line(service: Service, item: Item, stored: StoredLine | None, names: dict[str, str]) -> Line | None:
    if stored is None:
        return None
    row, wrapped, sealed = stored
    try:
        key = _key(service, item, wrapped)
        document = orjson.loads(key.open(sealed, reports.document_place(row.id, row.revision)))
    except VaultError:
        document = {}
    holder = names.get(item.holder) if item.holder else None
    return Line(item, row.reference, row.status, row.state, document, holder)


def _key(service: Service, item: Item, wrapped: bytes) -> DataKey:
    audience = "confidential" if item.audience == "confidential" else "content"
    return service.ring.unwrap(audience, item.report_id, wrapped, reports.key_place(item.report_id))


def _opened(key: DataKey, sealed: bytes, place: Any) -> str:
    """Words; empty where their key has been destroyed since (R9)."""
    try:
        return key.open(sealed, place).decode()
    except VaultError:
        return ""


def _names(tx: Transaction, items: list[Item]) -> dict[str, str]:
    return {holder: queue_lines.name(tx, holder) for holder in {item.holder for item in items if item.holder}}
