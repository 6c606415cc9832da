"""The questions go on where a person has answered and nobody has the report any more (R4, R10)."""

from __future__ import annotations

import pytest

from handlers import handling, unanswered
from handlers.outbound import send_due
from handlers.records.database import Database
from handlers.sign_in import SignedIn
from tests.fakes import Desk
from tests.handlers.shift_desks import NOW, built, person, reports


@pytest.fixture
def desk(lite: Database) -> Desk:
    return built(lite)


def _answered(desk: Desk) -> tuple[str, SignedIn]:
    """A report that somebody has and has written to."""
    rhian = person(desk, "rhian")
    desk.say(NOW)
    (report,) = reports(desk)
    handling.claim(desk.service, rhian, "btp", report)
    handling.write(desk.service, desk.doorbell, rhian, "btp", report, "Which coach are you in?", key="one")
    return report, rhian


def _minute(desk: Desk, seconds: float = 60) -> list[str]:
    """What the reporter has been texted once the clock has run."""
    desk.clock.move(seconds)
    unanswered.run_due(desk.service, desk.doorbell)
    send_due(desk.service)
    return [text.body for text in desk.channel.sent]


def _handed_back(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows("SELECT person_id, why FROM audit WHERE what = 'hand_back'")


def test_given_back_and_left_for_a_minute_the_open_question_is_put_again_once(desk: Desk) -> None:
    report, rhian = _answered(desk)
    handling.release(desk.service, rhian, "btp", report)
    assert _minute(desk, 59) == ["Which coach are you in?"]
    _, again = _minute(desk, 1)
    assert "?" in again
    assert len(_minute(desk)) == 2
    assert _handed_back(desk) == [(None, "answer_clock")]
    assert desk.say("coach 5")


def test_while_somebody_has_it_the_questions_rest(desk: Desk) -> None:
    _answered(desk)
    assert not desk.say("coach 5")
    assert _minute(desk, 300) == ["Which coach are you in?"]
    assert _handed_back(desk) == []


def test_a_text_to_a_closed_report_opens_it_and_is_not_left_in_silence(desk: Desk) -> None:
    report, rhian = _answered(desk)
    handling.close(desk.service, rhian, "btp", report, "attended")
    assert not desk.say("he is back")
    assert len(_minute(desk)) == 2


def test_who_said_stop_is_texted_nothing_more(desk: Desk) -> None:
    report, rhian = _answered(desk)
    handling.release(desk.service, rhian, "btp", report)
    desk.say("STOP")
    assert _minute(desk, 300) == []
