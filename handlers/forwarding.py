"""Hands reports to the control rooms: claims outbox rows under a lease, sends them side by side, notes what came of it.

Each sink has a lane of its own, so that one that hangs holds up no other. A lane's one claiming thread writes in
one transaction what the last sends came to and claims as many rows as it has free senders; the senders never touch
the database. After a bell, or a find, a lane looks for more every few milliseconds for a while, without the lock.

A row whose lease ran out is claimed again, by anybody: every send may happen twice, with the same idempotency key
(F5, F10).

    sent                     delivered
    Retryable                5 s, 30 s, 2 min, 5 min for an hour, then 15 min, for ever; or Retry-After (F8, F9)
    SinkPaused               the sink pauses, everything is kept, one probe a minute (F9)
    Parked                   this report waits for a person, the others go on (F9)
"""

from __future__ import annotations

import logging
import math
import queue
import random
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from handlers.ports import Delivery, DeliveryError, Parked, Retryable, Sink, SinkPaused
from handlers.records import outbox, reports
from handlers.records.database import StoreError, Transaction
from handlers.records.outbox import Claimed, Pause
from handlers.service import Service, milliseconds
from handlers.vault import UnknownKey, VaultError

LEASE_SECONDS = 30
IN_FLIGHT = 16
PROBE_SECONDS = 60
SWEEP_SECONDS = 10.0
NOTE_SECONDS = 0.05
ATTENTIVE_SECONDS = 0.3
LOOK_SECONDS = 0.005  # a claim more often than this keeps texts waiting for the lock
MOST_RETRY_AFTER = 3600.0
AWAY_SECONDS = 1.0
AWAY_AFTER_FAILURES = 3
_FIRST_PAUSES = (5.0, 30.0, 120.0)
_HOUR_OF_FIVES = 12

log = logging.getLogger("quietline.forwarding")


def pause_before(attempts: int, jitter: float) -> float:
    """Seconds until the next try after `attempts` failed ones (F8); `jitter` in 0..1 takes up to a tenth off."""
    if attempts <= len(_FIRST_PAUSES):
        pause = _FIRST_PAUSES[attempts - 1]
    elif attempts <= len(_FIRST_PAUSES) + _HOUR_OF_FIVES:
        pause = 300.0
    else:
        pause = 900.0
    return pause * (1 - jitter / 10)


class Sent(Struct, frozen=True):
    """One finished send: what was claimed, and what went wrong (None: delivered)."""

    claimed: Claimed
    problem: DeliveryError | None


class Lane:
    """The way to one sink.

    Args:
        service: the shared parts.
        sink: where to.
        in_flight: how many sends go on side by side, 8 or more.
        sweeps: look for due rows without a bell too.
    """

    def __init__(self, service: Service, sink: Sink, in_flight: int = IN_FLIGHT, *, sweeps: bool = True) -> None:
        self._service = service
        self._sink = sink
        self._in_flight = self._free = in_flight
        self._sweeps = sweeps
        self._owner = secrets.token_hex(8)
        self._finished: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._wanted = in_flight
        self._pause: Pause | None = None
        self._stirred = self._cycled = -math.inf
        self._seen: tuple[int | None, int | None] = (None, None)  # the store's version, and what was due next in it
        self._senders = ThreadPoolExecutor(in_flight, thread_name_prefix=f"send-{sink.id}")
        self._thread = threading.Thread(target=self._run, name=f"lane-{sink.id}", daemon=True)

    def start(self) -> None:
        """Begins claiming."""
        self._thread.start()

    def ring(self) -> None:
        """Something may be due, now or in a moment."""
        self._stirred = time.monotonic()
        self._bell.set()

    def quiet_seconds(self) -> float:
        """For how long it has neither been rung nor found anything due."""
        return time.monotonic() - self._stirred

    def end(self) -> None:
        """Claims nothing more."""
        self._stopping.set()
        self._bell.set()

    def stop(self, seconds: float) -> None:
        """Lets running sends end for a while, then hands back what is still leased (F18)."""
        self.end()
        self._thread.join(seconds)
        self._senders.shutdown(wait=False, cancel_futures=True)
        try:
            with self._service.database.write() as tx:
                outbox.hand_back(tx, self._owner, milliseconds(self._service.clock.now()))
        except StoreError as error:
            log.error("leases of %s were not handed back (%s), they run out by themselves", self._sink.id, error)

    def _run(self) -> None:
        due = 0.0 if self._sweeps else math.inf
        while not (self._stopping.is_set() and self._is_idle()):
            rung = self._bell.wait(self._patience(due))
            self._bell.clear()
            if not (rung or time.monotonic() >= due or self._is_time_to_note() or self._has_come()):
                continue
            pause = self._cycle_safely()
            due = time.monotonic() + pause if self._sweeps else math.inf
        self._service.database.close()

    def _patience(self, due: float) -> float:
        """Seconds to wait for a bell: until something is due, sends may be noted, or it is time to look."""
        longest = NOTE_SECONDS if self._free < self._in_flight else threading.TIMEOUT_MAX
        if self._is_looking():
            longest = LOOK_SECONDS
        return max(0.0, min(longest, due - time.monotonic()))

    def _is_looking(self) -> bool:
        return self._free > 0 and self._pause is None and self.quiet_seconds() < ATTENTIVE_SECONDS

    def _is_time_to_note(self) -> bool:
        return not self._finished.empty() and time.monotonic() - self._cycled >= NOTE_SECONDS

    def _has_come(self) -> bool:
        """Whether something is due, seen without the lock; where nobody has written since, without a search."""
        if not self._is_looking():
            return False
        try:
            look = self._service.database.look()
            version = look.version()
            if version is None or version != self._seen[0]:
                self._seen = version, outbox.next_due(look, self._sink.id)
            due_at = self._seen[1]
        except Exception:  # noqa: BLE001 - the cycle meets it again, and deals with it
            self._seen = (None, None)
            return True
        return due_at is not None and due_at <= milliseconds(self._service.clock.now())

    def _cycle_safely(self) -> float:
        try:
            return self._cycle()
        except StoreError as error:
            log.error("lane %s: the store is away (%s)", self._sink.id, error)
        except Exception as error:  # noqa: BLE001 - without its lane a sink would get nothing more
            log.error("lane %s: unexpected %s", self._sink.id, type(error).__name__)
        self._seen = (None, None)  # another connection counts its versions anew
        time.sleep(AWAY_SECONDS)  # nothing wakes it sooner: a lane that is to stop would ask without a pause
        return 0.0

    def _is_idle(self) -> bool:
        return self._finished.empty() and self._free == self._in_flight

    def _cycle(self) -> float:
        """One transaction: notes what ended, claims what fits. Returns for how many seconds nothing is due."""
        self._cycled = time.monotonic()
        ended = self._collect()
        room = 0 if self._stopping.is_set() else self._free
        if not ended and not room:
            return SWEEP_SECONDS
        claimed: list[Claimed] = []
        pause = SWEEP_SECONDS
        now = self._service.clock.now()
        try:
            # The lock is everybody's: what can be looked up before or after is.
            self._pause = outbox.paused(self._service.database.look()).get(self._sink.id)
            with self._service.database.write() as tx:
                for sent in ended:
                    self._note(tx, sent, now)
                if room:
                    claimed, pause = self._claim(tx, room, milliseconds(now))
        except Exception:
            for sent in ended:
                self._finished.put(sent)
            self._free -= len(ended)
            raise
        if 0 < room != len(claimed) and self._pause is None:
            pause = self._until_next(milliseconds(now))
        if claimed:
            self._stirred = time.monotonic()
        self._free -= len(claimed)
        self._wanted = self._in_flight // 2 if self._free == 0 else self._in_flight
        for row in claimed:
            self._senders.submit(self._send, row)
        return pause

    def _collect(self) -> list[Sent]:
        ended = []
        while True:
            try:
                ended.append(self._finished.get_nowait())
            except queue.Empty:
                self._free += len(ended)
                return ended

    def _claim(self, tx: Transaction, room: int, at: int) -> tuple[list[Claimed], float]:
        """Leases what is due, and says for how many seconds nothing more will be."""
        sink, pause = self._sink.id, self._pause
        if pause is not None:
            if not outbox.may_probe(tx, sink, now=at, next_probe=at + PROBE_SECONDS * 1000):
                return [], min(SWEEP_SECONDS, max(0.1, (pause.probe_at - at) / 1000))
            room = 1
        lease_until = at + LEASE_SECONDS * 1000
        claimed = outbox.claim(tx, sink, now=at, lease_until=lease_until, owner=self._owner, most=room)
        return claimed, SWEEP_SECONDS

    def _until_next(self, at: int) -> float:
        """Seconds until the sink's next row is due."""
        due_at = outbox.next_due(self._service.database.look(), self._sink.id)
        return SWEEP_SECONDS if due_at is None else min(SWEEP_SECONDS, max(0.001, (due_at - at) / 1000))

    def _send(self, row: Claimed) -> None:
        """Runs in a sender: no database here."""
        problem: DeliveryError | None = None
        try:
            self._sink.deliver(self._delivery(row))
        except DeliveryError as error:
            problem = error
        except UnknownKey:  # keys are being rotated: a process that has it takes the row, or this one after a restart
            problem = Retryable("sealed under a key that is not here")
        except VaultError:
            problem = Parked("cannot be opened")
        except Exception as error:  # noqa: BLE001 - a fault in a sink must not lose the row
            problem = Retryable(type(error).__name__)
        self._finished.put(Sent(row, problem))
        # One commit notes many: a lone success waits for company, a backlog for half the senders.
        if problem is not None or self._stopping.is_set() or self._finished.qsize() >= self._wanted:
            self._bell.set()

    def _delivery(self, row: Claimed) -> Delivery:
        key = self._service.ring.unwrap("content", row.report_id, row.key, reports.key_place(row.report_id))
        return Delivery(
            report_id=row.report_id,
            revision=row.revision,
            kind=row.kind,
            organisation=row.organisation,
            document=key.open(row.document, reports.document_place(row.report_id, row.revision)),
            created_at=row.created_at / 1000,
            attempt=row.attempts,
        )

    def _note(self, tx: Transaction, sent: Sent, now: float) -> None:
        row, problem, at = sent.claimed, sent.problem, milliseconds(now)
        if problem is None:
            outbox.delivered(tx, row.id, at)
            self._back(tx, at, row.attempts - 1)
            return
        cause = str(problem)[:200]
        if isinstance(problem, Parked):
            log.error("report %s revision %d is parked at %s: %s", row.report_id, row.revision, self._sink.id, cause)
            outbox.park(tx, row.id, owner=self._owner, cause=cause)
            return
        if isinstance(problem, SinkPaused):
            if outbox.pause(tx, self._sink.id, cause=cause, now=at, probe_at=at + PROBE_SECONDS * 1000):
                log.error("sink %s is paused: %s", self._sink.id, cause)
            outbox.again(tx, row.id, owner=self._owner, at=at, cause=cause)
            return
        pause = pause_before(row.attempts, random.random())  # noqa: S311 - spreads retries, guards nothing
        if isinstance(problem, Retryable) and problem.retry_after is not None:
            pause = min(max(1.0, problem.retry_after), MOST_RETRY_AFTER)
        else:
            self._failures += 1
        outbox.again(tx, row.id, owner=self._owner, at=at + milliseconds(pause), cause=cause)

    def _back(self, tx: Transaction, at: int, failed: int) -> None:
        """The sink took one: a pause ends; after an absence all that waits for a later try is due now.

        It was away where the last sends failed without naming a time, or where this row had `failed` for an hour.
        """
        was_away = self._failures >= AWAY_AFTER_FAILURES or failed >= len(_FIRST_PAUSES) + _HOUR_OF_FIVES
        if (self._pause is not None and outbox.resume(tx, self._sink.id)) or was_away:
            log.warning("sink %s takes reports again", self._sink.id)
            outbox.hasten(tx, self._sink.id, at)
        self._failures = 0


class Forwarder:
    """All lanes of one process.

    Args:
        service: the shared parts; each of its sinks gets a lane.
        in_flight: sends side by side for each sink.
        sweeps: look for due rows without a bell too.
    """

    def __init__(self, service: Service, in_flight: int = IN_FLIGHT, *, sweeps: bool = True) -> None:
        self._lanes = {key: Lane(service, sink, in_flight, sweeps=sweeps) for key, sink in service.sinks.items()}

    def start(self) -> None:
        """Begins claiming in all lanes."""
        for lane in self._lanes.values():
            lane.start()

    def ring(self, _outbox_ids: Sequence[int] = ()) -> bool:
        """Wakes the lanes: which rows are due is read from the outbox, never from the bell."""
        for lane in self._lanes.values():
            lane.ring()
        return True

    def quiet_seconds(self) -> float:
        """For how long no lane has been rung or has found anything due."""
        return min((lane.quiet_seconds() for lane in self._lanes.values()), default=math.inf)

    def stop(self, seconds: float = 12.0) -> None:
        """Stops claiming, lets running sends end, hands leases back."""
        for lane in self._lanes.values():
            lane.end()
        until = time.monotonic() + seconds
        for lane in self._lanes.values():
            lane.stop(max(0.0, until - time.monotonic()))
