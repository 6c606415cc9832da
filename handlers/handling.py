"""What staff do with a report: claim, release, transfer, note, number, close, write, hand back.

    NotDone     it was not done; `why` is one of `WHYS`, `holder` who has the report

Each change is one transaction with its audit row (R10), and a claim is one statement: of two at once one has it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from conversations.texts import normalise
from handlers import answer_clock, audit, desk, replies, staff
from handlers.ports import Doorbell
from handlers.records import desk_items, people, reports, shifts
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn

MOST_HELD: Final = 12
LONGEST_NOTE: Final = 4000
OUTCOMES: Final = {
    "attended": "Somebody went there",
    "advice": "Answered with advice",
    "passed_on": "Passed on to another force or operator",
    "recorded": "Recorded, nothing more to do now",
    "no_reply": "No reply from the reporter",
    "duplicate": "The same as another report",
    "not_for_us": "Not for us",
}
WHYS: Final = {
    "taken": "somebody else has it",
    "closed": "it is closed",
    "cap": f"you have {MOST_HELD} open reports; release one first",
    "not_yours": "claim it first",
    "away": "they are not signed in; the report would lie where nobody reads it",
    "full": f"they have {MOST_HELD} open reports",
    "when": "choose by when",
    "kept": "that promise is kept already",
    "review": "somebody has read it already, or it was not drawn",
    "busy": "real reports wait; an exercise would be in their way",
    "many_exercises": "there are enough exercises on the desk",
    "script": "there is no such exercise",
    "handover": "it is withdrawn, or somebody has accepted it",
    "news": "the reporter has written since you began; read it, then send again",
    "nobody": "there is no such colleague for this report",
    "empty": "there is nothing to keep",
    "long": "it is too long",
    "outcome": "choose how it ended",
    "nothing": "no other report was chosen",
    "labels": "it has as many labels as it can have",
    "views": "you have as many saved views as you can have; drop one first",
    "blank": "a blank in braces is left; fill it in",
    "moved": "one of them is handled elsewhere",
    "many": "that would join more reports than can be answered together",
    "number": "an incident number is made of letters, digits, blanks and - / . and has 40 of them at most",
}
_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z /.-]{0,39}")


class NotDone(Exception):
    """It was not done.

    Args:
        why: one of `WHYS`.
        holder: who has the report, as shown.
    """

    def __init__(self, why: str, holder: str | None = None) -> None:
        super().__init__(WHYS[why])
        self.why = why
        self.holder = holder


def claim(service: Service, person: SignedIn, organisation: str, report_id: str) -> None:
    """Takes a report that nobody has; again it changes nothing. Raises NotDone, NotThere, StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk.find(tx, person, organisation, report_id)
        words_due = now + answer_clock.WORDS
        if desk_items.claim(tx, report_id, person.person_id, now=now, words_due=words_due, cap=MOST_HELD):
            _audited(tx, person, item, "claim", now)
            return
        item = desk.find(tx, person, organisation, report_id)
        if item.closed_at is not None:
            raise NotDone("closed")
        if item.holder is None:
            raise NotDone("cap")
        if item.holder != person.person_id:
            row = people.by_id(tx, item.holder)
            raise NotDone("taken", None if row is None else row.shown)


def release(service: Service, person: SignedIn, organisation: str, report_id: str) -> None:
    """Gives a report back to the queue, whose clock begins anew. Raises NotDone, NotThere, StoreError."""

    def change(tx: Transaction, item: Item, now: int) -> bool:
        due = answer_clock.next_due(item.rank, 0, now) or now
        return desk_items.release(tx, report_id, person.person_id, now=now, due=due)

    _change(service, person, organisation, report_id, "release", change)


def release_all(service: Service, person: SignedIn) -> int:
    """Gives everything back at sign-off; returns how many. Raises StoreError."""
    with service.database.read() as tx:
        held = desk_items.held_by(tx, person.person_id)
    for item in held:
        with suppress(NotDone, desk.NotThere):  # somebody was faster
            release(service, person, item.organisation, item.report_id)
    return len(held)


def transfer(service: Service, person: SignedIn, organisation: str, report_id: str, to: str) -> None:
    """Hands a report to a colleague who may see it. Raises NotDone, NotThere, StoreError."""

    def change(tx: Transaction, item: Item, now: int) -> bool:
        fitting = [role for role, audience in desk.AUDIENCES.items() if audience == item.audience]
        if not any(to == one for role in fitting for one, _ in people.with_role(tx, organisation, role)):
            raise NotDone("nobody")
        if shifts.sessions(tx, to) == 0:
            raise NotDone("away")
        held_there = [row for row in shifts.loads(tx, organisation, item.audience) if row[0] == to]
        if sum(count for _, _, count, _ in held_there) >= MOST_HELD:  # of this audience alone (R8)
            raise NotDone("full")
        return desk_items.transfer(tx, report_id, person.person_id, to, now=now, words_due=now + answer_clock.WORDS)

    _change(service, person, organisation, report_id, "transfer", change, to_whom=to)


def add_note(service: Service, person: SignedIn, organisation: str, report_id: str, body: str, *, key: str) -> None:
    """Keeps a note beside a report, sealed; `key` counts once. Raises NotDone, NotThere, StoreError, VaultError."""
    words, _ = normalise(body)
    if not words.strip() or len(words) > LONGEST_NOTE:
        raise NotDone("long" if words.strip() else "empty")
    token = hashlib.sha256(f"{report_id}:{person.person_id}:{key}".encode()).hexdigest()[:32]
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk.find(tx, person, organisation, report_id)
        if any(row.token == token for row in desk_items.notes(tx, report_id)):
            return
        wrapped = reports.wrapped_key(tx, report_id)
        if wrapped is None:
            raise desk.NotThere
        audience = "confidential" if item.audience == "confidential" else "content"
        sealing = service.ring.unwrap(audience, report_id, wrapped, reports.key_place(report_id))
        body_sealed = sealing.seal(words.encode(), desk_items.note_place(token))
        _audited(tx, person, item, "note", now)
        desk_items.add_note(tx, token, report_id, person.person_id, body_sealed, now)
        desk_items.act(tx, report_id, person.person_id, now)


def set_incident(service: Service, person: SignedIn, organisation: str, report_id: str, number: str) -> None:
    """Notes the control room's own number, empty for none. Raises NotDone, NotThere, StoreError."""
    given = number.strip() or None
    if given is not None and not _NUMBER.fullmatch(given):
        raise NotDone("number")

    def change(tx: Transaction, item: Item, now: int) -> bool:
        done = desk_items.number(tx, report_id, person.person_id, given)
        desk_items.act(tx, report_id, person.person_id, now)
        return done

    _change(service, person, organisation, report_id, "incident", change)


def close(service: Service, person: SignedIn, organisation: str, report_id: str, outcome: str) -> None:
    """Closes a report. Raises NotDone, NotThere, StoreError."""
    if outcome not in OUTCOMES:
        raise NotDone("outcome")

    def change(tx: Transaction, item: Item, now: int) -> bool:
        desk_items.act(tx, report_id, person.person_id, now)
        return desk_items.close(tx, report_id, person.person_id, outcome, now)

    _change(service, person, organisation, report_id, "close", change, why=outcome)


def write(
    service: Service, doorbell: Doorbell, person: SignedIn, organisation: str, report_id: str, text: str, *, key: str,
    sure: bool = False,
) -> None:  # fmt: skip
    """Texts the reporter, from the person who has the report; audited first.

    Raises NotDone, NotSaid, NotThere, StoreError.
    """
    if replies.has_blanks(text):
        raise NotDone("blank")
    _disclosing(service, person, organisation, report_id, "reply")
    staff.say(service, doorbell, report_id, text, key=f"{person.person_id}:{key}", sure=sure)
    with service.database.write() as tx:
        desk_items.act(tx, report_id, person.person_id, milliseconds(service.clock.now()))


def hand_back(service: Service, doorbell: Doorbell, person: SignedIn, organisation: str, report_id: str) -> str | None:
    """Lets the questions go on; returns what the reporter is texted. Raises as `write` does."""
    _disclosing(service, person, organisation, report_id, "hand_back")
    return staff.hand_back(service, doorbell, report_id)


def _disclosing(service: Service, person: SignedIn, organisation: str, report_id: str, what: str) -> None:
    """The audit row of a text to the reporter: an intent, committed before anything is sent."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = held(tx, person, organisation, report_id)
        audit.changed(
            tx, person.person_id, item.organisation, item.audience, audit.DISCLOSURE, what, report_id,
            now=now, why="thread", revision=item.revision, to_whom="reporter",
        )  # fmt: skip


def _change(
    service: Service, person: SignedIn, organisation: str, report_id: str, what: str,
    change: Callable[[Transaction, Item, int], bool], *, why: str = "handling", to_whom: str | None = None,
) -> None:  # fmt: skip
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = held(tx, person, organisation, report_id)
        _audited(tx, person, item, what, now, why, to_whom)
        if not change(tx, item, now):
            raise NotDone("not_yours")


def held(tx: Transaction, person: SignedIn, organisation: str, report_id: str) -> Item:
    """The line of a report that the person has and that is open. Raises NotDone, NotThere."""
    item = desk.find(tx, person, organisation, report_id)
    if item.closed_at is not None:
        raise NotDone("closed")
    if item.holder != person.person_id:
        raise NotDone("not_yours")
    return item


def _audited(
    tx: Transaction, person: SignedIn, item: Item, what: str, now: int, why: str = "handling", to: str | None = None
) -> None:
    audit.changed(
        tx, person.person_id, item.organisation, item.audience, audit.ALTERATION, what, item.report_id,
        now=now, why=why, revision=item.revision, to_whom=to,
    )  # fmt: skip
