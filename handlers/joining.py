"""Several reports of one incident: suggested with reasons, joined by a person, taken apart again, answered together.

Only reports of one organisation, one audience and one status (live, exercise, test) can be joined (R8). To join
claims what nobody has, for its answer clock would run on; what a colleague has stays theirs. Join and split are written
in the audit as `combination`, a row for each report (R10).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from handlers import alike, answer_clock, audit, desk, handling, replies, staff, turns
from handlers.alike import Likeness
from handlers.handling import NotDone
from handlers.ports import Doorbell
from handlers.queue_lines import Line
from handlers.records import desk_items, joined, people, reports
from handlers.records.database import Transaction
from handlers.records.desk_items import MOVED, Item
from handlers.records.joined import LineRow, NearRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.staff import NotSaid
from handlers.vault import VaultError

MOST_OPEN: Final = 50
MOST_CLOSED: Final = 25
MOST_SUGGESTED: Final = 5
MOST_JOINED: Final = 30
CLOSED_SECONDS: Final = 2 * 3600


class Other(Struct, frozen=True):
    """Another report of the same incident, or one that may be; `why` is what speaks against texting its reporter."""

    item: Item
    reference: str
    status: str
    document: dict[str, Any]
    holder: str | None
    likeness: Likeness | None = None
    why: str | None = None


class Around(Struct, frozen=True):
    """What belongs to a report: those joined to it, and those that may be of the same incident, likeliest first."""

    joined: tuple[Other, ...]
    suggested: tuple[Other, ...]


class Told(Struct, frozen=True):
    """What became of one reply to one reporter; `why` is empty where it was sent."""

    reference: str
    language: str
    why: str = ""


def report(
    service: Service, person: SignedIn, organisation: str, report_id: str
) -> tuple[desk.Report, Around]:  # fmt: skip
    """One report, what is joined to it and what is suggested; the look at all of it is written first, in one commit.

    Raises NotThere, StoreError, VaultError.
    """
    near: list[Around] = []

    def beside(tx: Transaction, line: Line) -> list[tuple[str, int]]:
        near.append(_around(service, tx, organisation, line))
        return [(one.item.report_id, one.item.revision) for one in (*near[0].joined, *near[0].suggested)]

    found = desk.report(service, person, organisation, report_id, beside)
    return found, Around(tuple(_checked(service, person, one) for one in near[0].joined), near[0].suggested)


def _around(service: Service, tx: Transaction, organisation: str, line: Line) -> Around:
    """What is joined to a line and what is suggested, before anybody is shown it."""
    item, since = line.item, milliseconds(service.clock.now()) - CLOSED_SECONDS * 1000
    if item.rank == MOVED:
        return Around((), ())
    incident = joined.incident_of(tx, item.report_id)
    members = joined.members(tx, incident) if incident else []
    apart = joined.apart_from(tx, item.report_id)
    rows = joined.near(
        tx, organisation, item.audience, at=item.since, since=since, most_open=MOST_OPEN, most_closed=MOST_CLOSED
    )
    known = {item.report_id, *members, *apart}
    others = [row for row in rows if row.report_id not in known and row.rank != MOVED and row.status == line.status]
    with_it = [_other(service, tx, item, each, None) for each in members if each != item.report_id]
    return Around(
        tuple(one for one in with_it if one is not None and one.status == line.status),
        _suggested(service, tx, line, others),
    )


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
            found = joined.line(tx, organisation, item.audience, report_id)
    except desk.NotThere:
        return Told("", "", "it is not here any more")
    reference = row.reference if row is not None else ""
    document = _document(service, found) if found is not None else {}
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


def _suggested(service: Service, tx: Transaction, line: Line, others: Sequence[NearRow]) -> tuple[Other, ...]:
    if not line.document:
        return ()
    documents, mine, found = service.shared.documents, alike.sight(line.document), list[tuple[NearRow, Likeness]]()
    for row in others:
        theirs = documents.read(tx, line.item.audience, row.report_id, row.revision, row.key)
        if not theirs:
            continue
        sight = documents.made(row.report_id, row.revision, theirs, "sight", partial(alike.sight, theirs))
        likeness = alike.likeness(mine, sight)
        if likeness is not None:
            found.append((row, likeness))
    found.sort(key=lambda each: (-each[1].weight, each[0].since))
    shown = [_other(service, tx, line.item, row.report_id, likeness) for row, likeness in found[:MOST_SUGGESTED]]
    return tuple(one for one in shown if one is not None)


def _other(
    service: Service, tx: Transaction, item: Item, report_id: str, likeness: Likeness | None
) -> Other | None:  # fmt: skip
    """Another line of the same queue; None where it is not there."""
    row = joined.line(tx, item.organisation, item.audience, report_id)
    if row is None:
        return None
    holder = people.by_id(tx, row.item.holder) if row.item.holder else None
    shown = holder.shown if holder is not None else None
    return Other(row.item, row.reference, row.status, _document(service, row), shown, likeness)


def _checked(service: Service, person: SignedIn, other: Other) -> Other:
    """The same with what speaks against texting its reporter, told before anything is sent."""
    try:
        why = staff.standing(service, other.item.report_id).why
    except (turns.Lost, VaultError):
        why = "lost"
    said = staff.REASONS[why] if why else None
    if other.item.closed_at is not None:
        said = "it is closed"
    elif other.item.holder != person.person_id:
        said = f"{other.holder or 'nobody'} has it"
    return replace(other, why=said)


def _document(service: Service, row: LineRow) -> dict[str, Any]:
    """A line's newest document; empty where it cannot be opened."""
    item = row.item
    return service.shared.documents.open(item.audience, item.report_id, row.revision, row.key, row.document)


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
