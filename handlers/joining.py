"""Several reports of one incident: suggested with reasons, joined by a person, taken apart again, answered together.

Only reports of one organisation, one audience and one status (live, exercise, test) can be joined (R8). To join
claims what nobody has, for its answer clock would run on; what a colleague has stays theirs. Join and split are written
in the audit as `combination`, a row for each report (R10).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handlers import alike, answer_clock, audit, desk, handling, replies, staff
from handlers.alike import Likeness
from handlers.handling import NotDone
from handlers.ports import Doorbell
from handlers.records import desk_items, joined, people, reports
from handlers.records.database import Transaction
from handlers.records.desk_items import MOVED, Item
from handlers.records.joined import LineRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.staff import NotSaid

MOST_OPEN: Final = 50
MOST_CLOSED: Final = 25
MOST_SUGGESTED: Final = 5
MOST_JOINED: Final = 30
CLOSED_SECONDS: Final = 2 * 3600


@dataclass(frozen=True, slots=True)
class Other:
    """Another report of the same incident, or one that may be; `why` is what speaks against texting its reporter."""

    item: Item
    reference: str
    document: dict[str, Any]
    holder: str | None
    likeness: Likeness | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to a report: those joined to it, and those that may be of the same incident, likeliest first."""

    joined: tuple[Other, ...]
    suggested: tuple[Other, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one reply to one reporter; `why` is empty where it was sent."""

    reference: str
    language: str
    why: str = ""


def around(service: Service, person: SignedIn, organisation: str, found: desk.Report) -> Around:
    """What is joined to a report and what is suggested; the looks are audited first. Raises NotThere, StoreError."""
    item, status = found.line.item, found.line.status
    if item.rank == MOVED:
        return Around((), ())
    since = milliseconds(service.clock.now()) - CLOSED_SECONDS * 1000
    with service.database.read() as tx:
        incident = joined.incident_of(tx, item.report_id)
        members = joined.members(tx, incident) if incident else []
        apart = joined.apart_from(tx, item.report_id)
        rows = joined.near(
            tx, organisation, item.audience, at=item.since, since=since, most_open=MOST_OPEN, most_closed=MOST_CLOSED
        )
        rows += _missing(tx, organisation, item.audience, members, rows)
        names = {row.id: row.shown for row in _holders(tx, rows)}
    others = [row for row in rows if row.item.report_id != item.report_id and row.status == status]
    with_it = [_other(service, row, names, None) for row in others if row.item.report_id in members]
    suggested = _suggested(service, found.line.document, others, {*members, *apart}, names)
    seen = [(one.item.report_id, one.item.revision) for one in (*with_it, *suggested)]
    if seen:
        audit.looked(service, person, organisation, item.audience, "joined", seen, "handling")
    return Around(tuple(_checked(service, person, one) for one in with_it), tuple(suggested))


def join(service: Service, person: SignedIn, organisation: str, report_id: str, others: Sequence[str]) -> None:
    """Joins reports to one that the person has; claims those that nobody has.

    Raises NotDone, NotThere, StoreError.
    """
    now = milliseconds(service.clock.now())
    wanted = [each for each in dict.fromkeys(others) if each != report_id]
    if not wanted:
        raise NotDone("nothing")
    with service.database.write() as tx:
        for each in sorted([report_id, *wanted]):
            joined.touch(tx, each)
        item = handling.held(tx, person, organisation, report_id)
        status = _status(tx, report_id)
        incident = joined.incident_of(tx, report_id) or secrets.token_hex(8)
        moving = [report_id]
        for each in wanted:
            other = desk.find(tx, person, organisation, each)
            if other.audience != item.audience or _status(tx, each) != status:
                raise desk.NotThere
            if MOVED in (item.rank, other.rank):
                raise NotDone("moved")
            theirs = joined.incident_of(tx, each)
            moving += joined.members(tx, theirs) if theirs else [each]
            _claim(tx, person, other, now)
        if len({*moving, *joined.members(tx, incident)}) > MOST_JOINED:
            raise NotDone("many")
        for each in dict.fromkeys(moving):
            joined.put(tx, each, incident, person.person_id, now)
            joined.not_apart(tx, report_id, each)
            _combined(tx, person, item, each, "join", now, incident)
        desk_items.act(tx, report_id, person.person_id, now)


def split(service: Service, person: SignedIn, organisation: str, report_id: str, other_id: str) -> None:
    """Takes one report out of the incident it shares with another, or says that a suggestion is wrong.

    Raises NotDone, NotThere, StoreError.
    """
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        for each in sorted({report_id, other_id}):
            joined.touch(tx, each)
        item = desk.find(tx, person, organisation, report_id)
        other = desk.find(tx, person, organisation, other_id)
        if other.audience != item.audience or other_id == report_id:
            raise desk.NotThere
        if item.holder != person.person_id:
            raise NotDone("not_yours")
        incident = joined.incident_of(tx, other_id)
        if incident is not None and incident == joined.incident_of(tx, report_id):
            joined.take(tx, other_id)
            _combined(tx, person, item, other_id, "split", now, incident)
            left = joined.members(tx, incident)
            if len(left) == 1:
                joined.take(tx, left[0])
        else:
            _combined(tx, person, item, other_id, "not_the_same", now, None)
        joined.set_apart(tx, report_id, other_id)


def write_all(
    service: Service, doorbell: Doorbell, person: SignedIn, organisation: str, report_id: str,
    texts: Mapping[str, str], *, key: str, sure: bool = False,
) -> list[Told]:  # fmt: skip
    """Texts every reporter of an incident, each in their language; returns what became of each.

    Args:
        service, doorbell: as everywhere.
        person: who has the reports; a colleague's are left out.
        organisation, report_id: one report of the incident.
        texts: by language, with slots in braces, filled from each report's own facts.
        key: of this one wish to say it; the same again changes nothing.
        sure: R1's words past a lock screen's letters have been seen.

    A text that R1 forbids or that is too long stops all of it. Raises NotDone, NotSaid, NotThere, StoreError.
    """
    given = {language: text for language, text in texts.items() if text.strip()}
    for text in given.values() or [""]:
        staff.check_words(replies.without_slots(text), sure=sure)
    with service.database.read() as tx:
        handling.held(tx, person, organisation, report_id)
        incident = joined.incident_of(tx, report_id)
        members = joined.members(tx, incident) if incident else [report_id]
    return [_told(service, doorbell, person, organisation, each, given, key, sure) for each in members]


def members(service: Service, report_id: str) -> list[str]:
    """The reports of its incident, itself alone where it is joined to none. Raises StoreError."""
    with service.database.read() as tx:
        incident = joined.incident_of(tx, report_id)
        return joined.members(tx, incident) if incident else [report_id]


def _told(
    service: Service, doorbell: Doorbell, person: SignedIn, organisation: str, report_id: str,
    texts: Mapping[str, str], key: str, sure: bool,
) -> Told:  # fmt: skip
    try:
        with service.database.read() as tx:
            item = desk.find(tx, person, organisation, report_id)
            row = reports.get(tx, report_id)
            holder = people.by_id(tx, item.holder) if item.holder else None
            found = _missing(tx, organisation, item.audience, [report_id], [])
    except desk.NotThere:
        return Told("", "", "it is not here any more")
    reference = row.reference if row is not None else ""
    document = _document(service, found[0]) if found else {}
    language = str((document.get("facts") or {}).get("language") or "en")
    if item.closed_at is None and item.holder != person.person_id:
        return Told(reference, language, f"{holder.shown if holder else 'nobody'} has it")
    text = texts.get(language)
    if text is None:
        return Told(reference, language, "nothing was written in their language")
    body, missing = replies.filled(text, replies.slots(document, item.incident))
    if missing:
        return Told(reference, language, f"not known for this one: {', '.join(missing)}")
    try:
        handling.write(service, doorbell, person, organisation, report_id, body, key=key, sure=sure)
    except (NotSaid, NotDone) as refused:
        return Told(reference, language, str(refused))
    return Told(reference, language)


def _suggested(
    service: Service, document: Mapping[str, Any], others: list[LineRow], known: set[str], names: Mapping[str, str]
) -> list[Other]:
    if not document:
        return []
    mine, found = alike.sight(document), []
    for row in others:
        if row.item.report_id in known or row.item.rank == MOVED:
            continue
        theirs = _document(service, row)
        if theirs and (likeness := alike.likeness(mine, alike.sight(theirs))) is not None:
            found.append(_other(service, row, names, likeness, theirs))
    found.sort(key=lambda one: (-(one.likeness.weight if one.likeness else 0), one.item.since))
    return found[:MOST_SUGGESTED]


def _other(
    service: Service, row: LineRow, names: Mapping[str, str], likeness: Likeness | None,
    document: dict[str, Any] | None = None,
) -> Other:  # fmt: skip
    opened = _document(service, row) if document is None else document
    holder = names.get(row.item.holder) if row.item.holder else None
    return Other(row.item, row.reference, opened, holder, likeness)


def _checked(service: Service, person: SignedIn, other: Other) -> Other:
    """The same with what speaks against texting its reporter, told before anything is sent."""
    why = staff.standing(service, other.item.report_id).why
    said = staff.REASONS[why] if why else None
    if other.item.closed_at is not None:
        said = "it is closed"
    elif other.item.holder != person.person_id:
        said = f"{other.holder or 'nobody'} has it"
    return Other(other.item, other.reference, other.document, other.holder, other.likeness, said)


def _document(service: Service, row: LineRow) -> dict[str, Any]:
    """A line's newest document; empty where it cannot be opened."""
    item = row.item
    return service.shared.documents.open(item.audience, item.report_id, row.revision, row.key, row.document)


def _missing(
    tx: Transaction, organisation: str, audience: str, members: Sequence[str], rows: Sequence[LineRow]
) -> list[LineRow]:
    """The lines of members that are not among the rows, such as those closed long ago."""
    here = {row.item.report_id for row in rows}
    found = [joined.line(tx, organisation, audience, each) for each in members if each not in here]
    return [row for row in found if row is not None]


def _holders(tx: Transaction, rows: Sequence[LineRow]) -> list[people.PersonRow]:
    found = [people.by_id(tx, holder) for holder in {row.item.holder for row in rows if row.item.holder}]
    return [row for row in found if row is not None]


def _status(tx: Transaction, report_id: str) -> str | None:
    row = reports.get(tx, report_id)
    return None if row is None else row.status


def _claim(tx: Transaction, person: SignedIn, item: Item, now: int) -> None:
    """Takes a line that nobody has, as a claim does. Raises NotDone where the person has too many."""
    if item.holder is not None or item.closed_at is not None:
        return
    words_due = now + answer_clock.WORDS
    if not desk_items.claim(tx, item.report_id, person.person_id, now=now, words_due=words_due, cap=handling.MOST_HELD):
        raise NotDone("cap")
    audit.changed(
        tx, person.person_id, item.organisation, item.audience, audit.ALTERATION, "claim", item.report_id,
        now=now, why="joined", revision=item.revision,
    )  # fmt: skip


def _combined(
    tx: Transaction, person: SignedIn, item: Item, report_id: str, what: str, now: int, incident: str | None
) -> None:
    why = f"incident {incident}" if incident else item.report_id
    audit.changed(
        tx, person.person_id, item.organisation, item.audience, audit.COMBINATION, what, report_id, now=now, why=why
    )
