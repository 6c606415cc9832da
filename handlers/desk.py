"""What the control room sees: the queue, and one report. Nothing is returned before its audit row is committed.

Who sees what (R8): dispatchers and supervisors the reports of their organisation for the `desk`, the confidential
team those of the `confidential` audience. For everybody else a report is not there: `NotThere`, whatever the reason.

    NotThere    there is no such report for this person
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from msgspec import Struct, field

from handlers import audit, colleagues, queue_lines
from handlers.queue_lines import MOST_LINES, Line
from handlers.records import desk_items, reports, texts
from handlers.records.database import Transaction
from handlers.records.desk_items import MOVED, Item
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import DataKey, VaultError

AUDIENCES: Final = {"dispatcher": "desk", "supervisor": "desk", "confidential": "confidential"}
HANDLERS: Final = tuple(AUDIENCES)


class NotThere(Exception):
    """There is no such report for this person."""


Beside = Callable[[Transaction, "Line"], Iterable[tuple[str, int]]]
"""Of an opened line: which reports are shown beside it, and their revisions."""


class Queue(Struct, frozen=True):
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


class Note(Struct, frozen=True):
    """What somebody wrote beside a report."""

    by: str
    at: int
    body: str


class Sent(Struct, frozen=True):
    """A text of ours that was not an answer. `state` is ours, `status` the carrier's last word."""

    body: str
    purpose: str
    state: str
    status: str | None
    at: int


class Report(Struct, frozen=True):
    """One report as the desk shows it."""

    line: Line
    sent: tuple[Sent, ...]
    notes: tuple[Note, ...]
    colleagues: tuple[tuple[str, str], ...]
    now: int


class Shown(Struct):
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


def news(service: Service, person: SignedIn, organisation: str, audience: str) -> int:
    """How many of this person's reports there have news for them. Raises NotThere, StoreError."""
    allow(person, organisation, audience)
    with service.database.read() as tx:
        return desk_items.news(tx, organisation, audience, person.person_id)


def find(tx: Transaction, person: SignedIn, organisation: str, report_id: str) -> Item:
    """A report's line, for whom it is there. Raises NotThere."""
    for audience in sorted({AUDIENCES[role] for role in HANDLERS if person.has(organisation, role)}):
        item = desk_items.get(tx, report_id, organisation, audience)
        if item is not None:
            return item
    raise NotThere


def report(
    service: Service, person: SignedIn, organisation: str, report_id: str, beside: Beside = lambda tx, line: (),
) -> Report:  # fmt: skip
    """One report with all that belongs to it. The look is written in one commit before any of it is returned.

    Args:
        service: the shared parts.
        person: who looks.
        organisation, report_id: which report.
        beside: says which other reports the page shows with it, and their revisions: their look is written with its.

    Raises NotThere, StoreError, VaultError.
    """
    with service.database.read() as tx:
        item = find(tx, person, organisation, report_id)
        names = _names(tx, [item])
        own, written = texts.of_report(tx, report_id), desk_items.notes(tx, report_id)
        names |= {row.person_id: queue_lines.name(tx, row.person_id) for row in written}
        line, wrapped = _line(service, tx, item, names), reports.wrapped_key(tx, report_id)
        if line is None or wrapped is None:
            raise NotThere
        language = str((line.document.get("facts") or {}).get("language") or "en")
        there = colleagues.at_desk(tx, organisation, item.audience, person.person_id, language)
        others = list(beside(tx, line))
    is_news = item.holder == person.person_id and item.claimed_revision != item.revision
    audit.looked(
        service, person, organisation, item.audience, "report", [(report_id, item.revision)], "handling",
        beside=("joined", others),
        notes=(lambda tx: desk_items.saw(tx, report_id, person.person_id, item.revision)) if is_news else None,
    )  # fmt: skip
    key = _key(service, item, wrapped)
    return Report(
        line=line,
        sent=tuple(_sent(key, row) for row in own),
        notes=tuple(_note(key, row, names) for row in written),
        colleagues=tuple((one.id, one.label) for one in there),
        now=milliseconds(service.clock.now()),
    )


def look(service: Service, person: SignedIn, organisation: str, report_id: str, what: str) -> Line:
    """One report's line alone, once the look at `what` of it is written. Raises NotThere, StoreError."""
    with service.database.read() as tx:
        item = find(tx, person, organisation, report_id)
    audit.looked(
        service, person, organisation, item.audience, what, [(report_id, item.revision)], "handling"
    )  # fmt: skip
    with service.database.read() as tx:
        line = _line(service, tx, item, _names(tx, [item]))
    if line is None:
        raise NotThere
    return line


def desks(person: SignedIn) -> list[tuple[str, str]]:
    """The desks that somebody works at, as organisation and audience."""
    return [
        (organisation, audience)
        for organisation in person.organisations
        for audience in dict.fromkeys(AUDIENCES.values())
        if any(person.has(organisation, role) for role in roles_of(audience))
    ]


def opened_lines(service: Service, tx: Transaction, items: list[Item]) -> list[Line]:
    """Lines with their newest documents; only after the look at them is written (R10)."""
    names = _names(tx, items)
    found = [_line(service, tx, item, names) for item in items]
    return [line for line in found if line is not None]


def marks(service: Service, organisation: str, audience: str) -> list[tuple[str, int]]:
    """What tells whether the queue has changed: ids and counters, no content. Raises StoreError."""
    with service.database.read() as tx:  # as one transaction, which is cut where the server hangs
        return desk_items.marks(tx, organisation, audience, MOST_LINES)


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


def _line(service: Service, tx: Transaction, item: Item, names: dict[str, str]) -> Line | None:
    row = reports.get(tx, item.report_id)
    wrapped = reports.wrapped_key(tx, item.report_id)
    if row is None or wrapped is None:
        return None
    document = service.shared.documents.read(tx, item.audience, row.id, row.revision, wrapped)
    holder = names.get(item.holder) if item.holder else None
    return Line(item, row.reference, row.status, row.state, document, holder)


def _key(service: Service, item: Item, wrapped: bytes) -> DataKey:
    audience = "confidential" if item.audience == "confidential" else "content"
    return service.ring.unwrap(audience, item.report_id, wrapped, reports.key_place(item.report_id))


def _sent(key: DataKey, row: texts.OwnText) -> Sent:
    body = _opened(key, row.body, texts.place(row.token))
    return Sent(body, row.purpose, row.state, row.status, row.tried_at or row.due_at)


def _note(key: DataKey, row: desk_items.NoteRow, names: dict[str, str]) -> Note:
    return Note(names[row.person_id], row.at, _opened(key, row.body, desk_items.note_place(row.token)))


def _opened(key: DataKey, sealed: bytes, place: Any) -> str:
    """Words; empty where their key has been destroyed since (R9)."""
    try:
        return key.open(sealed, place).decode()
    except VaultError:
        return ""


def _names(tx: Transaction, items: list[Item]) -> dict[str, str]:
    return {holder: queue_lines.name(tx, holder) for holder in {item.holder for item in items if item.holder}}
