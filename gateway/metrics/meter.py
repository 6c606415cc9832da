"""Measures latencies and counts in memory, and adds them to the database every few seconds.

In the database rather than in shared files: web workers, the worker and the clock may run on several hosts. Nothing
here is worth a promise: what a killed process had not added yet is lost.

No figure holds what a confidential report or a test brought (R8): whose a text is, is known once its turn is
committed, so texts wait in memory, by the carrier's id alone, until the next time that is added up.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from conversations.texts import fits_one, segments
from handlers.records import measures
from handlers.records.database import Database, StoreError, Transaction

ADD_SECONDS: Final = 10.0
MOST_WAITING: Final = 50_000
# Upper bounds in seconds: from a turn in memory to a sink that was away for an hour.
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0, 120.0, 900.0, 3600.0)
MORE: Final = "more"
SUM: Final = "sum"
COUNT: Final = "count"
INTAKE, TURN, DELIVERY, SEGMENTS = "intake", "turn", "delivery", "segments"

log = logging.getLogger("quietline.metrics")

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, repr=False)
class MeasuredText:
    """One text that was answered: how long its turn and the whole request took in seconds, and the answer."""

    channel: str
    external_id: str
    turn: float
    intake: float
    answer: str | None


class MeasuredSend(Struct, frozen=True):
    """One text that went out by itself: our token of it, and its segments."""

    channel: str
    token: str
    segments: int


class Meter:
    """One process's measures. Thread-safe; its thread begins with the first measurement, after any fork.

    Args:
        database: where they are added up.
        seconds: how often.
    """

    def __init__(self, database: Database, seconds: float = ADD_SECONDS) -> None:
        self._database = database
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sums: Counter[Key] = Counter()
        self._texts: list[MeasuredText] = []
        self._sends: list[MeasuredSend] = []
        self._after: int | None = None
        self._thread: threading.Thread | None = None

    def text(self, text: MeasuredText) -> None:
        """One text was answered."""
        with self._lock:
            if len(self._texts) < MOST_WAITING:
                self._texts.append(text)
        self._begin()

    def time(self, name: str, seconds: float, *, audience: str = "desk", label: str = "") -> None:
        """One latency."""
        with self._lock:
            _time(self._sums, name, audience, label, seconds)
        self._begin()

    def sent(self, text: MeasuredSend) -> None:
        """One text went out by itself."""
        with self._lock:
            self._sends.append(text)
        self._begin()

    def add_up(self) -> None:
        """Adds to the database what was measured since. Where that is away it waits. Raises StoreError."""
        with self._lock:
            sums, texts, sends = self._sums, self._texts, self._sends
            self._sums, self._texts, self._sends = Counter(), [], []
        try:
            with self._database.read() as tx:
                after, last = self._after, measures.last_text(tx)
                # The numbers of two writers may be committed out of order: look back a little.
                apart = measures.apart(tx, max(0, (last - len(texts) if after is None else after) - 1000))
                whose = [(send, measures.whose(tx, send.token)) for send in sends]
            total = sums + _of_texts(texts, apart) + _of_sends(whose)
            if total:
                with self._database.write() as tx:
                    _write(tx, total)
            self._after = last
        except StoreError:
            with self._lock:
                self._sums.update(sums)
                self._texts = (texts + self._texts)[:MOST_WAITING]
                self._sends = (sends + self._sends)[:MOST_WAITING]
            raise

    def _begin(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="meter", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._seconds)
            try:
                self.add_up()
            except StoreError as error:
                log.warning("measures wait for the database (%s)", error)
            except Exception as error:  # noqa: BLE001 - figures must not take a process down
                log.error("measures are lost (%s)", type(error).__name__)


def _of_texts(texts: list[MeasuredText], apart: dict[tuple[str, str], tuple[str, str]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for text in texts:
        audience, status = apart.get((text.channel, text.external_id), ("desk", "live"))
        if status != "live":
            continue
        _time(found, TURN, audience, "", text.turn)
        _time(found, INTAKE, audience, "", text.intake)
        if text.answer:
            found[SEGMENTS, audience, text.channel, COUNT] += (
                1 if fits_one(text.answer) else segments(text.answer).count
            )
    return found


def _of_sends(whose: list[tuple[MeasuredSend, tuple[str, str] | None]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for send, (audience, status) in ((send, known) for send, known in whose if known is not None):
        if status == "live":
            found[SEGMENTS, audience, send.channel, COUNT] += send.segments
    return found


def _time(sums: Counter[Key], name: str, audience: str, label: str, seconds: float) -> None:
    at = bisect_left(BOUNDS, seconds)
    bound = f"{BOUNDS[at] * 1000:g}" if at < len(BOUNDS) else MORE
    sums[name, audience, label, bound] += 1
    sums[name, audience, label, SUM] += round(seconds * 1_000_000)


def _write(tx: Transaction, sums: Counter[Key]) -> None:
    # In one order, so that two processes never wait for each other's rows.
    for (name, audience, label, bucket), value in sorted(sums.items()):
        measures.add(tx, name, audience, label, bucket, value)
