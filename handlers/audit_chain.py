"""Whether the audit is as it was written (R11), and what leaves the system so that this can be known.

A chain alone shows an edit, a gap, another order. A cut at its end, or a whole chain written anew, shows against a
*head* that was taken earlier and lies elsewhere: the number and digest of the newest row at a moment, signed with a key
that is not in the database. Rows since the last head that left can be rewritten by who has the database; no others.

Sources: THREATS R11; RFC 2104 (HMAC).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from handlers.records import audit
from handlers.records.audit import Link
from handlers.records.database import Database
from handlers.service import Service
from handlers.vault import KeyRing

_LINE: Final = re.compile(
    r"audit-head (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?P<row>\d{1,18}) (?P<digest>[0-9a-f]{64}|-) "
    r"(?P<signature>[0-9A-Za-z_-]{43})"
)
_MONTH: Final = "audit"


class Head(Struct, frozen=True):
    """The newest row at a moment (Unix seconds, whole): its number, its digest, the signature of all three."""

    at: int
    row: int
    digest: str
    signature: str

    def line(self) -> str:
        """As it is kept and sent."""
        at = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"audit-head {at} {self.row} {self.digest or '-'} {self.signature}"


class Verdict(Struct, frozen=True):
    """What a check came to: how many rows and heads were compared, and what is wrong, empty for nothing."""

    rows: int
    heads: int
    problem: str = ""


def take_head(service: Service) -> Head:
    """The head as it stands now. Raises StoreError."""
    at = int(service.clock.now())
    with service.database.read() as tx:
        row, digest = audit.head(tx)
    return Head(at, row, digest, _signatures(service.ring, at, row, digest)[0])


def read_heads(text: str) -> list[Head]:
    """The heads in a file, a mail or a log, in order; other lines are passed over."""
    found = []
    for match in _LINE.finditer(text):
        try:
            at = datetime.strptime(match["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            continue
        digest = "" if match["digest"] == "-" else match["digest"]
        found.append(Head(int(at.timestamp()), int(match["row"]), digest, match["signature"]))
    return found


def verify(database: Database, ring: KeyRing, heads: Iterable[Head]) -> Verdict:
    """Reads the whole chain and compares it with the heads that were kept. Raises StoreError."""
    with database.read() as tx:
        return compare(audit.chain(tx), ring, heads)


def compare(links: Iterable[Link], ring: KeyRing, heads: Iterable[Head]) -> Verdict:
    """The same, of rows at hand."""
    known = list(heads)
    for head in known:
        if head.signature not in _signatures(ring, head.at, head.row, head.digest):
            return Verdict(0, len(known), f"the head of row {head.row} was not signed with this key ring")
    by_row: dict[int, set[str]] = {}
    for head in known:
        if head.row:
            by_row.setdefault(head.row, set()).add(head.digest)
    count, last = 0, audit.FIRST
    for link in links:
        count += 1
        if problem := _wrong(link, last, by_row):
            return Verdict(count, len(known), problem)
        last = link.digest or audit.FIRST
    if by_row:
        return Verdict(count, len(known), f"row {min(by_row)} is gone, which a head names")
    return Verdict(count, len(known))


def _wrong(link: Link, last: str, by_row: dict[int, set[str]]) -> str:
    """What is wrong with one row; takes what heads say of it out of `by_row`."""
    if link.digest is None and (last != audit.FIRST or link.before is not None):
        return f"row {link.id} has no digest"
    if link.digest is not None:
        if link.before != last:
            return f"row {link.id} does not follow the row before it"
        if link.digest != audit.digest_of(last, link.row):
            return f"row {link.id} was changed"
    if by_row.pop(link.id, {link.digest or ""}) != {link.digest or ""}:
        return f"row {link.id} is another than the head says"
    return ""


def _signatures(ring: KeyRing, at: int, row: int, digest: str) -> list[str]:
    """What a head may be signed with, by the key in use first."""
    return ring.indexes([_MONTH], "head", str(at), str(row), digest)
