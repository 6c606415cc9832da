"""Every flow version that a conversation may have begun with, for as long as one may go on (F13)."""

from __future__ import annotations

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("flow_versions")


def add(tx: Transaction, *, slug: str, version: int, digest: str, source: str) -> None:
    """Keeps a version's source; the same again changes nothing."""
    tx.run(_S.ADD, hash=digest, slug=slug, version=version, source=source)


def source(tx: Transaction, digest: str) -> str | None:
    """The source of the version with this hash."""
    row = tx.one(_S.SOURCE, digest=digest)
    return None if row is None else str(row[0])


def known(tx: Transaction) -> set[str]:
    """The hashes of all versions that are kept."""
    return {row[0] for row in tx.all(_S.KNOWN)}
