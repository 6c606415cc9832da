"""What was closed too early is opened again by a key, and one's own reports say when they have news."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from handlers.handling import MOST_HELD
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application
from tests.handlers.desk_people import hire

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


@pytest.fixture
def desk(lite: Database) -> Desk:
    made = Desk.build(lite, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    hire(made, "rhian", "dispatcher")
    hire(made, "tom", "dispatcher")
    made.say(NOW)
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _at(desk: Desk) -> str:
    found = desk.rows("SELECT report_id FROM desk_items ORDER BY since")
    return f"/btp/reports/{found[0][0]}"


def _closed(desk: Desk, app: Flask) -> tuple[Browser, str]:
    rhian, at = Browser(app).enter(desk, "rhian"), _at(desk)
    rhian.do(f"{at}/claim", "/btp/queue")
    rhian.do(f"{at}/close", at, outcome="advice")
    return rhian, at


def test_who_opens_it_again_has_it_and_the_audit_says_so(desk: Desk, app: Flask) -> None:
    rhian, at = _closed(desk, app)
    assert "Open again" in rhian.get(at).text
    tom = Browser(app).enter(desk, "tom")
    tom.do(f"{at}/reopen", at)
    page = tom.get(at).text
    assert "Tom (you)" in page
    assert "Closed:" not in page
    assert "Open again" not in page
    assert desk.rows("SELECT count(*) FROM audit WHERE what = 'reopen' AND kind = 'alteration'") == [(1,)]
    assert desk.rows("SELECT outcome, closed_at FROM desk_items") == [(None, None)]


def test_twice_is_once_and_what_is_open_stays_whose_it_is(desk: Desk, app: Flask) -> None:
    rhian, at = _closed(desk, app)
    tom = Browser(app).enter(desk, "tom")
    tom.do(f"{at}/reopen", at)
    rhian.do(f"{at}/reopen", at)
    tom.do(f"{at}/reopen", at)
    assert "Tom (you)" in tom.get(at).text
    assert desk.rows("SELECT count(*) FROM audit WHERE what = 'reopen'") == [(1,)]


def test_the_cap_holds_and_then_it_stays_closed(desk: Desk, app: Flask) -> None:
    rhian, at = _closed(desk, app)
    for number in range(MOST_HELD):
        desk.say(NOW, sender=f"+4477009001{number:02d}")
    for (report,) in desk.rows("SELECT report_id FROM desk_items WHERE closed_at IS NULL"):
        rhian.do(f"/btp/reports/{report}/claim", "/btp/queue")
    assert "release one first" in rhian.do(f"{at}/reopen", at).text
    assert desk.rows("SELECT count(*) FROM desk_items WHERE closed_at IS NOT NULL") == [(1,)]
    assert desk.rows("SELECT count(*) FROM audit WHERE what = 'reopen'") == [(0,)]


def test_ones_own_reports_with_news_are_counted_until_they_are_looked_at(desk: Desk, app: Flask) -> None:
    rhian, at = Browser(app).enter(desk, "rhian"), _at(desk)
    rhian.do(f"{at}/claim", "/btp/queue")
    rhian.get(at)

    def mine(browser: Browser) -> int:
        return int(json.loads(browser.get("/btp/waiting").data)["mine"])

    assert mine(rhian) == 0
    desk.clock.move(30)
    desk.say("he is wearing a red hat now")
    assert mine(rhian) == 1
    assert mine(Browser(app).enter(desk, "tom")) == 0
    rhian.get(at)
    assert mine(rhian) == 0
