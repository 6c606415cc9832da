"""GET /healthy: what is up and what is down, in words, for people and for load balancers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson
from flask import Blueprint, Response
from msgspec import Struct


class CheckFailedError(Exception):
    """Raised by a check; its text is shown to anybody, such as `no run for 40 s`."""


class Check(Struct, frozen=True):
    """One thing that the gateway needs.

    Args:
        name: what a person calls it, such as `database`.
        probe: returns within a second; raises CheckFailedError, or anything else, when the thing is down. What it
            returns, if it is not empty, is shown.
        vital: without it no text can be taken. Anything else only slows reports down, and a load balancer must not
            send texts away for it.
    """

    name: str
    probe: Callable[[], str | None]
    vital: bool = True


def blueprint(checks: Sequence[Check]) -> Blueprint:
    """GET /healthy with 200, or 503 when a vital check fails.

    The answer: `{"state": "degraded", "summary": "Degraded, texts are taken and kept. Not working: queue.",
    "checks": {"database": "up", "queue": "down: ConnectionError"}}`; the state is `up`, `degraded` or `down`.
    """
    health = Blueprint("health", __name__)

    @health.get("/healthy", provide_automatic_options=False)
    def healthy() -> Response:
        words = {check.name: _words(check) for check in checks}
        down = [check for check in checks if words[check.name].startswith("down")]
        status = 503 if any(check.vital for check in down) else 200
        state = "down" if status == 503 else "degraded" if down else "up"
        document = {"state": state, "summary": _summary(down, status), "checks": words}
        return Response(orjson.dumps(document), status, content_type="application/json")

    return health


def _words(check: Check) -> str:
    try:
        detail = check.probe()
    except CheckFailedError as reason:
        return f"down: {reason}"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is down; its words may hold secrets
        return f"down: {type(error).__name__}"
    return f"up: {detail}" if detail else "up"


def _summary(down: Sequence[Check], status: int) -> str:
    if not down:
        return "Up."
    names = ", ".join(check.name for check in down)
    return f"Down: {names}." if status == 503 else f"Degraded, texts are taken and kept. Not working: {names}."
