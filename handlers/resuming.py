"""The questions go on where a person has answered, and now nobody has the report.

A person's text silences the questions. Given back, signed off from, or closed and opened again by a later text, such a
report would leave its reporter texting into silence: after the answer clock's first step (60 s, R4) they go on by
themselves, as by a person's hand-back (`handlers.staff`).
"""

from __future__ import annotations

import logging

from handlers import audit, staff, turns
from handlers.ports import Doorbell
from handlers.records.desk_items import Item
from handlers.service import Service, milliseconds
from handlers.staff import NotSaid
from handlers.vault import VaultError

log = logging.getLogger("quietline.desk")


def resume(service: Service, doorbell: Doorbell, item: Item) -> bool:
    """Lets the questions of a report that nobody has go on; False where they never rested. Raises StoreError."""
    try:
        standing = staff.standing(service, item.report_id)
        if not (standing.staffed or standing.typing):
            return False
        with service.database.write() as tx:
            audit.changed(
                tx, None, item.organisation, item.audience, audit.DISCLOSURE, "hand_back", item.report_id,
                now=milliseconds(service.clock.now()), why="answer_clock", revision=item.revision, to_whom="reporter",
            )  # fmt: skip
        staff.hand_back(service, doorbell, item.report_id)
    except NotSaid:
        return False
    except (turns.Lost, VaultError) as error:
        log.error("the questions of a report that nobody has do not go on (%s)", type(error).__name__)
        return False
    return True
