"""Work done by one thread for all that wait: once each, together, and never for ever."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from handlers.records.company import Company, Lead, TooLong
from tests.waiting import until


class Counter:
    """Notes in which company jobs were run; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def run(self, _: int, lead: Lead) -> None:
        self.batches.append(lead.board())
        self.begun.set()
        assert self.go.wait(10)


def bring(company: Company, counter: Counter, number: int) -> threading.Thread:
    thread = threading.Thread(target=lambda: company.do(number, counter.run))
    thread.start()
    return thread


def waiting(company: Company) -> int:
    return len(company._waiting)


def test_what_comes_meanwhile_is_done_together_in_order() -> None:
    company, counter = Company(8, 10), Counter()
    threads = [bring(company, counter, 0)]
    assert counter.begun.wait(10)
    for number in range(1, 12):
        threads.append(bring(company, counter, number))
        until(lambda number=number: waiting(company) == number)  # type: ignore[misc]
    counter.go.set()
    for thread in threads:
        thread.join(10)
    assert counter.batches == [[0], [1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11]]


def test_what_one_thread_brings_at_once_is_done_in_order_eight_at_a_time() -> None:
    company, counter = Company(8, 10), Counter()
    counter.go.set()
    company.do_all(range(11), counter.run)
    assert counter.batches == [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10]]
    assert waiting(company) == 0


def test_behind_one_that_fails_none_of_its_company_is_done_and_others_are() -> None:
    company, counter = Company(8, 10), Counter()
    begun, go = threading.Event(), threading.Event()

    def refused(_: int, lead: Lead) -> None:
        begun.set()
        assert go.wait(10)
        raise TooLong

    def lead() -> None:
        with pytest.raises(TooLong):
            company.do_all([0, 1, 2], refused)

    counter.go.set()
    first = threading.Thread(target=lead)
    first.start()
    assert begun.wait(10)
    other = bring(company, counter, 3)
    until(lambda: waiting(company) == 4)
    go.set()
    for thread in (first, other):
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(number for batch in counter.batches for number in batch if number == 3) == [3]
    assert waiting(company) == 0
    company.do(4, counter.run)
    assert counter.batches[-1] == [4]


def test_what_one_thread_brings_while_another_leads_waits_no_longer_than_it_may() -> None:
    company, counter = Company(8, 0.05), Counter()
    first = bring(company, counter, 0)
    assert counter.begun.wait(10)
    with pytest.raises(TooLong):
        company.do_all([1, 2, 3], counter.run)
    assert waiting(company) == 0
    counter.go.set()
    first.join(10)
    assert counter.batches == [[0]]


def test_who_waits_too_long_gives_up_and_is_not_done_later() -> None:
    company, counter = Company(8, 0.05), Counter()
    first = bring(company, counter, 0)
    assert counter.begun.wait(10)
    with pytest.raises(TooLong):
        company.do(1, counter.run)
    counter.go.set()
    first.join(10)
    company.do(2, counter.run)
    assert counter.batches == [[0], [2]]


def test_a_leader_that_breaks_leaves_nobody_waiting() -> None:
    company, counter = Company(8, 10), Counter()

    def breaks(own: int, lead: Lead) -> None:
        counter.run(own, lead)
        raise ZeroDivisionError

    def lead() -> None:
        with suppress(ZeroDivisionError):
            company.do(0, breaks)

    first = threading.Thread(target=lead)
    first.start()
    assert counter.begun.wait(10)
    second = bring(company, counter, 1)
    until(lambda: waiting(company) == 1)
    counter.go.set()
    for thread in (first, second):
        thread.join(10)
        assert not thread.is_alive()
    assert counter.batches == [[0], [1]]


def test_the_next_begin_while_the_last_wait_for_the_disk() -> None:
    company, second = Company(8, 10), Counter()
    written = threading.Event()

    def slow(_: int, lead: Lead) -> None:
        lead.board()
        until(lambda: waiting(company) == 1)
        lead.pass_on()
        assert second.begun.wait(10), "nobody led although the lead was passed on"
        written.set()

    first = threading.Thread(target=lambda: company.do(0, slow))
    first.start()
    until(lambda: company._led)
    other = bring(company, second, 1)
    assert written.wait(10)
    second.go.set()
    for thread in (first, other):
        thread.join(10)
    assert second.batches == [[1]]
    company.do(2, second.run)
    assert second.batches == [[1], [2]]


def test_who_comes_while_the_leader_waits_for_the_lock_is_taken_along() -> None:
    company, counter = Company(8, 10), Counter()
    lock = threading.Event()

    def run(own: int, lead: Lead) -> None:
        assert lock.wait(10)
        counter.run(own, lead)

    counter.go.set()
    threads = [threading.Thread(target=company.do, args=(number, run)) for number in range(3)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        until(lambda number=number: waiting(company) == number)  # type: ignore[misc]
    lock.set()
    for thread in threads:
        thread.join(10)
    assert counter.batches == [[0, 1, 2]]


def test_who_leads_and_never_got_the_lock_gives_up_alone() -> None:
    company, counter = Company(8, 10), Counter()
    tried, go = threading.Event(), threading.Event()

    def refused(_: int, lead: Lead) -> None:
        tried.set()
        assert go.wait(10)
        raise TimeoutError

    def lead() -> None:
        with pytest.raises(TimeoutError):
            company.do(0, refused)

    counter.go.set()
    first = threading.Thread(target=lead)
    first.start()
    assert tried.wait(10)
    second = bring(company, counter, 1)
    until(lambda: waiting(company) == 2)
    go.set()
    for thread in (first, second):
        thread.join(10)
        assert not thread.is_alive()
    assert counter.batches == [[1]]
