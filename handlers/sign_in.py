"""Signing in at the desk, and staying so (R16).

A password and a code, both always checked; whoever it is, known or not, the answer and the work are the same. Failed
attempts are counted for each account and each network apart, so that nobody can lock everybody out. A code works
once: the last accepted time step is kept. A session is a 256-bit token of which the store knows the hash.

Sources: RFC 6238 (TOTP), OWASP ASVS 5.0 chapters 6 and 7.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from handlers import passwords
from handlers.people import NEED_PASSKEY, digest, totp_of
from handlers.records import people
from handlers.records.database import Transaction
from handlers.records.people import PersonRow
from handlers.service import Service, milliseconds

IDLE_SECONDS: Final = 15 * 60
MOST_SECONDS: Final = 12 * 3600
WINDOW_SECONDS: Final = 15 * 60
ACCOUNT_FAILURES: Final = 10
NETWORK_FAILURES: Final = 100
STEP_SECONDS: Final = 30
_SEEN_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody at the desk: who, in which roles, and the token's hash. `roles` are (organisation, role)."""

    person_id: str
    name: str
    shown: str
    roles: frozenset[tuple[str, str]]
    session: str
    csrf: str

    def has(self, organisation: str, *roles: str) -> bool:
        """Whether the person has one of these roles at an organisation."""
        return any((organisation, role) in self.roles for role in roles)

    @property
    def organisations(self) -> list[str]:
        """Where the person has any role."""
        return sorted({organisation for organisation, _ in self.roles})


def csrf_of(token: str) -> str:
    """What a form must carry to change something in this session."""
    return hmac.digest(token.encode("utf-8", "surrogatepass"), b"quietline csrf", "sha256").hex()


def sign_in(service: Service, name: str, password: str, code: str, network: str) -> str | None:
    """A new session's token; None where anything at all was wrong.

    Args:
        service: the shared parts.
        name, password, code: as typed.
        network: the address that asks.

    Raises StoreError, VaultError.
    """
    now = service.clock.now()
    name = name.strip().casefold()[:64]
    account, origin = _subjects(service, name, network)
    with service.database.read() as tx:
        since = milliseconds(now - WINDOW_SECONDS)
        braked = (
            people.failures(tx, account, since) >= ACCOUNT_FAILURES
            or people.failures(tx, origin, since) >= NETWORK_FAILURES
        )
        row = people.by_name(tx, name)
        roles = people.roles(tx, row.id) if row is not None else []
    right = not braked and passwords.fits(password, None if row is None else row.password)
    step = _step_of(service, row, code, now)
    open_to = row is not None and not row.locked and _may(service, roles)
    with service.database.write() as tx:
        if row is not None and right and open_to and step is not None and people.accept_step(tx, row.id, step):
            people.forgive(tx, account)
            return _begin(tx, row.id, roles, milliseconds(now))
        if not braked:
            people.failed(tx, account, milliseconds(now))
            people.failed(tx, origin, milliseconds(now))
    return None


def by_link(service: Service, token: str) -> str | None:
    """A new session's token for a one-time link's; None where the link is used, over, unknown, or in production."""
    if service.production:
        return None
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        person_id = people.use_link(tx, digest(token), now)
        row = people.by_id(tx, person_id) if person_id is not None else None
        return None if row is None or row.locked else _begin(tx, row.id, people.roles(tx, row.id), now)


def who(service: Service, token: str, *, active: bool = True) -> SignedIn | None:
    """Who is signed in by a token; None once the session is over.

    Args:
        service: the shared parts.
        token: of the cookie.
        active: whether a person does something; what a page does by itself keeps nobody signed in.

    Raises StoreError.
    """
    hashed, now = digest(token), milliseconds(service.clock.now())
    with service.database.read() as tx:
        row = people.session(tx, hashed)
        roles = people.roles(tx, row.person_id) if row is not None else []
    if row is None or not _lasts(row.created_at, row.seen_at, now):
        return None
    if active and now - row.seen_at >= _SEEN_EVERY * 1000:
        with service.database.write() as tx:
            people.seen(tx, hashed, now)
    return SignedIn(row.person_id, row.name, row.shown, frozenset(roles), hashed, csrf_of(token))


def sign_out(service: Service, session: str) -> None:
    """Ends a session, by its hash. Raises StoreError."""
    with service.database.write() as tx:
        people.end_session(tx, session)


def forget_old(service: Service) -> None:
    """Ends what has lasted too long, and forgets old attempts. Run by the clock. Raises StoreError."""
    now = service.clock.now()
    with service.database.write() as tx:
        people.end_old_sessions(tx, made=milliseconds(now - MOST_SECONDS), seen_before=milliseconds(now - IDLE_SECONDS))
        people.forget_failures(tx, milliseconds(now - WINDOW_SECONDS))


def _lasts(created_at: int, seen_at: int, now: int) -> bool:
    """Within both limits; a clock that jumped back ends it too (F11)."""
    return 0 <= now - created_at < MOST_SECONDS * 1000 and -60_000 <= now - seen_at < IDLE_SECONDS * 1000


def _may(service: Service, roles: list[tuple[str, str]]) -> bool:
    """In production who needs a passkey does not get in without (R16)."""
    return not (service.production and any(role in NEED_PASSKEY for _, role in roles))


def _begin(tx: Transaction, person_id: str, roles: list[tuple[str, str]], now: int) -> str:
    """A fresh session; who is of the confidential team has one alone."""
    token = secrets.token_urlsafe(32)
    if any(role == "confidential" for _, role in roles):
        people.end_sessions(tx, person_id)
    people.begin_session(tx, digest(token), person_id, now)
    return token


def _step_of(service: Service, row: PersonRow | None, code: str, now: float) -> int | None:
    """The time step whose code this is, one step early or late allowed; None where it is none of them, or used."""
    typed = "".join(code.split())
    if row is None:
        return None
    totp = totp_of(service, row)
    this = int(now // STEP_SECONDS)
    found = [
        step
        for step in (this - 1, this, this + 1)
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), typed.encode("utf-8", "surrogatepass"))
    ]
    later = [step for step in found if step > row.totp_step]
    return later[0] if later else None


def _subjects(service: Service, name: str, network: str) -> tuple[str, str]:
    """Keyed indexes of the account and of the network: an IPv6 network is its first 64 bits."""
    try:
        address = ip_address(network)
        network = str(ip_network((address, 64 if address.version == 6 else 32), strict=False))
    except ValueError:
        network = "unknown"
    return (
        service.ring.indexes(["sign-in"], "account", name)[0],
        service.ring.indexes(["sign-in"], "network", network)[0],
    )
