"""Who looked at or changed what. Rows are only ever added; the database refuses anything else.

They are chained (R11): each row's digest covers the row and the digest before it. Who appends holds a lock of its own
until the end of its transaction; the web process that answers carriers never appends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

FIRST: Final = ""
_AT_ONCE: Final = 1000
_S = statements("audit")


class AuditRow(Struct, frozen=True):
    """One look or change: ids and codes alone, no content and no number. `at` in milliseconds since 1970.

    `kind` is one of R10's six; `what` is such as `report`; `why` a short reason of ours; `to_whom` where something
    was disclosed to somebody else.
    """

    at: int
    person_id: str | None
    organisation: str
    audience: str
    kind: str
    what: str
    report_id: str | None
    revision: int | None
    why: str
    to_whom: str | None = None


_NAMES = tuple(AuditRow.__struct_fields__)


class Link(Struct, frozen=True):
    """One row of the chain: its number, the digest before it, its own; both None on rows from before there was one."""

    id: int
    before: str | None
    digest: str | None
    row: AuditRow


def add(tx: Transaction, row: AuditRow) -> None:
    """Writes one row."""
    add_all(tx, [row])


def add_all(tx: Transaction, rows: Iterable[AuditRow]) -> None:
    """Writes rows, each chained to the one before."""
    lock(tx)
    before = head(tx)[1]
    chained: list[dict[str, Any]] = []
    for row in rows:
        digest = digest_of(before, row)
        chained.append({"before": before, "digest": digest, **{name: getattr(row, name) for name in _NAMES}})
        before = digest
    tx.many(_S.ADD, chained)


def lock(tx: Transaction) -> None:
    """Waits until nobody else appends, and keeps others from it until the transaction ends."""
    tx.one(_S.LOCK)


def head(tx: Transaction) -> tuple[int, str]:
    """The newest row's number and digest; 0 and nothing where there is none."""
    found = tx.one(_S.HEAD)
    return (0, FIRST) if found is None else (found[0], found[1] or FIRST)


def digest_of(before: str, row: AuditRow) -> str:
    """SHA-256 over the digest before and every field, each with its length before it; absent is not empty."""
    values = [before, *(getattr(row, name) for name in _NAMES)]
    parts = [b"-" if value is None else b"%d:" % len(text := str(value).encode()) + text for value in values]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def chain(tx: Transaction) -> Iterator[Link]:
    """Every row in order."""
    after = -1
    while found := tx.all(_S.CHAIN, after=after, most=_AT_ONCE):
        for number, before, digest, *values in found:
            yield Link(number, before, digest, AuditRow(*values))
        after = found[-1][0]


def of_report(tx: Transaction, report_id: str) -> list[AuditRow]:
    """Who saw or changed a report, in order."""
    return [AuditRow(*row) for row in tx.all(_S.OF_REPORT, report=report_id)]


class Wanted(Struct, frozen=True):
    """Which rows: by whom (`-` for the installation itself), of which kind and act, about which report by its id or
    reference; empty asks for nothing. `since` and `until` in milliseconds, the end excluded."""

    who: str = ""
    kind: str = ""
    what: str = ""
    report: str = ""
    since: int = 0
    until: int = 1 << 62


def found(
    tx: Transaction, organisation: str, audience: str, wanted: Wanted, *, most: int, skipped: int = 0
) -> list[tuple[AuditRow, str]]:
    """An organisation's rows for an audience that fit, the last one first, each with its report's reference, empty
    where there is none any more."""
    rows = tx.all(
        _S.FOUND, at_organisation=organisation, reader=audience, who=wanted.who, kind_of=wanted.kind, did=wanted.what,
        report=wanted.report, since=wanted.since, until=wanted.until, most=most, skipped=skipped,
    )  # fmt: skip
    return [(AuditRow(*row), reference or "") for *row, reference in rows]
