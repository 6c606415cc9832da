"""People who may sign in at the desk, their roles, sessions and failed attempts. Times in milliseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from handlers.records import passkeys
from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.vault import Place

_S = statements("people")


@dataclass(frozen=True, slots=True, repr=False)
class PersonRow:
    """One account; `password` is an Argon2 hash, `key` wrapped, `totp` sealed."""

    id: str
    name: str
    shown: str
    password: str
    key: bytes
    totp: bytes
    totp_step: int
    locked: int


class SessionRow(Struct, frozen=True):
    """Who is signed in by one token."""

    person_id: str
    name: str
    shown: str
    created_at: int
    seen_at: int
    how: str


class OpenSession(Struct, frozen=True):
    """One of a person's sessions, by the hash of its token."""

    hash: str
    created_at: int
    seen_at: int
    how: str


def key_place(person_id: str) -> Place:
    """Where a person's wrapped key stands."""
    return Place("people", person_id, "key")


def totp_place(person_id: str) -> Place:
    """Where a person's sealed second factor stands."""
    return Place("people", person_id, "totp")


def add(
    tx: Transaction, *, person_id: str, name: str, shown: str, password: str, key: bytes, totp: bytes, now: int
) -> None:
    """Writes a new account."""
    tx.run(_S.ADD, id=person_id, name=name, shown=shown, password=password, key=key, totp=totp, created_at=now)


def by_name(tx: Transaction, name: str) -> PersonRow | None:
    """The account of that name."""
    row = tx.one(_S.BY_NAME, wanted=name)
    return None if row is None else PersonRow(*row)


def by_id(tx: Transaction, person_id: str) -> PersonRow | None:
    """The account of that id."""
    row = tx.one(_S.BY_ID, person=person_id)
    return None if row is None else PersonRow(*row)


def listed(tx: Transaction) -> list[PersonRow]:
    """Every account, by name."""
    return [PersonRow(*row) for row in tx.all(_S.LIST)]


def lock(tx: Transaction, person_id: str, locked: bool) -> None:
    """Locks or unlocks an account."""
    tx.run(_S.LOCK, person=person_id, locked=int(locked))


def reset(tx: Transaction, person_id: str, *, password: str, key: bytes, totp: bytes) -> None:
    """Puts a new password and a new second factor in place of the old ones, and unlocks."""
    tx.run(_S.RESET, person=person_id, password=password, key=key, totp=totp)


def change_password(tx: Transaction, person_id: str, password: str) -> None:
    """Puts the hash of a new password in place of the old one."""
    tx.run(_S.PASSWORD, person=person_id, password=password)


def accept_step(tx: Transaction, person_id: str, step: int) -> bool:
    """Notes the time step of a code; False where it or a later one was accepted before."""
    return tx.changed(_S.STEP, person=person_id, step=step) == 1


def grant(tx: Transaction, person_id: str, organisation: str, role: str) -> None:
    """Gives a role; again it changes nothing."""
    tx.run(_S.GRANT, person_id=person_id, organisation=organisation, role=role)


def revoke(tx: Transaction, person_id: str, organisation: str, role: str) -> bool:
    """Takes a role away; False where it was not given."""
    return tx.changed(_S.REVOKE, person=person_id, at=organisation, which=role) == 1


def roles(tx: Transaction, person_id: str) -> list[tuple[str, str]]:
    """A person's roles as (organisation, role)."""
    return [(row[0], row[1]) for row in tx.all(_S.ROLES, person=person_id)]


def with_role(tx: Transaction, organisation: str, role: str) -> list[tuple[str, str]]:
    """Who has a role at an organisation and is not locked, as (id, name as shown)."""
    return [(row[0], row[1]) for row in tx.all(_S.WITH_ROLE, at=organisation, which=role)]


def begin_session(tx: Transaction, digest: str, person_id: str, now: int, how: str) -> None:
    """Writes a session under the hash of its token."""
    tx.run(_S.BEGIN, hash=digest, person_id=person_id, created_at=now, seen_at=now, how=how)


def sessions(tx: Transaction, person_id: str) -> list[OpenSession]:
    """A person's sessions, the newest first; those that are over and not yet swept up included."""
    return [OpenSession(*row) for row in tx.all(_S.SESSIONS, person=person_id)]


def lasting(tx: Transaction) -> list[tuple[str, int, int]]:
    """Every session as (hash, made at, seen at), while its person is not locked."""
    return [(row[0], row[1], row[2]) for row in tx.all(_S.LASTING)]


def session(tx: Transaction, digest: str) -> SessionRow | None:
    """The session of that hash, while its person is not locked."""
    row = tx.one(_S.SESSION, found=digest)
    return None if row is None else SessionRow(*row)


def seen(tx: Transaction, digest: str, now: int) -> None:
    """Notes that its person did something."""
    tx.run(_S.SEEN, found=digest, seen_at=now)


def end_session(tx: Transaction, digest: str) -> None:
    """Ends one session."""
    tx.run(_S.END, found=digest)


def end_sessions(tx: Transaction, person_id: str) -> None:
    """Ends every session of a person, and whatever would begin one."""
    tx.run(_S.END_ALL, person=person_id)
    tx.run(_S.END_LINKS, person=person_id)
    passkeys.end_of(tx, person_id)


def end_other_sessions(tx: Transaction, person_id: str, keep: str) -> None:
    """Ends every session of a person but one."""
    tx.run(_S.END_OTHERS, person=person_id, keep=keep)


def end_old_sessions(tx: Transaction, *, made: int, seen_before: int) -> int:
    """Ends the sessions that began before `made` or were idle since before `seen_before`; returns how many."""
    return tx.changed(_S.END_OLD, made=made, seen=seen_before)


def add_link(tx: Transaction, digest: str, person_id: str, ends_at: int) -> None:
    """Writes a link that signs in once."""
    tx.run(_S.ADD_LINK, hash=digest, person_id=person_id, ends_at=ends_at)


def use_link(tx: Transaction, digest: str, now: int) -> str | None:
    """Uses a link up; returns whose it was, None where it is used, over or was never there."""
    row = tx.one(_S.USE_LINK, found=digest, now=now)
    return None if row is None else str(row[0])


def failed(tx: Transaction, subject: str, now: int) -> None:
    """Notes a failed attempt of an account or a network."""
    tx.run(_S.FAILED, subject=subject, at=now)


def failures(tx: Transaction, subject: str, since: int) -> int:
    """How many attempts failed after `since`."""
    row = tx.one(_S.FAILURES, whose=subject, since=since)
    return int(row[0]) if row else 0


def forgive(tx: Transaction, subject: str) -> None:
    """Forgets an account's failed attempts."""
    tx.run(_S.FORGIVE, whose=subject)


def forget_failures(tx: Transaction, until: int) -> None:
    """Forgets what failed up to `until`."""
    tx.run(_S.FORGET_FAILURES, until=until)
