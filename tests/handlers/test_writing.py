"""The questions rest from the first letter that somebody types to a reporter (rules 5, 8, 10; R4, R10)."""

from __future__ import annotations

import pytest

from handlers import handling, outbound, staff, writing
from handlers.records.database import Database
from handlers.sign_in import SignedIn
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire, signed_in

REPORT = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


@pytest.fixture
def desk(database: Database) -> Desk:
    """Somebody has reported, was asked "Still near you?", and Rhian has the report."""
    made = Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    assert "Still near you?" in (made.say(REPORT) or "")
    made.clock.move(20)
    for name in ("rhian", "tom"):
        hire(made, name, "dispatcher")
    handling.claim(made.service, signed_in(made, "rhian"), "btp", _report(made))
    return made


@pytest.fixture
def rhian(desk: Desk) -> SignedIn:
    return signed_in(desk, "rhian")


def _report(desk: Desk) -> str:
    ((report_id,),) = desk.rows("SELECT report_id FROM conversations")
    return str(report_id)


def _types(desk: Desk, person: SignedIn) -> bool:
    return writing.begin(desk.service, person, "btp", _report(desk))


def _leaves(desk: Desk, person: SignedIn) -> None:
    writing.end(desk.service, desk.doorbell, person, "btp", _report(desk))


def _rests(desk: Desk) -> bool:
    return staff.standing(desk.service, _report(desk)).typing


def _sent(desk: Desk) -> list[str]:
    outbound.send_due(desk.service)
    return [text.body for text in desk.channel.sent]


def test_typed_at_and_left_the_answer_given_meanwhile_counts_and_the_next_question_comes(
    desk: Desk, rhian: SignedIn
) -> None:
    """> 1
    < nothing, for Rhian types; she leaves
    < What do they look like?
    """
    assert _types(desk, rhian)
    assert desk.say("1") is None
    assert _rests(desk)
    assert _sent(desk) == []

    _leaves(desk, rhian)

    assert not _rests(desk)
    (asked,) = _sent(desk)
    assert "What do they look like?" in asked
    desk.clock.move(20)
    assert desk.say("blue jacket, beard")


def test_typed_at_and_left_with_nothing_said_meanwhile_the_reporter_hears_nothing(desk: Desk, rhian: SignedIn) -> None:
    """Rule 2: a text that neither asks nor tells is not sent; the question stands as it was put."""
    _types(desk, rhian)
    _leaves(desk, rhian)

    assert _sent(desk) == []
    assert "What do they look like?" in (desk.say("1") or "")


def test_a_second_text_meanwhile_answers_no_question_that_was_not_put(desk: Desk, rhian: SignedIn) -> None:
    _types(desk, rhian)
    desk.say("1")
    desk.clock.move(20)
    desk.say("the train is very full")
    _leaves(desk, rhian)

    assert "What do they look like?" in _sent(desk)[0]
    document = desk.documents()[0]
    assert "look" not in document["said"]
    assert document["account"][-1]["text"] == "the train is very full"
    assert document["account"][-1]["put"] is None


def test_what_is_sent_silences_the_questions_until_handed_back(desk: Desk, rhian: SignedIn) -> None:
    _types(desk, rhian)
    handling.write(desk.service, desk.doorbell, rhian, "btp", _report(desk), "Which side are you on?", key="a")
    desk.clock.move(20)
    _leaves(desk, rhian)
    desk.clock.move(400)
    writing.run_due(desk.service, desk.doorbell)

    assert staff.standing(desk.service, _report(desk)).staffed
    assert desk.say("the left") is None
    assert _sent(desk) == ["Which side are you on?"]


def test_rule_8_and_10_danger_and_a_wish_for_help_are_answered_all_the_same(desk: Desk, rhian: SignedIn) -> None:
    _types(desk, rhian)
    assert "0800 1111" in (desk.say("SUPPORT") or "")
    desk.clock.move(20)
    assert "999" in (desk.say("he has a knife") or "")
    desk.clock.move(20)
    assert desk.say("STOP")
    _leaves(desk, rhian)
    assert _sent(desk) == []


def test_it_lasts_a_minute_after_the_last_key_and_five_minutes_at_most(desk: Desk, rhian: SignedIn) -> None:
    _types(desk, rhian)
    desk.say("1")
    for _ in range(9):
        desk.clock.move(30)
        assert writing.run_due(desk.service, desk.doorbell) == 0
        _types(desk, rhian)
    assert _rests(desk)
    desk.clock.move(30)
    assert writing.run_due(desk.service, desk.doorbell) == 1
    assert not _rests(desk)
    assert len(_sent(desk)) == 1

    _types(desk, rhian)
    desk.clock.move(61)
    assert writing.run_due(desk.service, desk.doorbell) == 1
    assert writing.run_due(desk.service, desk.doorbell) == 0
    assert len(_sent(desk)) == 1


def test_f11_a_clock_that_jumps_back_leaves_nobody_in_silence(desk: Desk, rhian: SignedIn) -> None:
    _types(desk, rhian)
    desk.clock.move(-7200)

    assert writing.run_due(desk.service, desk.doorbell) == 1
    assert not _rests(desk)


def test_only_who_has_the_report_and_only_where_there_is_somebody_to_text(desk: Desk, rhian: SignedIn) -> None:
    assert not _types(desk, signed_in(desk, "tom"))
    assert not _rests(desk)
    _types(desk, rhian)
    _leaves(desk, signed_in(desk, "tom"))
    assert _rests(desk)
    _leaves(desk, rhian)
    desk.say("STOP")
    assert not _types(desk, rhian)


def test_r10_it_is_audited_once_when_it_begins_and_when_it_ends(desk: Desk, rhian: SignedIn) -> None:
    for _ in range(3):
        _types(desk, rhian)
        desk.clock.move(25)
    _leaves(desk, rhian)
    _leaves(desk, rhian)

    seen = desk.rows("SELECT what, why FROM audit WHERE what IN ('typing', 'hand_back') ORDER BY id")
    assert seen == [("typing", "thread"), ("hand_back", "unsent")]


def test_a_text_that_makes_no_revision_tells_open_desks_all_the_same(desk: Desk) -> None:
    before = desk.rows("SELECT stamp, revision FROM desk_items")[0]
    assert desk.say("?")
    after = desk.rows("SELECT stamp, revision FROM desk_items")[0]

    assert after[1] == before[1]
    assert after[0] > before[0]
