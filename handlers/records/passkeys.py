"""Passkeys, what was begun with them, and who is who at an issuer. Times in milliseconds since 1970."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("passkeys")


class PasskeyRow(Struct, frozen=True):
    """One authenticator of a person; `public_key` in COSE form (RFC 9053)."""

    id: str
    person_id: str
    label: str
    public_key: bytes
    sign_count: int
    created_at: int
    used_at: int | None


def add(tx: Transaction, row: PasskeyRow) -> bool:
    """Writes a new passkey; False where there is one of that id already."""
    return (
        tx.changed(
            _S.ADD, id=row.id, person_id=row.person_id, label=row.label, public_key=row.public_key,
            sign_count=row.sign_count, created_at=row.created_at,
        )
        == 1
    )  # fmt: skip


def by_id(tx: Transaction, passkey_id: str) -> PasskeyRow | None:
    """The passkey of that id."""
    row = tx.one(_S.BY_ID, wanted=passkey_id)
    return None if row is None else PasskeyRow(*row)


def of(tx: Transaction, person_id: str) -> list[PasskeyRow]:
    """A person's passkeys, the oldest first."""
    return [PasskeyRow(*row) for row in tx.all(_S.OF, person=person_id)]


def used(tx: Transaction, passkey_id: str, count: int, now: int) -> bool:
    """Notes a use and the counter it came with; False where the counter was seen before (a copy of the key)."""
    return tx.changed(_S.USED, wanted=passkey_id, count=count, at=now) == 1


def remove(tx: Transaction, passkey_id: str, person_id: str) -> bool:
    """Removes one of a person's passkeys; False where it is none of them."""
    return tx.changed(_S.REMOVE, wanted=passkey_id, person=person_id) == 1


def remove_all(tx: Transaction, person_id: str) -> None:
    """Removes every passkey of a person."""
    tx.run(_S.REMOVE_ALL, person=person_id)


def begin(
    tx: Transaction, digest: str, kind: str, *, bound: str, subject: str, person_id: str | None, ends_at: int
) -> None:
    """Writes what must be finished once until `ends_at`."""
    tx.run(_S.BEGIN, hash=digest, kind=kind, bound=bound, subject=subject, person_id=person_id, ends_at=ends_at)


def finish(tx: Transaction, digest: str, kind: str, now: int) -> tuple[str, str | None] | None:
    """Uses it up; returns what it is bound to and whose it is, None where it is used, over or was never begun."""
    row = tx.one(_S.FINISH, found=digest, wanted=kind, now=now)
    return None if row is None else (row[0], row[1])


def open_ceremonies(tx: Transaction, subject: str, now: int) -> int:
    """How many a network has begun that are neither finished nor over."""
    row = tx.one(_S.OPEN, whose=subject, now=now)
    return int(row[0]) if row else 0


def end_of(tx: Transaction, person_id: str) -> None:
    """Ends what is open for a person."""
    tx.run(_S.END_OF, person=person_id)


def forget(tx: Transaction, now: int) -> None:
    """Forgets what is over."""
    tx.run(_S.FORGET, now=now)


def join(tx: Transaction, issuer: str, subject: str, person_id: str) -> bool:
    """Says who somebody is at an issuer; False where that is somebody already."""
    return tx.changed(_S.JOIN, issuer=issuer, subject=subject, person_id=person_id) == 1


def part(tx: Transaction, issuer: str, person_id: str) -> None:
    """A person is nobody at an issuer any more."""
    tx.run(_S.PART, at=issuer, person=person_id)


def who(tx: Transaction, issuer: str, subject: str) -> str | None:
    """The id of the person who this is at an issuer."""
    row = tx.one(_S.WHO, at=issuer, whose=subject)
    return None if row is None else str(row[0])


def joined(tx: Transaction, person_id: str) -> list[str]:
    """The issuers that know a person."""
    return [row[0] for row in tx.all(_S.JOINED, person=person_id)]
