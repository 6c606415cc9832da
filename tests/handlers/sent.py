"""A report that went forward, and a sink that took it: where tests of what becomes of stored reports begin."""

from __future__ import annotations

from handlers import timers
from handlers.records import outbox
from handlers.service import milliseconds
from tests.fakes import Desk


def tell(desk: Desk, words: str = "he keeps following me", sender: str = "+447700900001") -> str:
    """A report, sent as it stands after two minutes of silence; returns its id."""
    desk.say(words, sender=sender)
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    return str(desk.documents()[-1]["id"])


def confirm(desk: Desk) -> None:
    """The sink takes all that waits."""
    now = milliseconds(desk.clock.now())
    with desk.service.database.write() as tx:
        for row in outbox.claim(tx, "room", now=now, lease_until=now + 30_000, owner="me", most=99):
            outbox.delivered(tx, row.id, now)
