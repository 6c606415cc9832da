"""Erasure (R22): the report's key goes, its rows go, and SQLite's log is emptied; what is known of it is an opaque id.

    NotErased    it may not be erased; the text says why

The *erasure list* is a file apart from the database, so that a restored backup cannot bring back what was erased. It
is written first: a process that is killed in between is completed by the next run of `apply`. Of each erased text
a keyed hash of the carrier's id stays for 400 days, so that the same text again is answered with nothing (F1). A row
of codes without words stays for statistics.

Sources: sqlite.org/pragma.html (wal_checkpoint, secure_delete).
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from handlers.dispatch import EXERCISE
from handlers.records import erasure, reports
from handlers.records.database import Transaction
from handlers.records.erasure import Hold, ReportRow
from handlers.service import Service, milliseconds
from handlers.vault import KeyRing, VaultError

KNOWN_DAYS: Final = 400
AT_ONCE: Final = 50
_ID: Final = re.compile(r"[0-9a-zA-Z_-]{1,64}")
_DAY: Final = 86_400_000

log = logging.getLogger("quietline.erasure")


class NotErased(Exception):
    """It stays; the text says why."""


class ErasureList:
    """The ids of all that was erased, a line each, in a file for its owner alone.

    Args:
        path: made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def ids(self) -> set[str]:
        """Every id; a line that a power cut left half written is passed over. Raises OSError."""
        try:
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return set()
        return {line for line in lines if _ID.fullmatch(line)}

    def add(self, report_ids: Iterable[str]) -> None:
        """Writes ids that are not there yet and returns once they are on the disk. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            new = sorted(set(report_ids) - self.ids())
            if new:
                # A newline first: the last line may be half a one.
                os.write(descriptor, ("\n" + "\n".join(new) + "\n").encode("ascii"))
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def erase(service: Service, listed: ErasureList, report_ids: Sequence[str]) -> int:
    """Erases reports for good; returns how many there were. Safe to repeat.

    Raises NotErased for one under a legal hold (then none is erased), OSError where the list cannot be written,
    StoreError.
    """
    with service.database.read() as tx:
        held = {hold.report_id for hold in erasure.holds(tx)} & set(report_ids)
    if held:
        raise NotErased(f"{min(held)} is under a legal hold.")
    wrong = [each for each in report_ids if not _ID.fullmatch(each)]
    if wrong:
        raise NotErased("That is no report's id.")
    return _erase(service, listed, report_ids)


def _erase(service: Service, listed: ErasureList, report_ids: Sequence[str]) -> int:
    listed.add(report_ids)
    erased = 0
    for first in range(0, len(report_ids), AT_ONCE):
        with service.database.write() as tx:
            erased += sum(_delete(service, tx, each) for each in report_ids[first : first + AT_ONCE])
    if not service.database.scrub():
        log.error("what was erased may linger in the database's files until they are tidied up")
    return erased


def apply(service: Service, listed: ErasureList) -> int:
    """Erases what stands in the list and is still, or again, in the store; returns how many reports.

    What the store alone knows to be erased gets into the list. A legal hold made since does not bring back the dead.
    """
    with service.database.read() as tx:
        noted = erasure.erased(tx)
    ids = listed.ids()
    if noted - ids:
        listed.add(noted)
    return _erase(service, listed, sorted(ids - noted)) if ids - noted else 0


def _delete(service: Service, tx: Transaction, report_id: str) -> bool:
    now = milliseconds(service.clock.now())
    row = erasure.report(tx, report_id)
    if row is not None and row.revision > 0 and row.status != EXERCISE:
        _keep_statistic(service.ring, tx, report_id, row)
    for channel, external_id in erasure.delete(tx, report_id, now):
        remember(service.ring, tx, channel, external_id, now)
    return row is not None


def remember(ring: KeyRing, tx: Transaction, channel: str, external_id: str, now: int) -> None:
    """Keeps a keyed hash of an erased text's id for 400 days."""
    digest = digests(ring, channel, external_id)[0]
    erasure.remember(tx, digest, ring.ids("index")[0], now + KNOWN_DAYS * _DAY)


def digests(ring: KeyRing, channel: str, external_id: str) -> list[str]:
    """The keyed hashes under which an erased text may be known."""
    return ring.indexes(["taken"], channel, external_id)


def is_known(service: Service, tx: Transaction, channel: str, external_id: str) -> bool:
    """Whether a text was taken before and has been erased since (F1)."""
    return erasure.is_known(tx, digests(service.ring, channel, external_id))


def _keep_statistic(ring: KeyRing, tx: Transaction, report_id: str, row: ReportRow) -> None:
    answer = erasure.outcome(tx, report_id)
    codes: dict[str, Any] = {"state": row.state, "kind": row.kind, "answer": answer and answer[0]}
    try:
        codes |= _codes(ring, tx, report_id, row)
    except (VaultError, KeyError, TypeError, ValueError) as error:
        log.error("of report %s only a bare statistics row stays (%s)", report_id, type(error).__name__)
    erasure.add_statistic(
        tx,
        organisation=row.organisation,
        audience=row.audience,
        status=row.status,
        day=datetime.fromtimestamp(row.created_at / 1000, UTC).strftime("%Y-%m-%d"),
        codes=orjson.dumps(codes).decode(),
    )


def _codes(ring: KeyRing, tx: Transaction, report_id: str, row: ReportRow) -> dict[str, Any]:
    """What the newest document says in values of closed lists: no word, no place finer than a station."""
    sealed = reports.sealed_document(tx, report_id, row.revision)
    if sealed is None:
        return {}
    key = ring.unwrap("content", report_id, row.key, reports.key_place(report_id))
    document = orjson.loads(key.open(sealed[0], reports.document_place(report_id, row.revision)))
    facts = document["facts"]
    return {
        "channel": document["channel"],
        "language": facts["language"],
        "behaviours": facts["behaviours"],
        "urgency": facts["urgency"],
        "role": facts["role"],
        "station": facts["place"]["ids"].get("at"),
    }


def rows(service: Service, report_ids: Sequence[str]) -> list[tuple[str, ReportRow]]:
    """Those of these reports that there are, with what is known of them unsealed. Raises StoreError."""
    with service.database.read() as tx:
        found = [(each, erasure.report(tx, each)) for each in report_ids]
    return [(each, row) for each, row in found if row is not None]


def hold(service: Service, report_id: str, by: str) -> None:
    """Puts a report under a legal hold: it is not erased until `release`. Raises NotErased where there is none."""
    with service.database.write() as tx:
        if erasure.report(tx, report_id) is None:
            raise NotErased("There is no such report.")
        erasure.hold(tx, report_id, by, milliseconds(service.clock.now()))


def release(service: Service, report_id: str) -> None:
    """Ends a legal hold. Raises NotErased where there is none."""
    with service.database.write() as tx:
        if not erasure.release(tx, report_id):
            raise NotErased("There is no legal hold on it.")


def holds(service: Service) -> list[Hold]:
    """The legal holds."""
    with service.database.read() as tx:
        return erasure.holds(tx)
