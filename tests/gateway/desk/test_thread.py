"""The thread of a report: every text, theirs and ours, in order, each of ours with how far it got (R2, R5, R9)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from handlers import outbound
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application
from tests.handlers.desk_people import hire

FIRST = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
_LINE = re.compile(r'<li class="(them|us|staff)".*?: </span>(.*?)</p>.*?</time>(.*?)</p></li>', re.DOTALL)


@pytest.fixture
def desk(lite: Database) -> Desk:
    force = organisation(
        flow="railway", languages=("en", "cy"), confidential=("police",), confidential_sinks=("room",)
    )  # fmt: skip
    made = Desk.build(lite, sinks=[FakeSink()], organisations=(force,))
    hire(made, "rhian", "dispatcher")
    hire(made, "standards", "confidential")
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _said(desk: Desk, *texts: str) -> list[str | None]:
    """What was answered to each text, half a minute apart."""
    heard = []
    for text in texts:
        heard.append(desk.say(text))
        desk.clock.move(30)
    return heard


def _at(desk: Desk, audience: str = "desk") -> str:
    found = desk.rows(f"SELECT report_id FROM desk_items WHERE audience = '{audience}'")  # noqa: S608
    return f"/btp/reports/{found[0][0]}"


def _thread(browser: Browser, at: str) -> list[tuple[str, str, str]]:
    """Each text of the thread as (whose, words, how far it got)."""
    found = _LINE.findall(browser.get(at).text)
    return [(side, unescape(text), re.sub(r"<[^>]+>|· ", "", state).strip()) for side, text, state in found]


def test_every_text_stands_in_the_thread_in_order_whether_a_question_or_not(desk: Desk, app: Flask) -> None:
    """> hello, the report, 1, support, thanks: what moved no fact and what we said that was no question, too."""
    texts = ("hello", FIRST, "1", "support", "thanks")
    heard = _said(desk, *texts)
    browser = Browser(app).enter(desk, "rhian")
    thread = _thread(browser, _at(desk))

    assert [text for side, text, _ in thread if side == "them"] == list(texts)
    assert [text for side, text, _ in thread if side == "us"] == heard
    assert [side for side, _, _ in thread] == ["them", "us"] * 5
    assert {state for side, _, state in thread[:-1] if side == "us"} == {"sent"}
    assert thread[-1][2] == "sent, no answer yet"


def test_texts_of_staff_and_answers_to_carrier_keywords_stand_where_they_were_said(desk: Desk, app: Flask) -> None:
    _said(desk, FIRST)
    browser, at = Browser(app).enter(desk, "rhian"), _at(desk)
    browser.do(f"{at}/claim", "/btp/queue")
    browser.do(f"{at}/write", at, text="Which side of the coach are you on?", key="a")
    outbound.send_due(desk.service)
    desk.clock.move(20)
    assert desk.hand_over(desk.text("HELP", carrier_answers="HELP")) is None
    outbound.send_due(desk.service)
    thread = _thread(browser, at)

    assert [side for side, _, _ in thread] == ["them", "us", "staff", "them", "us"]
    assert thread[2][1:] == ("Which side of the coach are you on?", "sent")
    assert "999" in thread[4][1]
    assert [text.body for text in desk.channel.sent] == [thread[2][1], thread[4][1]]


def test_f2_a_text_that_came_twice_is_marked_with_the_answer_that_it_got(desk: Desk, app: Flask) -> None:
    (asked,) = _said(desk, FIRST)
    desk.clock.move(-29)
    again = desk.say(FIRST)
    thread = _thread(Browser(app).enter(desk, "rhian"), _at(desk))

    assert again == asked
    assert [(side, state) for side, _, state in thread] == [
        ("them", ""), ("us", "sent"), ("them", "came twice"), ("us", "sent, no answer yet")
    ]  # fmt: skip


def test_r5_while_it_is_taken_back_the_words_that_did_so_are_no_part_of_it(desk: Desk, app: Flask) -> None:
    heard = _said(desk, FIRST, "actually forget it, please dont pass this on")
    thread = _thread(Browser(app).enter(desk, "rhian"), _at(desk))

    assert [text for side, text, _ in thread if side == "them"] == [FIRST]
    assert [text for side, text, _ in thread if side == "us"] == heard


def test_r9_what_the_desk_was_told_before_is_the_confidential_teams_alone(desk: Desk, app: Flask) -> None:
    heard = _said(desk, FIRST, "he is a police officer")
    standards = _thread(Browser(app).enter(desk, "standards"), _at(desk, "confidential"))
    assert [text for side, text, _ in standards if side == "them"] == [FIRST, "he is a police officer"]
    assert standards[-1][1] == heard[1]

    rhian = Browser(app).enter(desk, "rhian")
    assert _thread(rhian, _at(desk)) == []
    for said in (FIRST, "he is a police officer", *heard):
        assert str(said)[:30] not in unescape(rhian.get(_at(desk)).text)


def test_f16_what_was_set_aside_as_too_many_hides_nothing(desk: Desk, app: Flask) -> None:
    _said(desk, FIRST)
    for number in range(70):
        desk.say(f"and another thing, number {number}")
        desk.clock.move(1)
    shown = [text for side, text, _ in _thread(Browser(app).enter(desk, "rhian"), _at(desk)) if side == "them"]

    assert shown[0] == FIRST
    assert 50 <= len(shown) < 65
