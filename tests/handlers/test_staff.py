"""A person answers in the thread (R1, R4; CONVERSATION rules 9, 13, 17)."""

from __future__ import annotations

from typing import Any

import pytest

from handlers import outbound, staff
from handlers.ports import SendAction, SendError
from handlers.records.database import Database
from handlers.staff import NotSaid
from tests.fakes import Desk, FakeSink, organisation

REPORT = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


@pytest.fixture
def desk(database: Database) -> Desk:
    """Somebody has reported, and the first question is out."""
    made = Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    made.say(REPORT)
    made.clock.move(20)
    return made


def _report(desk: Desk) -> str:
    ((report_id,),) = desk.rows("SELECT report_id FROM conversations")
    return str(report_id)


def _say(desk: Desk, text: str, key: str = "one", **more: Any) -> bool:
    return staff.say(desk.service, desk.doorbell, _report(desk), text, key=key, **more)


def _refused(desk: Desk, text: str = "We are on our way to you.", **more: Any) -> str:
    with pytest.raises(NotSaid) as refused:
        _say(desk, text, **more)
    return refused.value.why


def _sent(desk: Desk) -> list[str]:
    outbound.send_due(desk.service)
    return [text.body for text in desk.channel.sent]


def test_what_a_person_writes_goes_out_once(desk: Desk) -> None:
    assert _say(desk, "Which side of the coach are you on?")
    assert not _say(desk, "Which side of the coach are you on?")

    assert _sent(desk) == ["Which side of the coach are you on?"]
    assert _sent(desk) == ["Which side of the coach are you on?"]


def test_then_the_questions_are_silent_until_handed_back(desk: Desk) -> None:
    _say(desk, "Which side of the coach are you on?")
    assert desk.say("the left") is None
    desk.clock.move(20)

    asked = staff.hand_back(desk.service, desk.doorbell, _report(desk))

    assert asked
    assert _sent(desk)[-1] == asked
    assert staff.hand_back(desk.service, desk.doorbell, _report(desk)) is None
    desk.clock.move(20)
    assert desk.say("1")


def test_danger_is_answered_while_a_person_writes(desk: Desk) -> None:
    _say(desk, "Which side of the coach are you on?")

    assert "999" in (desk.say("he has a knife") or "")


def test_r4_nothing_after_thirty_minutes(desk: Desk) -> None:
    desk.clock.move(31 * 60)

    assert _refused(desk) == "window"
    assert _sent(desk) == []


def test_r4_r5_nothing_after_stop(desk: Desk) -> None:
    desk.say("STOP")
    desk.clock.move(20)

    assert _refused(desk) == "stopped"


def test_r4_what_waits_when_they_say_stop_lapses(desk: Desk) -> None:
    _say(desk, "Which side of the coach are you on?")
    desk.say("STOP")

    assert _sent(desk) == []


def test_r4_nothing_to_someone_who_wants_no_texts(database: Database) -> None:
    desk = Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    desk.say(f"{REPORT}, no need to contact me")
    desk.clock.move(20)

    assert _refused(desk) == "refused"


def test_an_answer_that_comes_meanwhile_does_not_keep_it_back(desk: Desk) -> None:
    _say(desk, "Which side of the coach are you on?")
    desk.clock.move(20)
    desk.say("he moved to the left side")

    assert _sent(desk) == ["Which side of the coach are you on?"]


@pytest.mark.parametrize("text", ["Are you on your own?", "Stay where you are.", "1 yes 2 no"])
def test_rule_9_in_quiet_mode_only_a_question_that_1_or_2_answers(desk: Desk, text: str) -> None:
    desk.say(".")
    desk.clock.move(20)

    assert _refused(desk, text) == "quiet"
    assert _say(desk, "Is he still near you? 1 yes 2 no")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The police are on their way to coach 3 now", "words"),
        ("We will meet you at the next stop, the officer", "words"),
        ("We are coming to meet you at the next stop. An officer waits.", "sure"),
        ("Rydym ar ein ffordd. Bydd yr heddlu yno", "words"),
        ("  ", "empty"),
        ("x" * 400, "long"),
    ],
)
def test_r1_holds_for_people_too(desk: Desk, text: str, why: str) -> None:
    assert _refused(desk, text) == why
    assert _sent(desk) == []


def test_r1_further_on_it_goes_once_somebody_is_sure(desk: Desk) -> None:
    text = "We are coming to meet you at the next stop. An officer waits."

    assert _say(desk, text, sure=True)
    assert _sent(desk) == [text]


def test_a_phone_that_was_off_is_tried_once_more_after_ten_minutes(desk: Desk) -> None:
    _say(desk, "Which side of the coach are you on?")
    desk.channel.refusals = [SendError(SendAction.RETRY_ONCE, "30003")]
    assert _sent(desk) == []

    desk.clock.move(601)

    assert _sent(desk) == ["Which side of the coach are you on?"]


def test_there_is_nothing_to_say_to_a_conversation_that_is_over(desk: Desk) -> None:
    with pytest.raises(NotSaid, match="over"):
        staff.say(desk.service, desk.doorbell, "0" * 32, "We are on our way.", key="one")
    with pytest.raises(NotSaid, match="over"):
        staff.hand_back(desk.service, desk.doorbell, "0" * 32)


def test_r18_what_is_raised_repeats_no_word(desk: Desk) -> None:
    with pytest.raises(NotSaid) as refused:
        _say(desk, "The police are on their way, Rosa")

    assert "Rosa" not in str(refused.value)
    assert refused.value.words == ("police",)


def test_f12_a_conversation_that_cannot_be_read_is_told_so_and_nothing_goes_out(desk: Desk) -> None:
    desk.change("UPDATE conversations SET flow_hash = 'gone'")
    assert _refused(desk) == "lost"
    with pytest.raises(NotSaid, match="cannot be read"):
        staff.hand_back(desk.service, desk.doorbell, _report(desk))
    assert _sent(desk) == []
