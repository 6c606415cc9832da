"""Work that threads bring at the same time, done by one of them for all: many turns, one commit.

A thread that finds nobody at work leads: it takes what waits, its own first, runs it in one go and wakes the others,
one of which leads next: where the work says so while it still waits for the disk, else at its end. There is no thread
that does nothing else and could die with the work of others: who leads is a caller itself. Waiting has a limit.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Job = TypeVar("Job")
PassOn = Callable[[], None]
"""Lets the next thread lead; harmless where that has happened."""


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

    def do(self, job: Job, run: Callable[[Sequence[Job], PassOn], None]) -> None:
        """Returns once the job has been run, by this thread or another.

        Args:
            job: what came of it is noted in it; until then it says that nothing did.
            run: does several jobs in one go, and may let the next be begun meanwhile; the same for all of this company.

        Raises TooLong, and in the thread that leads what `run` raises.
        """
        if self._pid != os.getpid():
            self._begin()
        waiter = _Waiter(job)
        with self._mutex:
            self._waiting.append(waiter)
            leads, self._led = not self._led, True
        if leads or self._is_to_lead(waiter):
            self._lead(run)

    def _is_to_lead(self, waiter: _Waiter) -> bool:
        """Waits; whether this thread leads then, or its job has been run by another. Raises TooLong."""
        if not waiter.woken.acquire(timeout=self._seconds):
            with self._mutex:
                if not (waiter.done or waiter.leads):
                    if waiter in self._waiting:
                        self._waiting.remove(waiter)
                    raise TooLong
        return not waiter.done

    def _lead(self, run: Callable[[Sequence[Any], PassOn], None]) -> None:
        with self._mutex:
            taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        passed = False

        def pass_on() -> None:
            nonlocal passed
            if not passed:
                passed = True
                self._wake_next()

        try:
            run([waiter.job for waiter in taken], pass_on)
        finally:
            with self._mutex:
                for waiter in taken:
                    waiter.done = True
            for waiter in taken:
                waiter.woken.release()
            pass_on()

    def _wake_next(self) -> None:
        with self._mutex:
            self._led = bool(self._waiting)
            following = self._waiting[0] if self._led else None
            if following is not None:
                following.leads = True
        if following is not None:
            following.woken.release()
