"""A loop goes on while the thread whose loop it is waits, and is given back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.substitute import Substitute
from tests.waiting import until


class Loop:
    """Counts the turns that its substitute takes; `breaks` makes them raise."""

    def __init__(self, seconds: float) -> None:
        self.turns = 0
        self.breaks = False
        self.poked = threading.Event()
        self.substitute = Substitute(self._turn, self.poked.set, seconds)
        self.substitute.begin()

    def _turn(self) -> None:
        self.turns += 1
        self.poked.wait(0.005)
        if self.breaks:
            raise RuntimeError("+447700900123")


@contextmanager
def waiting(loop: Loop) -> Iterator[None]:
    with loop.substitute.waiting():
        until(lambda: loop.turns, what="nobody goes on")
        assert loop.substitute.is_in
        yield
    assert not loop.substitute.is_in


def test_while_the_loop_waits_another_goes_on_and_gives_it_back() -> None:
    loop = Loop(0.01)
    for _ in range(3):
        with waiting(loop):
            before = loop.turns
            until(lambda before=before: loop.turns > before)  # type: ignore[misc]
        after, loop.turns = loop.turns, 0
        assert loop.poked.is_set(), "it is asked to leave at once"
        loop.poked.clear()
        assert after > before


def test_what_does_not_take_long_is_nobody_elses() -> None:
    loop = Loop(30.0)
    for _ in range(1000):
        with loop.substitute.waiting():
            pass
    assert loop.turns == 0
    assert not loop.poked.is_set()


def test_what_breaks_in_a_turn_ends_nothing_and_is_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop(0.01)
    loop.breaks = True
    with waiting(loop):
        until(lambda: loop.turns > 2)
    assert "unexpected RuntimeError in the loop" in caplog.text
    assert "900123" not in caplog.text


def test_what_breaks_inside_gives_the_loop_back_too() -> None:
    loop = Loop(0.01)
    with pytest.raises(ValueError, match="inside"), waiting(loop):
        raise ValueError("inside")
    assert not loop.substitute.is_in
