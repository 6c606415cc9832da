"""What the answer clock does when nobody has come (`handlers.answer_clock`); run by the sweep.

Each step is taken by changing the line's row, so that two clocks take it once (F6). The third step, an honest line to
the reporter, keeps R4 as staff do: not after STOP or a refusal, not past 30 minutes, nothing in quiet mode.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Final

from handlers import answer_clock, audit, turns
from handlers.outbound import LATE_ANSWER_SECONDS, STAFF
from handlers.records import conversations, desk_items, escalations, texts
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.service import Service, milliseconds
from handlers.staff import WINDOW_SECONDS
from handlers.vault import VaultError

AT_ONCE: Final = 50
ALARMED, SUPERVISOR, TOLD = 1, 2, 3
HONEST: Final = {
    "en": "Nobody has been free to answer yet, sorry. Your texts are here and we keep trying. "
    "In danger ring 999 (can't speak? press 55).",
    "cy": "Does neb wedi gallu ateb eto, sori. Mae eich negeseuon yma a dyn ni'n dal i drio. "
    "Mewn perygl ffoniwch 999 (methu siarad? 55).",
}
"""Welsh not yet read by a speaker."""

log = logging.getLogger("quietline.desk")


def run_due(service: Service) -> int:
    """Takes every step that is due; returns how many. Raises StoreError."""
    now = milliseconds(service.clock.now())
    taken = 0
    with service.database.write() as tx:
        for item in desk_items.due(tx, now, AT_ONCE):
            step = item.clock_step + 1
            if not desk_items.step(tx, item, answer_clock.next_due(item.rank, step, item.clock_at)):
                continue
            taken += 1
            if step == SUPERVISOR:
                escalations.hasten(tx, item.report_id, now)
            elif step == TOLD:
                with tx.savepoint():
                    _tell(service, tx, item)
    return taken


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
