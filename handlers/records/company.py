"""Work that threads bring at the same time, done by one of them for all: many turns, one commit.

A thread that finds nobody at work leads: it takes along who waits by the time that it says so (when it has got what all
queue for, a lock), does the work in one go and wakes the others, one of which leads next: where the work says so while
it still waits for the disk, else at its end. There is no thread that does nothing else and could die with the work of
others: who leads is a caller itself. Waiting has a limit.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Job = TypeVar("Job")
PassOn = Callable[[], None]
"""Lets the next thread lead; harmless where that has happened."""
Run = Callable[[Job, "Lead"], None]
"""Does the job of the thread that leads, and those that it takes along."""


class TooLong(Exception):
    """The job was not done in time; it may be done yet where another thread has taken it up."""


class _Waiter:
    __slots__ = ("done", "job", "leads", "woken")

    def __init__(self, job: object) -> None:
        self.job = job
        self.leads = self.done = False
        self.woken = threading.Lock()
        self.woken.acquire()


class Company:
    """The threads of one process that bring the same kind of work.

    Args:
        most: how many in one go.
        seconds: how long a thread waits for the others.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._mutex = threading.Lock()
        self._waiting: deque[_Waiter] = deque()
        self._led = False

    def do(self, job: Job, run: Run[Job]) -> None:
        """Returns once the job has been run, by this thread or another.

        Args:
            job: what came of it is noted in it; until then it says that nothing did.
            run: the same for all of this company.

        Raises TooLong, and in the thread that leads what `run` raises.
        """
        self.do_all((job,), run)

    def do_all(self, jobs: Sequence[Job], run: Run[Job]) -> None:
        """The same with several jobs that one thread brings at once, in their order.

        Raises what went wrong first: TooLong, or what `run` raised. Those behind it that nobody had taken up by then
        are not run: they must not overtake.
        """
        if self._pid != os.getpid():
            self._begin()
        waiters = [_Waiter(job) for job in jobs]
        with self._mutex:
            self._waiting.extend(waiters)
            leads, self._led = not self._led, True
        deadline, problem = time.monotonic() + self._seconds, None
        for waiter in waiters:
            try:
                if problem is None and ((leads and waiter is waiters[0]) or self._is_to_lead(waiter, deadline)):
                    self._lead(waiter, run)
            except BaseException as error:  # noqa: BLE001 - others of them may have been told to lead
                problem = error
            if problem is not None:
                self._withdraw(waiter)
        if problem is not None:
            raise problem

    def _lead(self, waiter: _Waiter, run: Run[Any]) -> None:
        lead = Lead(self, waiter)
        try:
            run(waiter.job, lead)
        finally:
            lead.end()

    def _withdraw(self, waiter: _Waiter) -> None:
        """Its job is not to be run any more, unless somebody is at it or has been."""
        with self._mutex:
            is_to_lead = waiter.leads and not waiter.done
            if not is_to_lead and waiter in self._waiting:
                self._waiting.remove(waiter)
        if is_to_lead:
            waiter.woken.acquire(timeout=1.0)  # who told it to lead is about to wake it
            Lead(self, waiter).end()

    def _is_to_lead(self, waiter: _Waiter, deadline: float) -> bool:
        """Waits; whether this thread leads then, or its job has been run by another. Raises TooLong."""
        if not waiter.woken.acquire(timeout=max(0.0, deadline - time.monotonic())):
            with self._mutex:
                if not (waiter.done or waiter.leads):
                    if waiter in self._waiting:
                        self._waiting.remove(waiter)
                    raise TooLong
            waiter.woken.acquire()  # who has just done the job, or told it to lead, is about to wake it
        return not waiter.done

    def take(self, first: _Waiter, most: int | None = None) -> list[_Waiter]:
        """Who waits by now, `first` before all others, as many as go together."""
        with self._mutex:
            self._waiting.remove(first)
            others = min((most or self._most) - 1, len(self._waiting))
            return [first, *(self._waiting.popleft() for _ in range(others))]

    def finish(self, taken: Sequence[_Waiter]) -> None:
        """Wakes those whose jobs have been run."""
        with self._mutex:
            for waiter in taken:
                waiter.done = True
        for waiter in taken:
            waiter.woken.release()

    def wake_next(self) -> None:
        """Lets who has waited longest lead."""
        with self._mutex:
            self._led = bool(self._waiting)
            following = self._waiting[0] if self._led else None
            if following is not None:
                following.leads = True
        if following is not None:
            following.woken.release()


def alone(job: Job, run: Run[Job]) -> None:
    """Runs a job that nobody else's can go with; raises what `run` raises."""
    Company(1, 0).do(job, run)


class Lead:
    """What the thread that leads may do, each once: take the others along, let the next lead."""

    def __init__(self, company: Company, own: _Waiter) -> None:
        self._company = company
        self._own = own
        self._taken: list[_Waiter] = []
        self._passed = False

    @property
    def jobs(self) -> list[Any]:
        """The own job, and those taken along so far."""
        return [waiter.job for waiter in self._taken or [self._own]]

    def board(self) -> list[Any]:
        """The jobs of those who wait by now, the own before all others; the same when asked again."""
        if not self._taken:
            self._taken = self._company.take(self._own)
        return self.jobs

    def pass_on(self) -> None:
        """Lets the next thread lead, of those who come after these."""
        if not self._passed:
            self.board()
            self._passed = True
            self._company.wake_next()

    def end(self) -> None:
        """The jobs have been run; who was not taken along waits on."""
        if not self._taken:
            self._taken = self._company.take(self._own, 1)
        self._company.finish(self._taken)
        self.pass_on()
