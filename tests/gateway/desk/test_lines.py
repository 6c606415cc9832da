"""What the queue's page fetches while it keeps itself up to date: some lines, their order, and who waits."""

from __future__ import annotations

import re

import pytest

from gateway.desk import words
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application
from tests.handlers.desk_people import hire

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 2 keeps touching me"


@pytest.fixture
def desk(lite: Database) -> Desk:
    force = organisation(flow="railway", confidential=("police",), confidential_sinks=("room",))
    return Desk.build(lite, sinks=[FakeSink()], organisations=(force,))


def _reports(desk: Desk, audience: str = "desk") -> list[str]:
    return [row[0] for row in desk.rows(f"SELECT report_id FROM desk_items WHERE audience='{audience}' ORDER BY since")]  # noqa: S608


def _order(page: str) -> list[str]:
    found = re.search(r'data-order="([^"]*)"', page)
    assert found is not None
    return found[1].split()


def test_r10_a_line_that_changed_comes_alone_with_the_order_of_all_and_is_audited_alone(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW, sender="+447700900011")
    desk.clock.move(1)
    desk.say(KNIFE, sender="+447700900012")
    now, danger = _reports(desk)
    browser = Browser(application(desk)).enter(desk, "rhian")

    page = browser.get(f"/btp/lines?changed={now}").text

    assert re.findall(r'data-report="(\w+)"', page) == [now]
    assert _order(page) == [danger, now]
    assert [row[0] for row in desk.rows("SELECT report_id FROM audit WHERE what = 'queue'")] == [now]
    whole = browser.get("/btp/lines").text
    assert re.findall(r'data-report="(\w+)"', whole) == [danger, now]


def test_r8_what_is_not_ones_own_is_in_no_line_and_in_no_order(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW, sender="+447700900011")
    desk.say(ABOUT_STAFF, sender="+447700900012")
    (hidden,) = _reports(desk, "confidential")
    browser = Browser(application(desk)).enter(desk, "rhian")

    for query in (hidden, f"{hidden},{_reports(desk)[0]}", "*", "x" * 500, ",".join("x" * 60)):
        assert hidden not in browser.get(f"/btp/lines?changed={query}").text


def test_who_waits_is_told_without_a_word_or_an_id_and_a_look_of_the_page_keeps_nobody_signed_in(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW, sender="+447700900011")
    desk.say(KNIFE, sender="+447700900012")
    browser = Browser(application(desk)).enter(desk, "rhian")
    at = int(desk.clock.now() * 1000)

    assert browser.get("/btp/waiting").json == {"now": at, "waiting": [[0, at], [1, at]], "mine": 0}
    browser.do(f"/btp/reports/{_reports(desk)[0]}/claim", "/btp/queue")
    assert len((browser.get("/btp/waiting").json or {})["waiting"]) == 1
    for _ in range(16):
        desk.clock.move(60)
        seen = browser.get("/btp/queue?by=itself", follow_redirects=False).status_code
    assert seen == 303


def test_of_very_many_the_most_urgent_hundred_are_shown_and_it_says_so(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    (report,) = _reports(desk)
    columns = "organisation, audience, rank, since, revision, stamp, clock_at, clock_step, practice"
    for number in range(100):
        desk.change(
            f"INSERT INTO desk_items (report_id, {columns}) "  # noqa: S608
            f"SELECT 'copy{number}', {columns} FROM desk_items WHERE report_id = '{report}'"
        )
    page = Browser(application(desk)).enter(desk, "rhian").get("/btp/queue").text

    assert len(_order(page)) == 100
    assert "More wait behind them" in page


def test_r16_a_line_drawn_once_for_all_still_carries_each_persons_own_token_and_says_whose_it_is(desk: Desk) -> None:
    for name in ("rhian", "owen"):
        hire(desk, name, "dispatcher")
    desk.say(NOW, sender="+447700900011")
    desk.say(KNIFE, sender="+447700900012")
    now, danger = _reports(desk)
    app = application(desk)
    rhian, owen = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "owen")

    tokens = [set(re.findall(r'name="csrf" value="(\w+)"', each.get("/btp/lines").text)) for each in (rhian, owen)]
    assert [len(each) for each in tokens] == [1, 1]
    assert tokens[0] != tokens[1]
    assert rhian.do(f"/btp/reports/{now}/claim", "/btp/lines").status_code == 303

    assert "(you)" in rhian.get(f"/btp/lines?changed={now}").text
    for _ in range(2):
        told = owen.get(f"/btp/lines?changed={now}").text
        assert "Rhian" in told
        assert "(you)" not in told
    assert owen.do(f"/btp/reports/{danger}/claim", "/btp/lines").status_code == 303


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"time": "18:05", "coach": "7"}, "18:05, coach 7"),
        ({"coach": "A", "seat": "21"}, "Coach A, seat 21"),
        ({"coach": "rear"}, "Rear coach"),
        ({"headcode": "1A23", "coach": "front"}, "1A23, front coach"),
        ({}, "Not yet known"),
    ],
)
def test_a_train_and_its_coach_are_said_as_people_say_them(service: dict[str, str], said: str) -> None:
    assert words.train({"facts": {"service": service}}) == said
