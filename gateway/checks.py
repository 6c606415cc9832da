"""What /healthy looks at."""

from __future__ import annotations

from gateway.bell import connect
from gateway.config import Config
from gateway.web.health import Check, CheckFailedError
from handlers.records import heartbeats, inbox, outbox
from handlers.service import Service, milliseconds

SILENT_SECONDS = 40
WAITING_SECONDS = 120


def checks(service: Service, config: Config) -> tuple[Check, ...]:
    """The checks of one installation; only the database is vital, the rest slows reports down."""
    return (
        Check("database", lambda: _database(service)),
        Check("queue", lambda: _queue(config.redis_url), vital=False),
        Check("worker", lambda: _seen(service, "worker"), vital=False),
        Check("clock", lambda: _seen(service, "clock"), vital=False),
        Check("forwarding", lambda: _forwarding(service), vital=False),
        Check("texts", lambda: _texts(service), vital=False),
    )


def _database(service: Service) -> str | None:
    with service.database.write():
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
    with service.database.read() as tx:
        paused, states = outbox.paused(tx), outbox.states(tx)
    problems = [f"sink {name} is paused ({pause.cause})" for name, pause in sorted(paused.items())]
    if parked := states.get("parked"):
        problems.append(f"{parked[0]} parked for a person")
    waiting = [states[state] for state in ("due", "leased") if state in states]
    if waiting:
        age = (milliseconds(service.clock.now()) - min(oldest for _, oldest in waiting)) // 1000
        count = sum(number for number, _ in waiting)
        if age > WAITING_SECONDS:
            problems.append(f"{count} waiting, the oldest for {age} s")
    if problems:
        raise CheckFailedError("; ".join(problems))
    return f"{sum(number for number, _ in waiting)} waiting" if waiting else None


def _texts(service: Service) -> str | None:
    with service.database.read() as tx:
        waiting = inbox.waiting(tx)
    if waiting["held"]:
        raise CheckFailedError(f"{waiting['held']} held for a person")
    return f"{waiting['due']} to be taken again" if waiting["due"] else None
