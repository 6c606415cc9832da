"""F16: what was set aside as too many is counted on the report's page, and read on one of its own."""

from __future__ import annotations

import re
from html import unescape

import pytest

from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application
from tests.handlers.desk_people import hire

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 2 keeps touching me"
FLOOD = 240


def _flooded(lite: Database, first: str, count: int) -> Desk:
    force = organisation(flow="railway", confidential=("police",), confidential_sinks=("room",))
    desk = Desk.build(lite, sinks=[FakeSink()], organisations=(force,))
    for name, role in (("rhian", "dispatcher"), ("standards", "confidential")):
        hire(desk, name, role)
    desk.say(first)
    for number in range(count):
        desk.say(f"and another thing, number {number}")
    return desk


def _at(desk: Desk, audience: str = "desk") -> str:
    found = desk.rows(f"SELECT report_id FROM desk_items WHERE audience = '{audience}'")  # noqa: S608
    return f"/btp/reports/{found[0][0]}"


def _words(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<li class="them"><p>(.*?)</p>', page, re.DOTALL)]


def test_f16_they_are_counted_in_the_thread_and_read_page_by_page_oldest_first(lite: Database) -> None:
    desk = _flooded(lite, NOW, FLOOD)
    rhian, at = Browser(application(desk)).enter(desk, "rhian"), _at(desk)
    ((aside,),) = desk.rows("SELECT count(*) FROM inbox WHERE state = 'aside'")
    assert aside > 100, "more than a page"
    shown = rhian.get(at).text
    assert f"{aside} more texts came too fast and were set aside." in shown
    assert f'href="{at}/aside"' in shown

    pages = [rhian.get(f"{at}/aside?page={number}").text for number in (1, 2, 3)]
    read = [text for page in pages for text in _words(page)]
    assert len(read) == aside
    assert read == [f"and another thing, number {number}" for number in range(FLOOD - aside, FLOOD)]
    assert 'rel="next"' in pages[0]
    assert 'rel="prev"' in pages[1]


def test_r10_the_look_at_them_is_written_before_they_are_shown(lite: Database) -> None:
    desk = _flooded(lite, NOW, 70)
    rhian, at = Browser(application(desk)).enter(desk, "rhian"), _at(desk)
    count = "SELECT count(*) FROM audit WHERE what = 'aside' AND kind = 'consultation' AND report_id IS NOT NULL"
    before = desk.rows(count)[0][0]
    assert _words(rhian.get(f"{at}/aside").text)
    assert desk.rows(count)[0][0] == before + 1
    desk.change("CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
    answer = rhian.get(f"{at}/aside")
    assert answer.status_code == 503
    assert "another thing" not in answer.text


def test_r8_those_of_a_confidential_report_are_its_teams_alone(lite: Database) -> None:
    desk = _flooded(lite, ABOUT_STAFF, 70)
    app, at = application(desk), _at(desk, "confidential")
    assert _words(Browser(app).enter(desk, "standards").get(f"{at}/aside").text)
    rhian = Browser(app).enter(desk, "rhian")
    nobodys = rhian.get(f"/btp/reports/{'0' * 32}/aside")
    answer = rhian.get(f"{at}/aside")
    assert (answer.status_code, answer.data) == (404, nobodys.data)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "9999"])
def test_pages_that_nobody_was_given_break_nothing(lite: Database, page: str) -> None:
    desk = _flooded(lite, NOW, 62)
    rhian = Browser(application(desk)).enter(desk, "rhian")
    assert rhian.get(f"{_at(desk)}/aside?page={page}").status_code == 200


def test_where_none_was_set_aside_the_page_says_nothing_of_it(lite: Database) -> None:
    desk = _flooded(lite, NOW, 0)
    assert "set aside" not in Browser(application(desk)).enter(desk, "rhian").get(_at(desk)).text.split("<dialog")[0]
