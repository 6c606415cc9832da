"""What is changed in the rows of a backup on their way back into a database (F19); see `handlers.backups`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from handlers import erasure, turns
from handlers.vault import KeyRing, VaultError

if TYPE_CHECKING:
    from handlers.records.dump import Rows

SKIP: Final = 1000
"""Revisions that one report may have had since the backup; new ones are numbered past them."""
_BY_ID: Final = frozenset({"reports"})
_STAYS: Final = frozenset({"erased"})
_UNSENT: Final = frozenset({"due", "sending", "unknown"})


class Change:
    """Leaves out what is erased, and makes the rest ready to go on. `left_out`, `unopened` tell what was met.

    Args:
        ring: the keys.
        erased: ids of reports.
        made_at: when the backup was made, in milliseconds since 1970.
        now: the same of now.
    """

    def __init__(self, ring: KeyRing, erased: set[str], made_at: int, now: int) -> None:
        self._ring = ring
        self._erased = erased
        self._made_at = made_at
        self._now = now
        self._gone: list[tuple[str, str]] = []
        self.left_out: set[str] = set()
        self.unopened = 0

    def rows(self, tables: Iterable[tuple[str, tuple[str, ...], list[list[Any]]]]) -> Iterator[Rows]:
        """The rows to write, and at the end what is known of those that were left out."""
        from handlers.records.dump import Rows

        noted: set[str] = set()
        known: set[str] = set()
        for table, columns, rows in tables:
            named = [dict(zip(columns, row, strict=True)) for row in rows]
            kept = [row for row in named if table in _STAYS or not self._is_erased(table, row)]
            for row in kept:
                self._make_ready(table, row)
            noted |= {row["report_id"] for row in kept if table == "erased"}
            known |= {row["hash"] for row in kept if table == "taken_before"}
            yield Rows(table, columns, [tuple(row[name] for name in columns) for row in kept])
        yield Rows("erased", ("report_id", "at"), [(each, self._now) for each in sorted(self._erased - noted)])
        yield Rows("taken_before", ("hash", "key_id", "until"), self._hashes(known))

    def _is_erased(self, table: str, row: dict[str, Any]) -> bool:
        report_id = row["id"] if table in _BY_ID else row.get("report_id")
        if report_id not in self._erased:
            return False
        self.left_out.add(str(report_id))
        if table == "inbox":
            self._gone.append((row["channel"], row["external_id"]))
        return True

    def _make_ready(self, table: str, row: dict[str, Any]) -> None:
        if table == "conversations":
            self._skip_ahead(row)
        elif table == "inbox" and row.get("backed_up_at", 0) is None:
            row["backed_up_at"] = self._made_at
        elif table == "texts" and row["state"] in _UNSENT:
            # It may have gone out since: the carrier is asked first.
            row["tried_at"] = row["tried_at"] or self._made_at
        elif table == "outbox" and row["state"] == "leased":
            row |= {"state": "due", "owner": None, "due_at": self._now}

    def _skip_ahead(self, row: dict[str, Any]) -> None:
        try:
            row["state"] = turns.skipped_ahead(self._ring, row["id"], row["key"], row["state"], SKIP)
        except (turns.Lost, VaultError):
            self.unopened += 1

    def _hashes(self, known: set[str]) -> list[tuple[str, str, int]]:
        key_id = self._ring.ids("index")[0]
        until = self._now + erasure.KNOWN_DAYS * 86_400_000
        found = {erasure.digests(self._ring, channel, external_id)[0] for channel, external_id in self._gone}
        return [(digest, key_id, until) for digest in sorted(found - known)]
