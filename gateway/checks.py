"""What /healthy looks at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from gateway.bell import connect
from gateway.config import Config
from gateway.web.health import Check, CheckFailedError
from handlers import status
from handlers.conditions import minutes, patience
from handlers.records import heartbeats
from handlers.records.database import Database, StoreError
from handlers.service import Service, milliseconds
from handlers.spool import Spool

SILENT_SECONDS = 40
WAITING_SECONDS = 120
PATIENCE = 0.5
FRESH_SECONDS = 1.0

Probe = Callable[[], str | None]


def checks(
    service: Service, config: Config, spool: Spool, ready: Callable[[], bool] = lambda: True
) -> tuple[Check, ...]:
    """The checks of one installation; only that texts are stored somewhere is vital, the rest slows reports down.

    `ready`: whether the database has been made ready.
    """
    period = config.synthetic_minutes * 60.0
    store = _Store(service, service.database.with_patience(PATIENCE), ready)
    asked = store.service
    return (
        Check("intake", lambda: _intake(store, spool)),
        Check("database", store.write, vital=False),
        Check("spool", lambda: _spool(spool), vital=False),
        Check("queue", lambda: _queue(config.redis_url), vital=False),
        Check("worker", store.read(lambda: _seen(asked, "worker")), vital=False),
        Check("clock", store.read(lambda: _seen(asked, "clock")), vital=False),
        Check("forwarding", store.read(lambda: _forwarding(asked)), vital=False),
        Check("texts", store.read(lambda: _texts(asked)), vital=False),
        Check("alarms", store.read(lambda: _alarms(asked)), vital=False),
        *((Check("synthetic reporter", store.read(lambda: _synthetic(asked, period)), vital=False),) if period else ()),
    )


class _Store:
    """The database as /healthy asks it: with little patience, and not again within a second of a failure, so that the
    answer comes in time whatever is wrong with it."""

    def __init__(self, service: Service, database: Database, ready: Callable[[], bool]) -> None:
        self.service = replace(service, database=database)
        self._database = database
        self._ready = ready
        self._unwritable: tuple[float, str] = (-FRESH_SECONDS, "")
        self._unreadable_at = -FRESH_SECONDS

    def write(self) -> str | None:
        """Raises CheckFailedError where nothing can be written."""
        failed_at, cause = self._unwritable
        if time.monotonic() - failed_at < FRESH_SECONDS:
            raise CheckFailedError(cause)
        if not self._ready():
            raise CheckFailedError("not ready yet")
        try:
            with self._database.write():
                return None
        except (StoreError, OSError) as error:  # the latter: the folder itself is gone
            cause = str(error) if isinstance(error, StoreError) else type(error).__name__
            self._unwritable = (time.monotonic(), cause)
            raise CheckFailedError(cause) from None

    def read(self, probe: Probe) -> Probe:
        """A probe that reads the database; it is not asked where that has just failed."""

        def asked() -> str | None:
            if not self._ready() or time.monotonic() - self._unreadable_at < FRESH_SECONDS:
                raise CheckFailedError("not known, the database does not answer")
            try:
                return probe()
            except StoreError:
                self._unreadable_at = time.monotonic()
                raise CheckFailedError("not known, the database does not answer") from None

        return asked


def _intake(store: _Store, spool: Spool) -> str | None:
    try:
        store.write()
    except CheckFailedError:
        spool.try_out()
        return "into the spool"
    return None


def _spool(spool: Spool) -> str | None:
    if count := len(spool.contents()):
        raise CheckFailedError(f"{count} texts are not in the database yet")
    spool.try_out()
    return None


def _queue(url: str) -> str | None:
    if not url:
        raise CheckFailedError("none is configured, the clock forwards instead")
    connection = connect(url, 0.3)
    try:
        connection.ping()
    finally:
        connection.close()
    return None


def _seen(service: Service, process: str) -> str | None:
    with service.database.read() as tx:
        at = heartbeats.all_of(tx).get(process)
    if at is None:
        raise CheckFailedError("never seen")
    seconds = (milliseconds(service.clock.now()) - at) // 1000
    if abs(seconds) > SILENT_SECONDS:  # one from the future was left by a clock that has gone back since
        raise CheckFailedError(f"no sign of life for {abs(seconds)} s")
    return None


def _forwarding(service: Service) -> str | None:
    now = status.read(service.database, service.clock.now())
    problems = [f"sink {one.sink} is paused ({one.paused_cause})" for one in now.sinks if one.paused_cause is not None]
    if parked := sum(one.parked for one in now.sinks):
        problems.append(f"{parked} parked for a person")
    if now.oldest is not None and now.oldest > WAITING_SECONDS:
        problems.append(f"{now.waiting} waiting, the oldest for {now.oldest:.0f} s")
    if problems:
        raise CheckFailedError("; ".join(problems))
    return f"{now.waiting} waiting" if now.waiting else None


def _texts(service: Service) -> str | None:
    waiting = status.read(service.database, service.clock.now()).texts
    if "held" in waiting:
        raise CheckFailedError(f"{waiting['held'][0]} held for a person")
    return f"{waiting['due'][0]} to be taken again" if "due" in waiting else None


def _alarms(service: Service) -> str | None:
    """Whether alarms get out; what they are about stands under the other checks, and in `quietline status`."""
    now = status.read(service.database, service.clock.now())
    at = milliseconds(now.at)
    if now.failing_routes:
        raise CheckFailedError(
            "; ".join(
                f"{route.route} fails for {minutes((at - (route.failed_at or at)) / 1000)} ({route.cause})"
                for route in now.failing_routes
            )
        )
    return f"{len(now.alarms)} raised" if now.alarms else None


def _synthetic(service: Service, period: float) -> str | None:
    absent = status.read(service.database, service.clock.now()).synthetic
    late = [f"not through to {name} for {minutes(age)}" for name, age in absent.items() if age >= patience(period)]
    if late:
        raise CheckFailedError("; ".join(late))
    if not absent:
        raise CheckFailedError("never seen")
    return f"last through {minutes(max(absent.values()))} ago"
