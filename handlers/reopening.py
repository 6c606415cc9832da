"""A report that was closed too early is opened again by a person, who has it then."""

from __future__ import annotations

from handlers import answer_clock, audit, desk
from handlers.handling import MOST_HELD, NotDone
from handlers.records import desk_items
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn


def reopen(service: Service, person: SignedIn, organisation: str, report_id: str) -> None:
    """Opens a closed report and claims it, in one transaction; of two at once one has it. What is open stays as it is.

    Raises NotDone (`cap`, `closed` for an exercise), NotThere, StoreError.
    """
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk.find(tx, person, organisation, report_id)
        if item.practice:
            raise NotDone("closed")
        if not desk_items.reopen(tx, report_id, now):
            return
        words_due = now + answer_clock.WORDS
        if not desk_items.claim(tx, report_id, person.person_id, now=now, words_due=words_due, cap=MOST_HELD):
            raise NotDone("cap")
        audit.changed(
            tx, person.person_id, item.organisation, item.audience, audit.ALTERATION, "reopen", report_id,
            now=now, why="handling", revision=item.revision,
        )  # fmt: skip
