"""What the clocks do when nobody has come, or came and said nothing (`handlers.answer_clock`); run by the sweep.

Each step is taken by changing the line's row, so that two clocks take it once (F6), and stands in `desk_breaches`. The
second step tells the next contact and, while it lasts, whom alarms go to (`handlers.conditions`). The third, an honest
line to the reporter, keeps R4 as staff do: not after STOP or a refusal, not past 30 minutes, nothing in quiet mode. It
is not said where nobody works at the desk, nor where a control room has answered by its own system.

The second clock and promises have one step each: the line shows it, the supervisor's board lists it, the alarm is told.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Final

from handlers import answer_clock, audit, desk, resuming, turns
from handlers.acknowledgements import is_settled
from handlers.outbound import LATE_ANSWER_SECONDS, STAFF
from handlers.ports import Doorbell
from handlers.records import acknowledgements, conversations, desk_items, escalations, people, shifts, texts
from handlers.records import audit as chain
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.service import Service, milliseconds
from handlers.staff import WINDOW_SECONDS
from handlers.vault import VaultError

AT_ONCE: Final = 50
ALARMED, SUPERVISOR, TOLD = 1, 2, 3
KINDS: Final = {ALARMED: "alarm", SUPERVISOR: "supervisor", TOLD: "reporter"}
WORD: Final = "word"
PROMISE: Final = "promise"
HONEST: Final = {
    "en": "Nobody has been free to answer yet, sorry. Your texts are here and we keep trying. "
    "In danger ring 999 (can't speak? press 55).",
    "cy": "Does neb wedi gallu ateb eto, sori. Mae eich negeseuon yma a dyn ni'n dal i drio. "
    "Mewn perygl ffoniwch 999 (methu siarad? 55).",
}
"""Welsh not yet read by a speaker."""

log = logging.getLogger("quietline.desk")


def run_due(service: Service, doorbell: Doorbell) -> int:
    """Takes every step that is due; returns how many. Raises StoreError.

    Args:
        service: the shared parts.
        doorbell: rung for what the questions forward that go on where nobody has a report (`handlers.resuming`).
    """
    now = milliseconds(service.clock.now())
    taken, honest, left = 0, list[Item](), list[Item]()
    with service.database.write() as tx:
        for item in desk_items.due(tx, now, AT_ONCE):
            if item.clock_step + 1 == TOLD:
                honest.append(item)
            else:
                taken += _step(service, tx, item, now)
                left.append(item)
    for item in left:
        resuming.resume(service, doorbell, item)
    for item in honest:
        with service.database.write() as tx:
            _lock(tx, item)
            taken += _step(service, tx, item, now)
    return taken + _silent(service, now) + _overdue(service, now)


def _lock(tx: Transaction, item: Item) -> None:
    """The audit, the conversation, and only then the line, as staff and turns do: nobody waits in a circle."""
    chain.lock(tx)
    found = conversations.of_report(tx, item.report_id)
    if found is not None:
        conversations.take(tx, found)


def _step(service: Service, tx: Transaction, item: Item, now: int) -> bool:
    """Takes the line's next step; False where its clock has moved or stopped meanwhile."""
    step = item.clock_step + 1
    if not desk_items.step(tx, item, answer_clock.next_due(item.rank, step, item.clock_at)):
        return False
    if item.rank != desk_items.MOVED:
        _note(tx, item, KINDS[step], item.clock_at, now)
    if step == SUPERVISOR and not item.practice:
        escalations.hasten(tx, item.report_id, now)
    elif step == TOLD and _is_promised(tx, item):
        with tx.savepoint():
            _tell(service, tx, item)
    return True


def _silent(service: Service, now: int) -> int:
    """The second clock: who claimed and has neither written nor done anything in time."""
    with service.database.write() as tx:
        found = [Item(*row) for row in shifts.silent(tx, now, AT_ONCE)]
        for item in found:
            _note(tx, item, WORD, item.claimed_at or now, now)
            shifts.touch(tx, item.report_id)
    return len(found)


def _overdue(service: Service, now: int) -> int:
    """Promises that are past their time."""
    with service.database.read() as look:
        if not shifts.overdue(look, now, 1):
            return 0
    with service.database.write() as tx:
        found = shifts.overdue(tx, now, AT_ONCE)
        for one in found:
            shifts.breach(
                tx, one.report_id, PROMISE, one.at, organisation=one.organisation, audience=one.audience,
                practice=one.practice, person_id=one.person_id, at=now,
            )  # fmt: skip
            shifts.touch(tx, one.report_id)
    return len(found)


def _note(tx: Transaction, item: Item, kind: str, began: int, now: int) -> None:
    shifts.breach(
        tx, item.report_id, kind, began, organisation=item.organisation, audience=item.audience,
        practice=item.practice, person_id=item.holder, at=now,
    )  # fmt: skip


def _is_promised(tx: Transaction, item: Item) -> bool:
    """Whether somebody works at this desk, and no control room has answered elsewhere."""
    roles = desk.roles_of(item.audience)
    staffed = any(people.with_role(tx, item.organisation, role) for role in roles)
    return staffed and not is_settled(acknowledgements.of_report(tx, item.report_id))


def _tell(service: Service, tx: Transaction, item: Item) -> None:
    """Queues the honest line, where the reporter may be texted."""
    found = conversations.of_report(tx, item.report_id)
    row = conversations.take(tx, found) if found is not None else None
    if row is None or row.report_id != item.report_id:
        return
    try:
        opened = turns.open_row(service, row)
    except (turns.Lost, VaultError) as error:
        log.error("a reporter is not told that nobody came (%s)", type(error).__name__)
        return
    session, now = opened.session, service.clock.now()
    until = session.last_text + WINDOW_SECONDS
    unwanted = session.state == "stopped" or session.consent.get("contact") == "anonymous" or "silent" in session.marks
    token = hashlib.sha256(f"honest:{item.report_id}:{item.clock_at}".encode()).hexdigest()[:32]
    if unwanted or now >= until or texts.state_of(tx, token) is not None:
        return
    lapses_at = milliseconds(min(until, now + LATE_ANSWER_SECONDS))
    body = HONEST.get(session.language, HONEST["en"])
    audit.changed(
        tx, None, item.organisation, item.audience, audit.DISCLOSURE, "honest_line", item.report_id,
        now=milliseconds(now), why="answer_clock", revision=item.revision, to_whom="reporter",
    )  # fmt: skip
    texts.add(
        tx,
        token=token,
        conversation_id=row.id,
        report_id=item.report_id,
        channel=row.channel,
        purpose=STAFF,
        due_at=milliseconds(now),
        lapses_at=lapses_at,
        after_text_at=lapses_at,
        body=opened.report_key.seal(body.encode(), texts.place(token)),
    )
