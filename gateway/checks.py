"""What /healthy looks at."""

from __future__ import annotations

from gateway.bell import connect
from gateway.config import Config
from gateway.web.health import Check, CheckFailedError
from handlers import status
from handlers.conditions import minutes, patience
from handlers.records import heartbeats
from handlers.records.database import StoreError
from handlers.service import Service, milliseconds
from handlers.spool import Spool

SILENT_SECONDS = 40
WAITING_SECONDS = 120


def checks(service: Service, config: Config, spool: Spool) -> tuple[Check, ...]:
    """The checks of one installation; only that texts are stored somewhere is vital, the rest slows reports down."""
    period = config.synthetic_minutes * 60.0
    return (
        Check("intake", lambda: _intake(service, spool)),
        Check("database", lambda: _database(service), vital=False),
        Check("spool", lambda: _spool(spool), vital=False),
        Check("queue", lambda: _queue(config.redis_url), vital=False),
        Check("worker", lambda: _seen(service, "worker"), vital=False),
        Check("clock", lambda: _seen(service, "clock"), vital=False),
        Check("forwarding", lambda: _forwarding(service), vital=False),
        Check("texts", lambda: _texts(service), vital=False),
        Check("alarms", lambda: _alarms(service), vital=False),
        *((Check("synthetic reporter", lambda: _synthetic(service, period), vital=False),) if period else ()),
    )


def _intake(service: Service, spool: Spool) -> str | None:
    try:
        _database(service)
    except StoreError:
        spool.try_out()
        return "into the spool"
    return None


def _database(service: Service) -> str | None:
    with service.database.write():
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
