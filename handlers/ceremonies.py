"""What begins on one request and must end on another: once, soon, and in the browser that began it.

    TooMany    a network has begun too many that it did not finish

The store knows a ceremony by the hash of its token, and the browser by the hash of what only that one holds.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from handlers import attempts
from handlers.people import digest
from handlers.records import passkeys
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds

SECONDS: Final = 5 * 60
MOST_OPEN: Final = 300  # a control room behind one address begins a shift together


class TooMany(Exception):
    """Too many were begun and not finished."""


def begin(
    service: Service, kind: str, bound: str, network: str, *, person_id: str | None = None, seconds: int = SECONDS
) -> str:
    """Begins one and returns its token: 256 random bits, base64url.

    Args:
        service: the shared parts.
        kind: what it is for; it ends as no other.
        bound: what only this browser holds: its cookie, or the session.
        network: the address that asks.
        person_id: whose it is, where that is known.
        seconds: how long it lasts.

    Raises TooMany, StoreError.
    """
    token, now = secrets.token_urlsafe(32), milliseconds(service.clock.now())
    subject = attempts.of_network(service, network)
    with service.database.write() as tx:
        if passkeys.open_ceremonies(tx, subject, now) >= MOST_OPEN:
            raise TooMany
        passkeys.begin(
            tx, digest(token), kind, bound=digest(bound), subject=subject, person_id=person_id,
            ends_at=now + seconds * 1000,
        )  # fmt: skip
    return token


def finish(service: Service, tx: Transaction, kind: str, token: str, bound: str) -> bool:
    """Uses one up, whatever comes of it; False where it is used, over, another's or was never begun."""
    found = passkeys.finish(tx, digest(token), kind, milliseconds(service.clock.now()))
    return found is not None and hmac.compare_digest(found[0], digest(bound))
