"""Silence: conversations whose time has come, and the end of those that are a day old.

A timer is a due time in the conversation's row, taken under its lock: a doubled or dead clock changes nothing (F6).
Safe to repeat.
"""

from __future__ import annotations

import logging

from conversations.turn import Silence
from handlers import turns
from handlers.ports import Doorbell
from handlers.records import conversations
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds

RETRY_SECONDS = 60
GIVE_UP_SECONDS = 3600  # after its day a conversation ends whatever goes wrong: its address may not stay (R20)

log = logging.getLogger("quietline.timers")


def run_due(service: Service, doorbell: Doorbell, most: int = 200) -> int:
    """Takes the timers that are due, oldest first; returns how many."""
    done = 0
    while done < most and _run_one(service, doorbell):
        done += 1
    return done


def _run_one(service: Service, doorbell: Doorbell) -> bool:
    now = service.clock.now()
    rung: list[int] = []
    with service.database.write() as tx:
        row = conversations.next_due(tx, milliseconds(now))
        if row is None:
            return False
        try:
            with tx.savepoint():
                rung = _silence(service, tx, row, now)
        except Exception as error:  # noqa: BLE001 - one conversation must not stop the others
            log.error("the timer of conversation %s failed (%s)", row.id, type(error).__name__)
            if turns.is_over(row, now - GIVE_UP_SECONDS):
                conversations.end(tx, row.id)
            else:
                conversations.put_off(tx, row.id, milliseconds(now + RETRY_SECONDS))
    if rung:
        doorbell.ring(rung)
    return True


def _silence(service: Service, tx: Transaction, row: ConversationRow, now: float) -> list[int]:
    if turns.is_over(row, now):
        return turns.close(service, tx, row, now)
    prepared = turns.prepare(service, turns.open_row(service, row), Silence(), now)
    return turns.write(tx, prepared)
