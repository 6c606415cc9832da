"""The people of the desk: accounts, roles, second factors.

    PersonError    it cannot be done; the text is a sentence for the person at the terminal

Each change of a role, a password or a lock ends the person's sessions in the same transaction (R16).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any, Final

import pyotp
from msgspec import Struct

from handlers import attempts, passwords
from handlers.records import passkeys, people
from handlers.records.database import Transaction
from handlers.records.people import PersonRow
from handlers.service import Service, milliseconds

ROLES: Final = ("dispatcher", "supervisor", "confidential", "operator", "auditor", "administrator")
NEED_PASSKEY: Final = frozenset({"confidential", "administrator"})
ISSUER: Final = "Quietline"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_LINK_SECONDS: Final = 600
_ENROLMENT_SECONDS: Final = 3600


class PersonError(Exception):
    """It cannot be done."""


class Enrolled(Struct, frozen=True):
    """What a new or reset account is told, once. `uri` is for an authenticator app (otpauth)."""

    name: str
    password: str
    secret: str
    uri: str

    def __repr__(self) -> str:
        return f"Enrolled(name={self.name!r})"


class Person(Struct, frozen=True):
    """An account as it is listed. `roles` are (organisation, role)."""

    id: str
    name: str
    shown: str
    locked: bool
    roles: tuple[tuple[str, str], ...]
    passkeys: int = 0

    @property
    def lacks_passkey(self) -> bool:
        """Whether the person has a role that needs a passkey, and none."""
        return not self.passkeys and any(role in NEED_PASSKEY for _, role in self.roles)


def add(service: Service, name: str, shown: str, password: str | None = None) -> Enrolled:
    """Makes an account with a fresh second factor.

    Args:
        service: the shared parts.
        name: to sign in with: small letters, digits, `.`, `_`, `@`, `-`.
        shown: how others see the person.
        password: one is made where it is absent.

    Raises PersonError, StoreError.
    """
    if not _NAME.fullmatch(name):
        raise PersonError("A name is made of small letters, digits, dots, underscores, @ and hyphens.")
    person_id = secrets.token_hex(16)
    enrolled, sealed = _enrol(service, person_id, name, shown, password)
    with service.database.write() as tx:
        if people.by_name(tx, name) is not None:
            raise PersonError(f"There is somebody called {name} already.")
        now = milliseconds(service.clock.now())
        people.add(tx, person_id=person_id, name=name, shown=shown, now=now, **sealed)
    return enrolled


def reset(service: Service, name: str, password: str | None = None) -> Enrolled:
    """Gives an account a new password and second factor, unlocks it, removes its passkeys and ends its sessions.

    Raises PersonError, StoreError.
    """
    with service.database.read() as tx:
        row = _found(tx, name)
    enrolled, sealed = _enrol(service, row.id, row.name, row.shown, password)
    with service.database.write() as tx:
        people.reset(tx, row.id, **sealed)
        passkeys.remove_all(tx, row.id)
        people.end_sessions(tx, row.id)
    return enrolled


def change_password(service: Service, name: str, old: str, new: str, keep: str) -> None:
    """Changes a person's own password and ends their other sessions.

    Args:
        service: the shared parts.
        name: whose it is.
        old, new: as typed.
        keep: the hash of the session in which it is done.

    Raises PersonError, StoreError.
    """
    account = attempts.of_account(service, name)
    with service.database.read() as tx:
        row = _found(tx, name)
        braked = attempts.account_braked(service, tx, account)
    if braked or not passwords.fits(old, row.password):
        with service.database.write() as tx:
            attempts.failed(service, tx, account)
        raise PersonError("The password so far is not right.")
    if why := passwords.weakness(new, row.name, row.shown):
        raise PersonError(f"The new password {why}.")
    made = passwords.hashed(new)
    with service.database.write() as tx:
        people.change_password(tx, row.id, made)
        people.end_other_sessions(tx, row.id, keep)


def enrolment(service: Service, name: str) -> str:
    """A token with which somebody adds a passkey within an hour, once, and with password and code. For who needs one.

    Raises PersonError, StoreError.
    """
    token = secrets.token_urlsafe(32)
    ends_at = milliseconds(service.clock.now() + _ENROLMENT_SECONDS)
    with service.database.write() as tx:
        row = _found(tx, name)
        passkeys.begin(tx, digest(token), "enrol", bound="", subject="", person_id=row.id, ends_at=ends_at)
    return token


def join(service: Service, name: str, issuer: str, subject: str) -> None:
    """Says who an account is at an issuer of single sign-on, in place of what was said before; ends its sessions.

    Raises PersonError, StoreError.
    """
    if not issuer:
        raise PersonError("There is no single sign-on: set QUIETLINE_OIDC_ISSUER.")
    with service.database.write() as tx:
        row = _found(tx, name)
        passkeys.part(tx, issuer, row.id)
        if subject and not passkeys.join(tx, issuer, subject, row.id):
            raise PersonError("That is somebody else's at the issuer already.")
        people.end_sessions(tx, row.id)


def lock(service: Service, name: str, locked: bool = True) -> None:
    """Locks an account, which ends its sessions, or unlocks it. Raises PersonError, StoreError."""
    with service.database.write() as tx:
        row = _found(tx, name)
        people.lock(tx, row.id, locked)
        people.end_sessions(tx, row.id)


def change_role(service: Service, name: str, organisation: str, role: str, *, given: bool = True) -> None:
    """Gives or takes a role at an organisation and ends the person's sessions. Raises PersonError, StoreError."""
    check_role(service, organisation, role)
    with service.database.write() as tx:
        row = _found(tx, name)
        if given:
            people.grant(tx, row.id, organisation, role)
        elif not people.revoke(tx, row.id, organisation, role):
            raise PersonError(f"{name} is not {role} at {organisation}.")
        people.end_sessions(tx, row.id)


def check_role(service: Service, organisation: str, role: str) -> None:
    """Raises PersonError where there is no such role or no such organisation."""
    if role not in ROLES:
        raise PersonError(f"A role is one of: {', '.join(ROLES)}.")
    if service.directory.get(organisation) is None:
        raise PersonError(f"There is no organisation {organisation}.")


def listed(service: Service) -> list[Person]:
    """Every account, by name. Raises StoreError."""
    with service.database.read() as tx:
        return [
            Person(
                row.id,
                row.name,
                row.shown,
                bool(row.locked),
                tuple(people.roles(tx, row.id)),
                len(passkeys.of(tx, row.id)),
            )
            for row in people.listed(tx)
        ]


def one_time_link(service: Service, name: str) -> str:
    """A token that signs an account in once, within ten minutes: for development. Raises PersonError, StoreError."""
    if service.production:
        raise PersonError("In production nobody signs in by a link.")
    token = secrets.token_urlsafe(32)
    with service.database.write() as tx:
        row = _found(tx, name)
        people.add_link(tx, digest(token), row.id, milliseconds(service.clock.now() + _LINK_SECONDS))
    return token


def digest(token: str) -> str:
    """What the store knows a token by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def totp_of(service: Service, row: PersonRow) -> pyotp.TOTP:
    """A person's second factor (RFC 6238, SHA-1, 30 s, 6 digits). Raises VaultError."""
    key = service.ring.unwrap("content", row.id, row.key, people.key_place(row.id))
    return pyotp.TOTP(key.open(row.totp, people.totp_place(row.id)).decode())


def _enrol(
    service: Service, person_id: str, name: str, shown: str, password: str | None
) -> tuple[Enrolled, dict[str, Any]]:
    chosen = password if password is not None else secrets.token_urlsafe(18)
    if why := passwords.weakness(chosen, name, shown):
        raise PersonError(f"The password {why}.")
    secret = pyotp.random_base32()
    key, wrapped = service.ring.new_key("content", person_id, people.key_place(person_id))
    sealed: dict[str, Any] = {
        "password": passwords.hashed(chosen),
        "key": wrapped,
        "totp": key.seal(secret.encode(), people.totp_place(person_id)),
    }
    return Enrolled(name, chosen, secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)), sealed


def _found(tx: Transaction, name: str) -> PersonRow:
    row = people.by_name(tx, name)
    if row is None:
        raise PersonError(f"There is nobody called {name}.")
    return row
