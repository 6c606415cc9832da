"""What the threads of one process do together: work that several bring at once, documents that many want opened.

Fifty desks look at the same line at the same moment. It is opened once, and their looks are written in one commit.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import orjson
from msgspec import Struct, field

from handlers.records import reports
from handlers.records.company import Company
from handlers.records.database import Transaction
from handlers.vault import KeyRing, VaultError

LIFE_SECONDS: Final = 60.0
MOST_KEPT: Final = 512
MOST_TOGETHER: Final = 64
WAIT_SECONDS: Final = 5.0
Made = TypeVar("Made")


class _Kept(Struct):
    """A document until when (monotonic seconds), the key it was opened with, and what was made of it."""

    until: float
    wrapped: bytes
    document: dict[str, Any]
    made: dict[str, Any] = field(default_factory=dict)


class Documents:
    """Opened documents of reports, the newest used and none older than a minute.

    Who asks brings the wrapped key as the store holds it now: one that was erased or wrapped anew meanwhile is not
    answered for (R9, F14). Nobody may change a document.

    Args:
        ring: opens them.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._kept: OrderedDict[tuple[str, int], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, report_id: str, revision: int, wrapped: bytes) -> dict[str, Any] | None:
        """One that was opened a moment ago; None where it has to be opened."""
        with self._lock:
            self._forget_old()
            found = self._kept.get((report_id, revision))
            return found.document if found is not None and found.wrapped == wrapped else None

    def read(self, tx: Transaction, audience: str, report_id: str, revision: int, wrapped: bytes) -> dict[str, Any]:
        """The same, read from the store and opened where it is not at hand; empty where it cannot be."""
        known = self.get(report_id, revision, wrapped)
        if known is not None:
            return known
        sealed = reports.sealed_document(tx, report_id, revision)
        return {} if sealed is None else self.open(audience, report_id, revision, wrapped, sealed[0])

    def made(
        self, report_id: str, revision: int, document: Mapping[str, Any], what: str, make: Callable[[], Made]
    ) -> Made:
        """What is made of a document that came from here and of what it followed: once as long as it is kept."""
        kept = self._kept.get((report_id, revision))
        if kept is None or kept.document is not document:
            return make()
        if what not in kept.made:
            kept.made[what] = make()
        found: Made = kept.made[what]
        return found

    def open(self, audience: str, report_id: str, revision: int, wrapped: bytes, sealed: bytes) -> dict[str, Any]:
        """A sealed revision, opened; empty where it cannot be.

        Args:
            audience: of the report's line.
            report_id, revision: whose and which it is.
            wrapped: the report's key.
            sealed: the document.
        """
        known = self.get(report_id, revision, wrapped)
        if known is not None:
            return known
        ring_audience = "confidential" if audience == "confidential" else "content"
        try:
            key = self._ring.unwrap(ring_audience, report_id, wrapped, reports.key_place(report_id))
            opened = key.open(sealed, reports.document_place(report_id, revision))
        except VaultError:
            return {}
        document: dict[str, Any] = orjson.loads(opened)
        with self._lock:
            self._kept.pop((report_id, revision), None)
            self._kept[report_id, revision] = _Kept(time.monotonic() + LIFE_SECONDS, wrapped, document)
            self._forget_old()
        return document

    def _forget_old(self) -> None:
        """They stand in the order of their ends."""
        now = time.monotonic()
        while self._kept and (len(self._kept) > MOST_KEPT or next(iter(self._kept.values())).until <= now):
            self._kept.popitem(last=False)


class Shared:
    """The documents, and a company of threads for each kind of work.

    Args:
        ring: opens the documents.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.documents = Documents(ring)
        self._companies: dict[tuple[str, ...], Company] = {}
        self._lock = threading.Lock()

    def company(self, *work: str, most: int = MOST_TOGETHER) -> Company:
        """The threads that do this work together, `most` in one go."""
        with self._lock:
            return self._companies.setdefault(work, Company(most, WAIT_SECONDS))
