"""Exercises: by their scripts, scored, resting under load, counted nowhere, erased (R22)."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers import desk as desk_pages
from handlers import (
    escalation,
    exercises,
    handling,
    unanswered,
)
from handlers.erasure import ErasureList
from handlers.handling import NotDone
from handlers.records.database import Database
from tests.fakes import Desk
from tests.handlers.shift_desks import KNIFE, NOW, alarms, built, person, reports


@pytest.fixture
def desk(lite: Database) -> Desk:
    return built(lite)


@pytest.fixture
def everywhere(database: Database) -> Desk:
    """The same on both kinds of database."""
    return built(database)


class TestExercises:
    def _run(self, desk: Desk, seconds: int, step: int = 5) -> None:
        for _ in range(seconds // step):
            desk.clock.move(step)
            exercises.run_due(desk.service, desk.doorbell)
            exercises.run_due(desk.service, desk.doorbell)

    def test_it_texts_by_its_script_waits_for_a_word_and_is_scored(self, everywhere: Desk) -> None:
        """> three texts, the third only once staff wrote; < a score."""
        desk = everywhere
        sue, rhian = person(desk, "sue", "supervisor"), person(desk, "rhian")
        exercises.start(desk.service, sue, "btp", "danger")
        self._run(desk, 5)
        (report,) = reports(desk)
        desk.clock.move(40)
        handling.claim(desk.service, rhian, "btp", report)
        self._run(desk, 60)
        assert desk.rows("SELECT step FROM desk_exercises") == [(2,)]
        handling.write(
            desk.service, desk.doorbell, rhian, "btp", report, "Which side of the coach are you on?", key="k"
        )
        self._run(desk, 25)
        assert desk.rows("SELECT step FROM desk_exercises") == [(3,)]
        handling.close(desk.service, rhian, "btp", report, "attended")
        self._run(desk, 5)
        (one,) = exercises.listed(desk.service, sue, "btp")
        assert (one.state, one.claim, one.word, one.outcome, one.fits) == ("over", 40, 60, "attended", True)

    def test_it_is_forwarded_to_nobody_told_to_no_contact_and_counted_nowhere(self, desk: Desk) -> None:
        sue = person(desk, "sue", "supervisor")
        exercises.start(desk.service, sue, "btp", "danger")
        self._run(desk, 400)
        for _ in range(4):
            unanswered.run_due(desk.service, desk.doorbell)
            escalation.escalate(desk.service, desk.doorbell)
        assert desk.rows("SELECT * FROM outbox") == []
        assert desk.doorbell.rung == []
        assert alarms(desk) == []
        assert {row[0] for row in desk.rows("SELECT practice FROM desk_breaches")} == {1}
        assert desk.rows("SELECT status FROM reports") == [("exercise",)]

    def test_it_rests_while_real_reports_wait_and_goes_on_after(self, desk: Desk) -> None:
        sue, rhian = person(desk, "sue", "supervisor"), person(desk, "rhian")
        exercises.start(desk.service, sue, "btp", "danger")
        self._run(desk, 5)
        (practice,) = reports(desk)
        desk.say(KNIFE, sender="+447700900990")
        (real,) = (report for report in reports(desk) if report != practice)
        self._run(desk, 120)
        assert desk.rows("SELECT state, step FROM desk_exercises") == [("paused", 1)]
        assert desk.rows("SELECT practice, clock_due_at FROM desk_items WHERE practice > 0") == [(2, None)]
        with pytest.raises(NotDone):
            exercises.start(desk.service, sue, "btp", "past")
        handling.claim(desk.service, rhian, "btp", real)
        self._run(desk, 60)
        assert desk.rows("SELECT state, step FROM desk_exercises") == [("running", 2)]
        assert desk.rows("SELECT practice, clock_due_at IS NULL FROM desk_items WHERE practice > 0") == [(1, 0)]

    def test_a_real_report_stands_before_any_exercise(self, desk: Desk) -> None:
        sue = person(desk, "sue", "supervisor")
        exercises.start(desk.service, sue, "btp", "danger")
        self._run(desk, 5)
        desk.say(NOW, sender="+447700900990")
        desk.change("UPDATE desk_items SET rank = 3 WHERE practice = 0")
        lines = desk_pages.queue(desk.service, sue, "btp", "desk", desk_pages.Shown()).lines
        assert [line.status for line in lines] == ["live", "exercise"]

    def test_a_text_is_sent_once_whoever_sends_it_and_wherever_it_was_killed(self, desk: Desk) -> None:
        sue = person(desk, "sue", "supervisor")
        exercises.start(desk.service, sue, "btp", "danger")
        exercises.run_due(desk.service, desk.doorbell)
        desk.change("UPDATE desk_exercises SET step = 0")
        exercises.run_due(desk.service, desk.doorbell)
        assert len(desk.rows("SELECT * FROM inbox")) == 1
        assert desk.rows("SELECT step FROM desk_exercises") == [(1,)]

    def test_stopped_it_leaves_the_queue_and_after_a_week_the_store(self, desk: Desk, tmp_path: Path) -> None:
        sue = person(desk, "sue", "supervisor")
        number = exercises.start(desk.service, sue, "btp", "welsh")
        self._run(desk, 5)
        exercises.stop(desk.service, sue, "btp", number)
        assert desk.rows("SELECT closed_at IS NULL FROM desk_items") == [(0,)]
        desk.clock.move(7 * 86400 + 1)
        assert exercises.erase_old(desk.service, ErasureList(tmp_path / "erased")) == 1
        assert desk.rows("SELECT count(*) FROM reports") == [(0,)]
        assert desk.rows("SELECT count(*) FROM statistics") == [(0,)]
        assert desk.rows("SELECT state, report_id FROM desk_exercises") == [("stopped", None)]

    @pytest.mark.parametrize("name", sorted(exercises.scripts()))
    def test_every_script_makes_a_report_of_its_kind(self, desk: Desk, name: str) -> None:
        sue = person(desk, "sue", "supervisor")
        exercises.start(desk.service, sue, "btp", name)
        self._run(desk, 120 if name == "past" else 5)  # what is past goes forward once it is complete
        ((rank,),) = desk.rows("SELECT rank FROM desk_items")
        assert rank == {"danger": 0, "past": 3}.get(name, rank)
        assert set(exercises.scripts()[name].fitting) <= set(handling.OUTCOMES)
        (document,) = desk.documents()
        assert document["facts"]["language"] == exercises.scripts()[name].language
