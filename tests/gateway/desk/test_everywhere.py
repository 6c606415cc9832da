"""Who has several desks sees what waits at each before choosing one, and hears of all of them everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from handlers import people
from handlers.records.database import Database
from tests.fakes import Desk
from tests.gateway.desk.browser import Browser, application
from tests.handlers.desk_people import hire, two_forces

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
ABOUT_STAFF = "last week a police officer on the 1805 victoria to brighton coach 2 touched me"


@pytest.fixture
def desk(lite: Database) -> Desk:
    made = two_forces(lite)
    hire(made, "rhian", "dispatcher")
    hire(made, "standards", "confidential")
    hire(made, "owen", "auditor")
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _desks(browser: Browser) -> Any:
    return json.loads(browser.get("/waiting").data)["desks"]


def _waiting(browser: Browser) -> dict[str, int]:
    return {one["events"]: len(one["waiting"]) for one in _desks(browser)}


def test_the_choice_shows_what_waits_at_each_desk_and_that_no_look_was_taken(desk: Desk, app: Flask) -> None:
    people.change_role(desk.service, "rhian", "other", "supervisor")
    for _ in range(2):
        desk.say(NOW, sender=f"+44770090010{_}")
    desk.clock.move(65)
    desk.say(NOW, sender="+447700900109", recipient="61017")
    rhian = Browser(app).enter(desk, "rhian")
    looks = desk.rows("SELECT count(*) FROM audit WHERE kind = 'consultation'")
    page = rhian.get("/").text
    assert '<span data-desk="/btp/events">2 unanswered, 1 min</span>' in page
    assert '<span data-desk="/other/events">1 unanswered, 0 s</span>' in page
    assert 'data-desks="2"' in page
    assert _waiting(rhian) == {"/btp/events": 2, "/other/events": 1}
    assert desk.rows("SELECT count(*) FROM audit WHERE kind = 'consultation'") == looks


def test_r8_it_counts_only_what_the_person_may_see(desk: Desk, app: Flask) -> None:
    rhian = Browser(app).enter(desk, "rhian")
    before = _desks(rhian)
    for words in (ABOUT_STAFF, "skip", "skip", "no"):
        desk.say(words)
    assert _desks(rhian) == before == [{"events": "/btp/events", "waiting": []}]
    assert _waiting(Browser(app).enter(desk, "standards")) == {"/btp/events?team=confidential": 1}
    assert _waiting(Browser(app).enter(desk, "owen")) == {}


def test_the_forces_name_stands_on_every_page_of_who_has_one(desk: Desk, app: Flask) -> None:
    desk.say(NOW)
    ((report,),) = desk.rows("SELECT report_id FROM desk_items")
    rhian = Browser(app).enter(desk, "rhian")
    name = desk.service.directory.get("btp")
    assert name is not None
    for page in ("queue", "search", "shift", f"reports/{report}"):
        assert f'<span class="place">{name.name}</span>' in rhian.get(f"/btp/{page}").text, page
