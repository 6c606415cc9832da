"""One round of the clock: everything that is due by itself, each step on its own so that one fault stops no other.

Safe to run twice, at once or late: every step claims under a lock or is idempotent (F6).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from handlers import (
    answer_clock,
    escalation,
    exercises,
    outbound,
    retaking,
    shifts,
    sign_in,
    spooling,
    timers,
    unanswered,
)
from handlers.forwarding import MOST_RETRY_AFTER
from handlers.outbound import LATE_ANSWER_SECONDS
from handlers.ports import Doorbell
from handlers.records import conversations, heartbeats, inbox, outbox, texts
from handlers.records.database import StoreError
from handlers.service import Service, milliseconds
from handlers.spool import Spool, SpoolError
from handlers.turns import FUTURE_SECONDS

PULL_BACK_TO_SECONDS = 900
UNHEARD_SECONDS = 20
MOST_RUNG = 200

log = logging.getLogger("quietline.sweep")


def sweep(
    service: Service, doorbell: Doorbell, forward_here: Callable[[Sequence[int]], object], spool: Spool | None = None
) -> None:
    """Runs every step once.

    Args:
        service: the shared parts.
        doorbell: rung for what is due.
        forward_here: delivers in this process, where the bell is not heard.
        spool: what the database did not take is brought into it.
    """
    steps: tuple[Callable[[], object], ...] = (
        lambda: mend_clock_jump(service),
        lambda: spooling.replay(service, spool, doorbell) if spool else None,
        lambda: retaking.retake_due(service, doorbell),
        lambda: timers.run_due(service, doorbell),
        lambda: outbound.send_due(service),
        lambda: escalation.escalate(service, doorbell),
        lambda: unanswered.run_due(service, doorbell),
        lambda: exercises.run_due(service, doorbell),
        lambda: sign_in.forget_old(service),
        lambda: shifts.release_gone(service),
        lambda: ring_due(service, doorbell, forward_here),
        lambda: retaking.forget_senders(service),
    )
    for step in steps:
        try:
            step()
        except StoreError as error:
            log.error("the store is away (%s)", error)
        except SpoolError as error:
            log.error("the spool is away (%s)", error)
        except Exception as error:  # noqa: BLE001 - the clock must go on
            log.error("a step of the sweep failed (%s)", type(error).__name__)


def mend_clock_jump(service: Service) -> None:
    """Notes that the clock lives, and brings what a clock jump left far in the future within 15 minutes (F11)."""
    now = milliseconds(service.clock.now())
    at = now + PULL_BACK_TO_SECONDS * 1000
    with service.database.write() as tx:
        heartbeats.beat(tx, "clock", now)
        # In the order in which a turn locks them.
        moved = inbox.pull_back(tx, at, at)
        moved += conversations.pull_back(tx, now + FUTURE_SECONDS * 1000, at)
        moved += texts.pull_back(tx, now + (LATE_ANSWER_SECONDS + 60) * 1000, now)
        moved += answer_clock.mend(tx, now)
        moved += outbox.pull_back(tx, now + milliseconds(MOST_RETRY_AFTER + 60), at)
    if moved:
        log.error("the clock has jumped: %d due times were brought back", moved)


def ring_due(service: Service, doorbell: Doorbell, forward_here: Callable[[Sequence[int]], object]) -> None:
    """Rings for what is due; delivers here what nobody took for 20 s, all of it where the bell is not heard."""
    now = milliseconds(service.clock.now())
    with service.database.read() as tx:
        due = outbox.due(tx, now, MOST_RUNG)
    if not due:
        return
    ids = [number for number, _ in due]
    heard = doorbell.ring(ids)
    if not heard or any(since < now - UNHEARD_SECONDS * 1000 for _, since in due):
        forward_here(ids)
