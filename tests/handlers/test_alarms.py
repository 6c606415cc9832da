"""Alarms: told once for one fault, again at growing intervals, then an all-clear; never lost, never doubled."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from handlers import alarms
from handlers.alarms import Told, keep, tell_due
from handlers.conditions import Condition
from handlers.records import alarms as records
from handlers.records.alarms import AlarmRow
from handlers.records.database import Database
from tests.fakes import START

DOWN = Condition("waiting:room", "desk", "3 reports not at room for 15 min.")


@dataclass
class Pager:
    """Looks every ten seconds at what is wrong; `heard` is when somebody was told what."""

    database: Database
    at: float = START
    works: bool = True
    heard: list[tuple[float, str]] = field(default_factory=list)

    def tell(self, row: AlarmRow) -> list[Told]:
        if not self.works:
            return [Told("1 slack", "refused")]
        self.heard.append((self.at - START, row.words))
        return [Told("1 slack")]

    def look(self, *wrong: Condition) -> None:
        keep(self.database, wrong, "desk", self.at)
        tell_due(self.database, self.tell, "desk", self.at)

    def watch(self, seconds: float, *wrong: Condition) -> None:
        until = self.at + seconds
        while self.at < until:
            self.look(*wrong)
            self.at += 10

    @property
    def minutes(self) -> list[float]:
        return [at / 60 for at, _ in self.heard]


@pytest.fixture
def pager(database: Database) -> Pager:
    return Pager(database)


def test_a_fault_is_told_at_once_and_again_at_growing_intervals(pager: Pager) -> None:
    for hours in (0, 0.1, 0.4, 1.5, 5.5, 9.5):
        pager.at = START + hours * 3600
        pager.watch(60, DOWN)

    assert pager.minutes == [0, 6, 24, 90, 330, 570]


def test_between_two_tellings_nothing_is_said_and_the_words_are_the_newest(pager: Pager) -> None:
    pager.watch(290, DOWN)
    assert pager.minutes == [0]

    pager.watch(20, Condition(DOWN.id, "desk", "4 reports not at room for 20 min."))
    assert pager.heard[1:] == [(300, "4 reports not at room for 20 min.")]


def test_when_it_is_over_everybody_who_was_told_hears_the_all_clear_once(pager: Pager) -> None:
    pager.watch(20, DOWN)
    pager.watch(300)

    assert [words for _, words in pager.heard] == [DOWN.words, f"All clear: {DOWN.words}"]
    assert pager.heard[1][0] <= 10 + alarms.QUIET_SECONDS + 10
    with pager.database.read() as tx:
        assert records.all_of(tx) == []


def test_what_comes_and_goes_is_one_alarm(pager: Pager) -> None:
    for _ in range(5):
        pager.watch(10, DOWN)
        pager.watch(40)

    assert [words for _, words in pager.heard] == [DOWN.words]


def test_what_nobody_was_told_of_gets_no_all_clear(pager: Pager) -> None:
    pager.works = False
    pager.watch(20, DOWN)
    pager.watch(120)
    pager.works = True
    pager.watch(120)

    assert pager.heard == []


def test_where_telling_fails_it_is_tried_each_minute_and_the_way_is_marked(pager: Pager) -> None:
    pager.works = False
    pager.watch(120, DOWN)
    with pager.database.read() as tx:
        (route,) = records.routes(tx)
    assert (route.route, route.told_at, route.cause) == ("1 slack", None, "refused")
    assert route.failed_at == int(START * 1000)

    pager.works = True
    pager.watch(60, DOWN)
    assert len(pager.heard) == 1
    with pager.database.read() as tx:
        (route,) = records.routes(tx)
    assert (route.failed_at, route.cause) == (None, None)


def test_f6_two_clocks_tell_once(pager: Pager) -> None:
    other = Pager(pager.database)
    for _ in range(40):
        pager.look(DOWN)
        other.look(DOWN)
        pager.at = other.at = pager.at + 10

    assert len(pager.heard) + len(other.heard) == 2, "at once, and after five minutes"


def test_a_clock_that_was_killed_while_telling_leaves_it_to_the_next(pager: Pager) -> None:
    def killed(_: AlarmRow) -> list[Told]:
        raise KeyboardInterrupt

    keep(pager.database, [DOWN], "desk", pager.at)
    with pytest.raises(KeyboardInterrupt):
        tell_due(pager.database, killed, "desk", pager.at)
    pager.watch(70, DOWN)

    assert pager.minutes == [1]


@pytest.mark.parametrize("jump", [7200, -7200, 10 * 365 * 86400, -10 * 365 * 86400])
def test_f11_a_clock_that_jumps_delays_no_telling_for_good(pager: Pager, jump: float) -> None:
    pager.watch(20, DOWN)
    pager.at += jump
    pager.watch(20, DOWN)
    pager.at += alarms.INTERVALS[-1]
    pager.watch(20, DOWN)
    assert 2 <= len(pager.heard) <= 3

    pager.watch(120)
    assert pager.heard[-1][1] == f"All clear: {DOWN.words}"


def test_ways_that_are_no_longer_configured_are_forgotten(pager: Pager) -> None:
    alarms.note_routes(pager.database, "desk", [Told("1 slack", "refused"), Told("2 mail")], 1)
    alarms.note_routes(pager.database, "confidential", [Told("confidential 1 mail", "refused")], 1)

    alarms.forget_others(pager.database, "desk", ["2 mail"])

    with pager.database.read() as tx:
        assert [row.route for row in records.routes(tx)] == ["2 mail", "confidential 1 mail"]
