"""One round of the clock: everything that is due by itself, each step on its own so that one fault stops no other.

Safe to run twice, at once or late: every step claims under a lock or is idempotent (F6).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from handlers import (
    escalation,
    exercises,
    jumps,
    outbound,
    retaking,
    shifts,
    sign_in,
    spooling,
    timers,
    unanswered,
    writing,
)
from handlers.ports import Doorbell
from handlers.records import outbox
from handlers.records.database import StoreError
from handlers.service import Service, milliseconds
from handlers.spool import Spool, SpoolError

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
        lambda: jumps.mend(service),
        lambda: spooling.replay(service, spool, doorbell) if spool else None,
        lambda: retaking.retake_due(service, doorbell),
        lambda: timers.run_due(service, doorbell),
        lambda: outbound.send_due(service),
        lambda: escalation.escalate(service, doorbell),
        lambda: unanswered.run_due(service, doorbell),
        lambda: writing.run_due(service, doorbell),
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
