"""Who is at the desk, and who reads or writes in a report, as this process sees it and as the others say.

Somebody is there as long as their live stream is open, reads a report as long as its page says so (every 50 seconds,
and once when it goes), and writes for half a minute after the last key. Nobody asks who is there: a process writes its
own rows when they change and every 20 seconds, and reads those of the others. Nothing here outlives two minutes.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from handlers.records import shifts
from handlers.records.shifts import Present
from handlers.service import Service, milliseconds

HERE, READING, WRITING = "here", "reading", "writing"
READ_SECONDS: Final = 75
WRITE_SECONDS: Final = 30
BEAT_SECONDS: Final = 20
FADE_SECONDS: Final = 45
CHANGE_SECONDS: Final = 5
MOST: Final = 10_000

Desk = tuple[str, str]
Seat = tuple[str, str, str, str]
"""Person, organisation, audience, report (empty for none)."""


class _At(Struct):
    shown: str
    streams: int = 0
    reads_until: float = 0.0
    writes_until: float = 0.0


class Presence:
    """Thread-safe.

    Args:
        service: the shared parts; its clock is the measure.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._process = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._seats: dict[Seat, _At] = {}
        self._others: tuple[Present, ...] = ()
        self._told: frozenset[Present] = frozenset()
        self._written: frozenset[Present] = frozenset()
        self._beat_at = 0.0

    def sit(self, person_id: str, shown: str, desk: Desk) -> Seat:
        """A stream is open."""
        seat = (person_id, *desk, "")
        with self._lock:
            self._seat(seat, shown).streams += 1
        return seat

    def rise(self, seat: Seat) -> None:
        """That stream is closed; who only goes on to another page is back before anybody is told."""
        with self._lock:
            at = self._seats.get(seat)
            if at is not None:
                at.streams -= 1
                at.reads_until = self._service.clock.now() + CHANGE_SECONDS

    def read(self, person_id: str, shown: str, desk: Desk, report_id: str, *, on: bool = True) -> None:
        """A report's page was made for somebody, is still before them, or no longer."""
        until = self._service.clock.now() + READ_SECONDS if on else 0.0
        with self._lock:
            self._seat((person_id, *desk, report_id), shown).reads_until = until

    def write(self, person_id: str, shown: str, desk: Desk, report_id: str, *, on: bool = True) -> None:
        """Somebody types, or has sent or given up what they typed."""
        until = self._service.clock.now() + WRITE_SECONDS if on else 0.0
        with self._lock:
            self._seat((person_id, *desk, report_id), shown).writes_until = until

    def at(self, desk: Desk) -> list[Present]:
        """Who is there, each once for each report, what they do most first named."""
        with self._lock:
            return _each_once((*self._others, *self._own()), desk)

    def at_report(self, desk: Desk, report_id: str, but: str) -> list[Present]:
        """Who else is at a report."""
        with self._lock:
            others = [one for one in self._others if one.report_id == report_id]
            own = self._own(report_id)
        return [one for one in _each_once((*others, *own), desk) if one.person_id != but]

    def people(self, desk: Desk) -> list[str]:
        """The names of who is there, each once."""
        return list(dict.fromkeys(one.shown for one in self.at(desk)))

    def sync(self) -> dict[Desk, set[str]]:
        """Tells the other processes, hears them, and returns what has changed since the last time: reports by desk, an
        empty one for the desk itself.

        Called each second or so. Raises StoreError; what was known stays.
        """
        now = self._service.clock.now()
        with self._lock:
            self._forget(now)
            own = frozenset(self._own())
            beat = own != self._written or abs(now - self._beat_at) >= BEAT_SECONDS
        if beat and (own or self._written):
            rows = [(one.person_id, *_of(one), one.report_id, one.doing) for one in sorted(own, key=repr)]
            with self._service.database.write() as tx:
                shifts.sit(tx, self._process, rows, milliseconds(now))
                shifts.fade(tx, milliseconds(now - FADE_SECONDS))
        with self._service.database.read() as tx:
            others = tuple(shifts.present(tx, milliseconds(now - FADE_SECONDS), but=self._process))
        with self._lock:
            if beat:
                self._written, self._beat_at = own, now
            self._others = others
            told, self._told = self._told, frozenset((*own, *others))
        changed: dict[Desk, set[str]] = {}
        for one in told ^ self._told:
            changed.setdefault(_of(one), set()).add(one.report_id)
        return changed

    def _seat(self, seat: Seat, shown: str) -> _At:
        if len(self._seats) >= MOST and seat not in self._seats:
            self._forget(self._service.clock.now())
        return self._seats.setdefault(seat, _At(shown))

    def _forget(self, now: float) -> None:
        for seat in [seat for seat, at in self._seats.items() if not _doing(seat, at, now)]:
            del self._seats[seat]

    def _own(self, report_id: str | None = None) -> list[Present]:
        now = self._service.clock.now()
        return [
            Present(seat[0], at.shown, *seat[1:], doing)
            for seat, at in self._seats.items()
            if report_id in (None, seat[3]) and (doing := _doing(seat, at, now))
        ]


def _each_once(found: Iterable[Present], desk: Desk) -> list[Present]:
    """Those of a desk, each once for each report; who writes does, whatever else is said."""
    kept: dict[tuple[str, str], Present] = {}
    for one in found:
        known = kept.get((one.person_id, one.report_id))
        if _of(one) == desk and (known is None or known.doing != WRITING):
            kept[one.person_id, one.report_id] = one
    return sorted(kept.values(), key=lambda one: (one.shown, one.person_id, one.report_id))


def _doing(seat: Seat, at: _At, now: float) -> str:
    if 0 < at.writes_until - now <= WRITE_SECONDS:
        return WRITING
    if at.streams > 0 or 0 < at.reads_until - now <= READ_SECONDS:
        return READING if seat[3] else HERE
    return ""


def _of(one: Present) -> Desk:
    return one.organisation, one.audience
