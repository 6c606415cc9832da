"""The questions rest while somebody writes to a reporter, and go on where nothing was sent.

The page says that somebody writes, at the first letter and again as long as keys are pressed; what is written stays
there. The questions go on when the page says that nothing is left to send, a minute after the last key, and after five
minutes whatever is pressed: nobody texts into silence for longer. The reporter is asked again only where they have
texted meanwhile.
"""

from __future__ import annotations

import logging
from typing import Final

from handlers import audit, desk, handling, staff, turns
from handlers.handling import NotDone
from handlers.ports import Doorbell
from handlers.records import typing
from handlers.records.typing import TypingRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.staff import NotSaid
from handlers.vault import VaultError

SECONDS: Final = 60
MOST_SECONDS: Final = 300
_RENEWED: Final = 20_000  # milliseconds in which nothing is written anew
_AT_ONCE: Final = 50

log = logging.getLogger("quietline.desk")


def begin(service: Service, person: SignedIn, organisation: str, report_id: str) -> bool:
    """Notes that the person who has a report writes to its reporter; False where nothing rests by it.

    Audited once, when the questions begin to rest. Raises NotThere, StoreError.
    """
    now = milliseconds(service.clock.now())
    with service.database.read() as tx:
        known = typing.find(tx, report_id)
    if known is not None and known.person_id == person.person_id:
        return _renew(service, report_id, known, now)
    try:
        standing = staff.standing(service, report_id)
        if standing.why is not None or standing.staffed:
            return False
        with service.database.write() as tx:
            item = handling.held(tx, person, organisation, report_id)
            audit.changed(
                tx, person.person_id, item.organisation, item.audience, audit.ALTERATION, "typing", report_id,
                now=now, why="thread", revision=item.revision,
            )  # fmt: skip
            staff.typing(service, tx, report_id)
            typing.keep(tx, report_id, TypingRow(person.person_id, now, now + SECONDS * 1000))
    except (NotDone, turns.Lost, VaultError):
        return False
    return True


def _renew(service: Service, report_id: str, known: TypingRow, now: int) -> bool:
    until = min(now + SECONDS * 1000, known.began_at + MOST_SECONDS * 1000)
    if until - known.until_at >= _RENEWED:
        with service.database.write() as tx:
            if typing.find(tx, report_id) == known:
                typing.keep(tx, report_id, TypingRow(known.person_id, known.began_at, until))
    return True


def end(service: Service, doorbell: Doorbell, person: SignedIn, organisation: str, report_id: str) -> None:
    """Nothing is left to send: the questions go on. Raises NotThere, StoreError."""
    with service.database.read() as tx:
        item = desk.find(tx, person, organisation, report_id)
        known = typing.find(tx, report_id)
    if known is not None and known.person_id == person.person_id:
        _go_on(service, doorbell, item.organisation, item.audience, report_id, person.person_id)


def run_due(service: Service, doorbell: Doorbell) -> int:
    """Lets the questions go on where nobody has pressed a key for a minute; returns how many. Raises StoreError.

    Run by the sweep; safe to run twice.
    """
    now = milliseconds(service.clock.now())
    with service.database.read() as tx:
        found = typing.due(tx, now, now + MOST_SECONDS * 1000, _AT_ONCE)
    for one in found:
        _go_on(service, doorbell, one.organisation, one.audience, one.report_id, None)
    return len(found)


def _go_on(
    service: Service, doorbell: Doorbell, organisation: str, audience: str, report_id: str, person_id: str | None
) -> None:
    """The row goes last: killed in between, the next round finds it again."""
    try:
        with service.database.write() as tx:
            audit.changed(
                tx, person_id, organisation, audience, audit.DISCLOSURE, "hand_back", report_id,
                now=milliseconds(service.clock.now()), why="unsent", to_whom="reporter",
            )  # fmt: skip
        staff.hand_back(service, doorbell, report_id, unsent=True)
    except NotSaid:
        pass  # the conversation is over
    except (turns.Lost, VaultError) as error:
        log.error("the questions do not go on after a person (%s)", type(error).__name__)
    with service.database.write() as tx:
        typing.end(tx, report_id)
