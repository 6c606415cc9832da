"""Single sign-on: an issuer says who it is; who that is here was written down beforehand (OpenID Connect Core 1.0).

Nobody gets an account by it. State, nonce and code verifier hang on a cookie of the browser that began: an answer
brought by another browser is none (RFC 9700 sections 2.1 and 4.7).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from handlers import attempts, ceremonies
from handlers.people import NEED_PASSKEY
from handlers.records import passkeys, people
from handlers.service import Service, milliseconds
from handlers.sign_in import begin_session

# How an issuer says that a sign-in resists phishing: OpenID Connect Extended Authentication Profile ACR Values 1.0.
PHISHING_RESISTANT: Final = frozenset({"phr", "phrh"})
_KIND: Final = "single-sign-on"


@dataclass(frozen=True, slots=True)
class Begun:
    """What one attempt is known by. `nonce` comes back in the token, `verifier` proves who asks for it (RFC 7636)."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Identity(Struct, frozen=True):
    """Who an issuer says it is; `acr` says how it knows."""

    issuer: str
    subject: str
    acr: str = ""


def begin(service: Service, bound: str, network: str) -> Begun:
    """Begins an attempt in the browser that holds `bound`. Raises TooMany, StoreError."""
    return _begun(ceremonies.begin(service, _KIND, bound, network), bound)


def finish(service: Service, state: str, bound: str) -> Begun | None:
    """The attempt that this browser began, used up; None where it is used, over or another's. Raises StoreError."""
    with service.database.write() as tx:
        return _begun(state, bound) if ceremonies.finish(service, tx, _KIND, state, bound) else None


def failed(service: Service, network: str) -> None:
    """Notes an attempt that came to nothing. Raises StoreError."""
    with service.database.write() as tx:
        attempts.failed(service, tx, attempts.of_network(service, network))


def enter(service: Service, identity: Identity, network: str) -> str | None:
    """A new session's token; None for whom nobody has joined to an account, and for a locked one.

    In production who needs a passkey comes in only where the issuer says that the sign-in resisted phishing (R16).

    Raises StoreError.
    """
    origin, now = attempts.of_network(service, network), milliseconds(service.clock.now())
    with service.database.write() as tx:
        person_id = passkeys.who(tx, identity.issuer, identity.subject)
        row = people.by_id(tx, person_id) if person_id is not None else None
        roles = people.roles(tx, row.id) if row is not None else []
        weak = service.production and identity.acr not in PHISHING_RESISTANT
        stopped = attempts.network_braked(service, tx, origin) or (
            weak and any(role in NEED_PASSKEY for _, role in roles)
        )
        if row is not None and not row.locked and not stopped:
            return begin_session(tx, row.id, roles, now, _KIND)
        attempts.failed(service, tx, origin)
    return None


def _begun(state: str, bound: str) -> Begun:
    return Begun(state, _derived(bound, state, "nonce"), _derived(bound, state, "verifier"))


def _derived(bound: str, state: str, what: str) -> str:
    made = hmac.digest(
        bound.encode("utf-8", "surrogatepass"), f"{what}\0{state}".encode("utf-8", "surrogatepass"), "sha256"
    )
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
