"""Clock jumps (F11): after one back nothing waits longer than it may, after one ahead nothing is erased for a day.

That the clock has jumped shows by the clock process' own last sign of life, which the database keeps. Beside that
every due time that lies further ahead than any wait there is was left by a jump, of whichever host.
"""

from __future__ import annotations

import logging
from typing import Final

from handlers import answer_clock, forwarding, outbound, retaking
from handlers.records import conversations, heartbeats, inbox, outbox, texts
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.turns import FUTURE_SECONDS, KEEP_SECONDS

CLOCK: Final = "clock"
LEEWAY_SECONDS: Final = 60  # by which the clocks of two hosts may differ
LONGEST_SILENCE_SECONDS: Final = 3600  # of a step (conversations/flow.schema.json)
LEAP_SECONDS: Final = 24 * 3600
NOW_SECONDS: Final = 5  # what was never tried was due when it was written

log = logging.getLogger("quietline.sweep")


def mend(service: Service) -> int:
    """Notes that the clock lives, and makes due what a jump left beyond every wait; returns how many rows.

    After a jump back all that waits is due at once: every wait is made anew from now, and tries count once.
    Raises StoreError.
    """
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        moved = _pull_back(tx, now, went_back=_beat(tx, now))
    if moved:
        log.error("the clock has jumped: %d due times were brought back", moved)
    return moved


def _beat(tx: Transaction, now: int) -> bool:
    """Notes that the clock lives, and whether it has leapt; true where it went back."""
    last = heartbeats.all_of(tx).get(CLOCK, now)
    heartbeats.beat(tx, CLOCK, now)
    if now - last > LEAP_SECONDS * 1000:
        heartbeats.beat(tx, heartbeats.LEAP, now)
        log.error(
            "the clock is %d h past its last sign of life: nothing is erased for a day", (now - last) // 3_600_000
        )
    return last - now > LEEWAY_SECONDS * 1000


def _pull_back(tx: Transaction, now: int, *, went_back: bool) -> int:
    def after(seconds: float) -> int:
        return now + milliseconds(seconds + LEEWAY_SECONDS)

    def beyond(seconds: float) -> int:
        return now if went_back else after(seconds)

    # In the order in which a turn locks them.
    moved = inbox.pull_back(tx, after(max(retaking.TRIES_AFTER)), now)
    moved += conversations.pull_back(
        tx, latest=beyond(LONGEST_SILENCE_SECONDS), future=now + FUTURE_SECONDS * 1000, keep=KEEP_SECONDS * 1000, at=now
    )
    moved += texts.pull_back(tx, beyond(outbound.ONCE_MORE_SECONDS), now)
    moved += answer_clock.mend(tx, now)
    return moved + outbox.pull_back(
        tx,
        untried=now + NOW_SECONDS * 1000,
        leased=after(forwarding.LEASE_SECONDS),
        latest=beyond(forwarding.MOST_RETRY_AFTER),
        at=now,
    )
