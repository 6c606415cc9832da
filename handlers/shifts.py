"""A shift and its end: what is still open, and who takes it over.

Who goes hands over to a named colleague, or to whoever comes next. Nothing changes hands before somebody accepts by an
action of their own; then all of it does, in one transaction: what the giver still has, and what went back to the queue
when they signed off. It may bring the next over the cap: nothing is left behind for a number.

Who signs off, or whose last session ends, gives everything back to the queue.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from conversations.texts import normalise
from handlers import answer_clock, audit, colleagues, desk, handling, promises
from handlers.colleagues import Colleague
from handlers.handling import NotDone
from handlers.promises import Promise
from handlers.queue_lines import Line
from handlers.records import desk_items, shifts, texts
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.records.shifts import HandoverRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import VaultError

LONGEST: Final = 2000
SHOWN_SECONDS: Final = 12 * 3600
KEPT_SECONDS: Final = 30 * 86400


class Held(Struct, frozen=True):
    """An open report in a shift. `waiting_since`: since when its reporter waits for a word of staff, None: does not."""

    line: Line
    waiting_since: int | None
    promises: tuple[Promise, ...]


class Offer(Struct, frozen=True):
    """A hand-over. `to` is None for whoever comes next; `accepted_at` None while nobody has accepted."""

    token: str
    by: str
    to: str | None
    at: int
    note: str
    held: tuple[Held, ...]
    accepted_at: int | None


class Shift(Struct, frozen=True):
    """What a person has, what is offered to them, what they offer, and what they took over lately."""

    held: tuple[Held, ...]
    offers: tuple[Offer, ...]
    mine: tuple[Offer, ...]
    taken: tuple[Offer, ...]
    colleagues: tuple[Colleague, ...]
    now: int


def shift(service: Service, person: SignedIn, organisation: str, audience: str) -> Shift:
    """The page of a shift; the look is written first (R10). Raises StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.read() as tx:
        own = _of_desk(desk_items.held_by(tx, person.person_id), organisation, audience)
        rows = _rows(tx, person, organisation, audience, now)
        items = {row.token: _items(tx, row) for found in rows for row in found}
    seen = {item.report_id: item.revision for item in (*own, *(item for found in items.values() for item in found))}
    look: list[tuple[str | None, int | None]] = [*seen.items()] or [(None, None)]
    audit.looked(service, person, organisation, audience, "shift", look, "handover")
    with service.database.read() as tx:
        offers, mine, taken = (tuple(_offer(service, tx, row, items[row.token]) for row in found) for found in rows)
        return Shift(
            held=_held(service, tx, own),
            offers=offers,
            mine=mine,
            taken=taken,
            colleagues=tuple(
                one for one in colleagues.of_desk(tx, organisation, audience) if one.id != person.person_id
            ),
            now=now,
        )


def hand_over(service: Service, person: SignedIn, organisation: str, audience: str, to: str, note: str) -> str:
    """Offers what a person has, with a note, to a colleague (their id) or to whoever comes next (empty).

    Returns its token. Raises NotDone, StoreError.
    """
    words, _ = normalise(note)
    if len(words) > LONGEST:
        raise NotDone("long")
    token, now = secrets.token_hex(16), milliseconds(service.clock.now())
    key, wrapped = service.ring.new_key(_purpose(audience), token, shifts.handover_place(token, "key"))
    sealed = key.seal(words.strip().encode(), shifts.handover_place(token, "body"))
    with service.database.write() as tx:
        if to and not any(one.id == to != person.person_id for one in colleagues.of_desk(tx, organisation, audience)):
            raise NotDone("nobody")
        items = _of_desk(desk_items.held_by(tx, person.person_id), organisation, audience)
        if not items and not words.strip():
            raise NotDone("empty")
        for before in shifts.mine(tx, organisation, audience, person.person_id):
            shifts.withdraw(tx, before.token, person.person_id, now)
        row = HandoverRow(
            token, organisation, audience, person.person_id, to or None, now, wrapped, sealed, None, None, None
        )
        for item in items:
            _audited(tx, person.person_id, item, "handover", now, to or "next")
        if not items:
            _noted(tx, person, organisation, audience, "handover", now)
        shifts.hand(tx, row, [item.report_id for item in items])
    return token


def withdraw(service: Service, person: SignedIn, organisation: str, audience: str, token: str) -> None:
    """Takes an offer back. Raises NotDone, StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        if shifts.handover(tx, organisation, audience, token) is None or not shifts.withdraw(
            tx, token, person.person_id, now
        ):
            raise NotDone("handover")
        _noted(tx, person, organisation, audience, "handover_withdrawn", now)


def accept(service: Service, person: SignedIn, organisation: str, audience: str, token: str) -> int:
    """Takes a hand-over: all of its open reports change hands at once; returns how many.

    What somebody else has claimed meanwhile stays with them. Raises NotDone, StoreError.
    """
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        row = shifts.handover(tx, organisation, audience, token)
        if row is None or not shifts.accept(tx, token, person.person_id, now):
            raise NotDone("handover")
        _noted(tx, person, organisation, audience, "handover_accepted", now)
        changed = 0
        for item in _items(tx, row):
            if not shifts.change_hands(
                tx, item.report_id, organisation=organisation, audience=audience, was=row.person_id,
                to=person.person_id, at=now, words_due=now + answer_clock.WORDS,
            ):  # fmt: skip
                continue
            _audited(tx, person.person_id, item, "handover_accepted", now, person.person_id)
            changed += 1
    return changed


def sign_off(service: Service, person: SignedIn) -> None:
    """Gives everything back when somebody signs off where they are signed in last. Raises StoreError."""
    with service.database.read() as tx:
        elsewhere = shifts.sessions(tx, person.person_id) > 1
    if not elsewhere:
        handling.release_all(service, person)


def release_gone(service: Service) -> int:
    """Gives back what people have whose sessions are over; returns how many reports. Run by the clock."""
    now = milliseconds(service.clock.now())
    with service.database.read() as look:
        if not shifts.gone(look):
            return 0
    released = 0
    with service.database.write() as tx:
        for person_id in shifts.gone(tx):
            for item in desk_items.held_by(tx, person_id):
                due = answer_clock.next_due(item.rank, 0, now) or now
                audit.changed(
                    tx, None, item.organisation, item.audience, audit.ALTERATION, "release", item.report_id,
                    now=now, why="session_over", revision=item.revision,
                )  # fmt: skip
                released += desk_items.release(tx, item.report_id, person_id, now=now, due=due)
    return released


def tidy(service: Service) -> None:
    """Forgets hand-overs of long ago. Raises StoreError."""
    with service.database.write() as tx:
        shifts.forget_handovers(tx, milliseconds(service.clock.now() - KEPT_SECONDS))


def _rows(
    tx: Transaction, person: SignedIn, organisation: str, audience: str, now: int
) -> tuple[list[HandoverRow], list[HandoverRow], list[HandoverRow]]:
    where = (organisation, audience, person.person_id)
    since = now - SHOWN_SECONDS * 1000
    return shifts.for_me(tx, *where), shifts.mine(tx, *where), shifts.taken(tx, *where, since)


def _of_desk(items: list[Item], organisation: str, audience: str) -> list[Item]:
    found = [item for item in items if item.organisation == organisation and item.audience == audience]
    return sorted(found, key=lambda item: (item.practice, item.rank, item.since))


def _items(tx: Transaction, row: HandoverRow) -> list[Item]:
    """The open reports of a hand-over."""
    found = [desk_items.get(tx, report, row.organisation, row.audience) for report in shifts.handed(tx, row.token)]
    return _of_desk([item for item in found if item and item.closed_at is None], row.organisation, row.audience)


def _held(service: Service, tx: Transaction, items: list[Item]) -> tuple[Held, ...]:
    return tuple(
        Held(
            line,
            waiting_since(tx, line.item.report_id, line.document),
            tuple(one for one in promises.opened(service, tx, line.item) if one.kept_at is None),
        )
        for line in desk.opened_lines(service, tx, items)
    )


def waiting_since(tx: Transaction, report_id: str, document: dict[str, Any]) -> int | None:
    """When the reporter last wrote, where no staff has written since. Milliseconds since 1970."""
    account = document.get("account") or []
    if not account:
        return None
    said = milliseconds(datetime.fromisoformat(account[-1]["at"].replace("Z", "+00:00")).timestamp())
    written = [row.tried_at or row.due_at for row in texts.of_report(tx, report_id) if row.purpose == "staff"]
    return said if said > max(written, default=0) else None


def _offer(service: Service, tx: Transaction, row: HandoverRow, items: list[Item]) -> Offer:
    try:
        key = service.ring.unwrap(_purpose(row.audience), row.token, row.key, shifts.handover_place(row.token, "key"))
        note = key.open(row.body, shifts.handover_place(row.token, "body")).decode()
    except VaultError:
        note = ""
    to = None if row.to_person is None else promises.shown(tx, row.to_person)
    by = promises.shown(tx, row.person_id)
    return Offer(row.token, by, to, row.at, note, _held(service, tx, items), row.accepted_at)


def _purpose(audience: str) -> str:
    return "confidential" if audience == "confidential" else "content"


def _audited(tx: Transaction, person_id: str, item: Item, what: str, now: int, to: str) -> None:
    audit.changed(
        tx, person_id, item.organisation, item.audience, audit.ALTERATION, what, item.report_id,
        now=now, why="handover", revision=item.revision, to_whom=to,
    )  # fmt: skip


def _noted(tx: Transaction, person: SignedIn, organisation: str, audience: str, what: str, now: int) -> None:
    audit.changed(tx, person.person_id, organisation, audience, audit.ALTERATION, what, None, now=now, why="handover")
