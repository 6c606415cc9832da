"""Signing in at the desk, and staying so (R16).

A password and a code, both always checked; whoever it is, known or not, the answer and the work are the same. A code
works once: the last accepted time step is kept. A session is a 256-bit token of which the store knows the hash, and
how it began: `password`, `passkey`, `single-sign-on`, `link`, or `enrol`, which opens nothing but the page where a
passkey is added.

Sources: RFC 6238 (TOTP), OWASP ASVS 5.0 chapters 6 and 7.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from msgspec import Struct

from handlers import attempts, passwords
from handlers.people import NEED_PASSKEY, digest, totp_of
from handlers.records import passkeys, people
from handlers.records.database import Transaction
from handlers.records.people import OpenSession, PersonRow
from handlers.service import Service, milliseconds

IDLE_SECONDS: Final = 15 * 60
MOST_SECONDS: Final = 12 * 3600
FRESH_SECONDS: Final = 10 * 60
STEP_SECONDS: Final = 30
ENROL: Final = "enrol"
_SEEN_EVERY: Final = 20


class SignedIn(Struct, frozen=True):
    """Somebody at the desk: who, in which roles, and the token's hash.

    `roles` are (organisation, role); `how` the session began, and `since` when, in Unix seconds.
    """

    person_id: str
    name: str
    shown: str
    roles: frozenset[tuple[str, str]]
    session: str
    csrf: str
    how: str = "password"
    since: float = 0.0

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


def sign_in(service: Service, name: str, password: str, code: str, network: str, *, enrolment: str = "") -> str | None:
    """A new session's token; None where anything at all was wrong.

    In production who needs a passkey comes in by an `enrolment` alone, to add one (R16).

    Args:
        service: the shared parts.
        name, password, code: as typed.
        network: the address that asks.
        enrolment: the token of `people.enrolment`; used up where all is right.

    Raises StoreError, VaultError.
    """
    now = service.clock.now()
    name = name.strip().casefold()[:64]
    account, origin = attempts.of_account(service, name), attempts.of_network(service, network)
    with service.database.read() as tx:
        braked = attempts.account_braked(service, tx, account) or attempts.network_braked(service, tx, origin)
        row = people.by_name(tx, name)
        roles = people.roles(tx, row.id) if row is not None else []
    right = not braked and passwords.fits(password, None if row is None else row.password)
    step = _step_of(service, row, code, now)
    open_to = row is not None and not row.locked and (bool(enrolment) or _may(service, roles))
    with service.database.write() as tx:
        if (
            row is not None and right and open_to and step is not None and people.accept_step(tx, row.id, step)
            and (not enrolment or _enrols(tx, enrolment, row.id, milliseconds(now)))
        ):  # fmt: skip
            people.forgive(tx, account)
            return begin_session(tx, row.id, roles, milliseconds(now), ENROL if enrolment else "password")
        if not braked:
            attempts.failed(service, tx, account, origin)
    return None


def by_link(service: Service, token: str) -> str | None:
    """A new session's token for a one-time link's; None where the link is used, over, unknown, or in production."""
    if service.production:
        return None
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        person_id = people.use_link(tx, digest(token), now)
        row = people.by_id(tx, person_id) if person_id is not None else None
        return None if row is None or row.locked else begin_session(tx, row.id, people.roles(tx, row.id), now, "link")


def who(service: Service, token: str, *, active: bool = True, enrolling: bool = False) -> SignedIn | None:
    """Who is signed in by a token; None once the session is over.

    Args:
        service: the shared parts.
        token: of the cookie.
        active: whether a person does something; what a page does by itself keeps nobody signed in.
        enrolling: whether a session that only enrols is one here.

    Raises StoreError.
    """
    hashed, now = digest(token), milliseconds(service.clock.now())
    with service.database.read() as tx:
        row = people.session(tx, hashed)
        roles = people.roles(tx, row.person_id) if row is not None else []
    if row is None or not _lasts(row.created_at, row.seen_at, now) or (row.how == ENROL and not enrolling):
        return None
    if active and now - row.seen_at >= _SEEN_EVERY * 1000:
        with service.database.write() as tx:
            people.seen(tx, hashed, now)
    since = row.created_at / 1000
    return SignedIn(row.person_id, row.name, row.shown, frozenset(roles), hashed, csrf_of(token), row.how, since)


def lasting(service: Service) -> frozenset[str]:
    """The hashes of all sessions that are not over, for who keeps many of them open. Raises StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.read() as tx:
        found = people.lasting(tx)
    return frozenset(hashed for hashed, created_at, seen_at in found if _lasts(created_at, seen_at, now))


def is_fresh(service: Service, person: SignedIn) -> bool:
    """Whether somebody signed in within the last ten minutes: asked before a way in is added or taken away."""
    return 0 <= service.clock.now() - person.since < FRESH_SECONDS


def sign_out(service: Service, session: str) -> None:
    """Ends a session, by its hash. Raises StoreError."""
    with service.database.write() as tx:
        people.end_session(tx, session)


def open_sessions(service: Service, person: SignedIn) -> list[OpenSession]:
    """Where somebody is signed in, the newest first. Raises StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.read() as tx:
        return [one for one in people.sessions(tx, person.person_id) if _lasts(one.created_at, one.seen_at, now)]


def end_others(service: Service, person: SignedIn) -> None:
    """Ends all of somebody's sessions but this one. Raises StoreError."""
    with service.database.write() as tx:
        people.end_other_sessions(tx, person.person_id, person.session)


def forget_old(service: Service) -> None:
    """Ends what has lasted too long, and forgets old attempts. Run by the clock. Raises StoreError."""
    now = service.clock.now()
    with service.database.write() as tx:
        people.end_old_sessions(tx, made=milliseconds(now - MOST_SECONDS), seen_before=milliseconds(now - IDLE_SECONDS))
        people.forget_failures(tx, milliseconds(now - attempts.WINDOW_SECONDS))
        passkeys.forget(tx, milliseconds(now))


def _lasts(created_at: int, seen_at: int, now: int) -> bool:
    """Within both limits; a clock that jumped back ends it too (F11)."""
    return 0 <= now - created_at < MOST_SECONDS * 1000 and -60_000 <= now - seen_at < IDLE_SECONDS * 1000


def _may(service: Service, roles: list[tuple[str, str]]) -> bool:
    """In production who needs a passkey does not get in without (R16)."""
    return not (service.production and any(role in NEED_PASSKEY for _, role in roles))


def _enrols(tx: Transaction, enrolment: str, person_id: str, now: int) -> bool:
    found = passkeys.finish(tx, digest(enrolment), ENROL, now)
    return found is not None and found[1] == person_id


def begin_session(tx: Transaction, person_id: str, roles: list[tuple[str, str]], now: int, how: str) -> str:
    """A fresh session's token; who is of the confidential team has one session alone.

    Args:
        tx: the transaction in which everything was found right.
        person_id, roles: whose it is.
        now: milliseconds since 1970.
        how: as in `SignedIn`.
    """
    token = secrets.token_urlsafe(32)
    if any(role == "confidential" for _, role in roles):
        people.end_sessions(tx, person_id)
    people.begin_session(tx, digest(token), person_id, now, how)
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
