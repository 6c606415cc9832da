"""The watch: every ten seconds it looks what is wrong, tells whom it must, and calls the dead man's check.

It runs in a thread of the clock process, because telling may hang. Where the database itself is away it tells that
from memory.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gateway.alarms.heartbeat import Heartbeat
from gateway.alarms.routes import Routes
from handlers import alarms, conditions, status
from handlers.alarms import INTERVALS, Told
from handlers.conditions import Surroundings
from handlers.records.database import StoreError
from handlers.service import Service, milliseconds

LOOK_SECONDS: Final = 10.0
BEAT_SECONDS: Final = 60.0
OUTAGE_SECONDS: Final = 60.0
HEARTBEAT_ROUTE: Final = "dead man's check"

log = logging.getLogger("quietline.alarms")


class Watch:
    """One installation's watch.

    Args:
        service: the shared parts.
        routes: by audience.
        heartbeat: the dead man's check.
        around: what the database does not know, asked at each look.
    """

    def __init__(
        self, service: Service, routes: Mapping[str, Routes], heartbeat: Heartbeat, around: Callable[[], Surroundings]
    ) -> None:
        self._service = service
        self._routes = routes
        self._heartbeat = heartbeat
        self._around = around
        self._outage = Outage()
        self._beat_at: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Looks no more; something that is being told just now may be told again after the restart."""
        self._stopping.set()
        self._thread.join(seconds)

    def look(self) -> None:
        """Looks once. Never raises."""
        now = self._service.clock.now()
        try:
            well = self._look(now)
            if self._outage.is_over():
                self._say("All clear: the database answers again.", over=True)
        except StoreError as error:
            well = False
            log.error("the watch cannot ask the database (%s)", error)
            if words := self._outage.words(now):
                well = any(told.cause is None for told in self._say(words))
        except Exception as error:  # noqa: BLE001 - the watch must go on
            well = False
            log.error("the watch failed (%s)", type(error).__name__)
        if well:
            self._beat(now)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(LOOK_SECONDS)
        self._service.database.close()

    def _look(self, now: float) -> bool:
        """Whether alarms get out."""
        around = self._around()
        for audience in (status.DESK, status.CONFIDENTIAL):
            seen = status.read(self._service.database, now, audience)
            wrong = conditions.found(seen, self._service.directory, around)
            alarms.keep(self._service.database, wrong, audience, now)
            routes = self._routes[audience]
            known = [*routes.names, HEARTBEAT_ROUTE] if self._heartbeat and audience == status.DESK else routes.names
            alarms.forget_others(self._service.database, audience, known)
            if routes:
                for told in alarms.tell_due(self._service.database, routes.tell, audience, now):
                    if told.cause is not None:
                        log.error("an alarm did not get out by %s (%s)", told.route, told.cause)
        failing = status.read(self._service.database, now).failing_routes
        return not any(route.route != HEARTBEAT_ROUTE for route in failing)

    def _beat(self, now: float) -> None:
        """Once a minute; how it did is noted like any way of telling."""
        if not self._heartbeat or (self._beat_at is not None and abs(now - self._beat_at) < BEAT_SECONDS):
            return
        self._beat_at = now
        cause = self._heartbeat.beat()
        if cause is not None:
            log.error("the dead man's check was not reached (%s)", cause)
        try:
            told = [Told(HEARTBEAT_ROUTE, cause)]
            alarms.note_routes(self._service.database, status.DESK, told, milliseconds(now))
        except StoreError as error:
            log.error("the watch cannot write (%s)", error)

    def _say(self, words: str, *, over: bool = False) -> Sequence[Told]:
        return self._routes[status.DESK].say(words, over=over)


class Outage:
    """The database is away: told after a minute, then at growing intervals, from memory."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._told = 0
        self._due = 0.0

    def words(self, now: float) -> str:
        """What to tell just now; empty for nothing yet."""
        if self._since is None:
            self._since, self._due = now, now + OUTAGE_SECONDS
        if self._due > now + INTERVALS[-1]:  # from before a clock jump (F11)
            self._due = now
        if now < self._due:
            return ""
        self._due = now + INTERVALS[min(self._told, len(INTERVALS) - 1)]
        self._told += 1
        return f"The database has not answered for {conditions.minutes(abs(now - self._since))}."

    def is_over(self) -> bool:
        """Whether an all-clear is to be told; the database has answered."""
        told, self._since, self._told = self._told, None, 0
        return told > 0
