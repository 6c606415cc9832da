"""The auditor's page: who saw what, by person, report, act, kind and day, page by page, no content (R8, R10)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from handlers import audit_view
from handlers.records import audit as rows
from handlers.records.audit import AuditRow
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application, words
from tests.handlers.desk_people import hire

FIRST = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
_DAY = 86_400


@pytest.fixture
def desk(lite: Database) -> Desk:
    """Rhian claimed one report and noted something; a day later Tom read another."""
    force = organisation(flow="railway", confidential=("police",), confidential_sinks=("room",))
    made = Desk.build(lite, sinks=[FakeSink()], organisations=(force,))
    for name, role in (
        ("rhian", "dispatcher"),
        ("tom", "dispatcher"),
        ("owen", "auditor"),
        ("standards", "confidential"),
    ):
        hire(made, name, role, shown={"rhian": "Rhian Evans", "tom": "Tom Okafor"}.get(name))
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    made = application(desk)
    rhian = Browser(made).enter(desk, "rhian")
    Browser(made).enter(desk, "tom")
    desk.say(FIRST)
    one = _reports(desk)[0]
    rhian.do(f"/btp/reports/{one}/claim", "/btp/queue")
    rhian.do(f"/btp/reports/{one}/note", f"/btp/reports/{one}", body="hunter2 is a canary", key="a")
    rhian.do(f"/btp/reports/{one}/transfer", f"/btp/reports/{one}", to=_person(desk, "tom"))
    desk.clock.move(_DAY)
    desk.say("man staring at women, 1912 leeds to york", sender="+447700900002")
    Browser(made).enter(desk, "tom").get(f"/btp/reports/{_reports(desk)[1]}")
    return made


def _reports(desk: Desk) -> list[str]:
    return [row[0] for row in desk.rows("SELECT report_id FROM desk_items WHERE audience = 'desk' ORDER BY since")]


def _person(desk: Desk, name: str) -> str:
    return str(desk.rows(f"SELECT id FROM people WHERE name = '{name}'")[0][0])  # noqa: S608


def _shown(browser: Browser, asked: str = "") -> list[tuple[str, str, str]]:
    """The rows as (who, act, report)."""
    return _rows(browser.get(f"/btp/audit{asked}").text)


def _rows(page: str) -> list[tuple[str, str, str]]:
    cells = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        for row in re.findall(r"<tr[^>]*><td.*?</tr>", page, re.DOTALL)
    ]
    return [tuple(unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row[1:4]) for row in cells]  # type: ignore[misc]


def test_each_row_says_who_did_what_with_which_report(desk: Desk, app: Flask) -> None:
    owen = Browser(app).enter(desk, "owen")
    first, second = (row[0] for row in desk.rows("SELECT reference FROM reports ORDER BY created_at"))
    shown = _shown(owen)

    assert shown[0] == ("Owen", "this page", "")
    assert ("Tom Okafor", "report's page", second) in shown
    assert ("Rhian Evans", "note", first) in shown
    page = owen.get("/btp/audit")
    assert "hunter2" not in page.text
    assert "clapham" not in page.text.casefold()
    assert not re.search(r"\+?447700", page.text)
    assert re.search(r"transfer</a></td>.*?<td[^>]*>Tom Okafor</td></tr>", page.text)


def test_it_is_filtered_by_person_act_kind_report_and_day(desk: Desk, app: Flask) -> None:
    owen, tom = Browser(app).enter(desk, "owen"), _person(desk, "tom")
    one, two = _reports(desk)
    first = desk.rows(f"SELECT reference FROM reports WHERE id = '{one}'")[0][0]  # noqa: S608

    assert {who for who, _, _ in _shown(owen, f"?who={tom}")} == {"Tom Okafor"}
    assert {act for _, act, _ in _shown(owen, "?what=note")} == {"note"}
    assert {act for _, act, _ in _shown(owen, "?kind=alteration")} == {"claim", "note", "transfer"}
    by_id, by_reference = _shown(owen, f"?report={one}"), _shown(owen, f"?report={first.lower()}")
    assert by_id == by_reference
    assert {report for _, _, report in by_id} == {first}
    assert _shown(owen, f"?report={two}&who={tom}&what=report&kind=consultation&day=2026-11-19")
    assert _shown(owen, f"?report={two}&day=2026-11-18") == []
    assert "Nothing of that kind is written down." in words(owen.get("/btp/audit?what=nothing"))
    assert {act for _, act, _ in _shown(owen, "?day=2026-11-18")} >= {"claim", "note"}
    assert "That is no day." in words(owen.get("/btp/audit?day=yesterday"))


def test_pages_hold_still_while_more_is_written(desk: Desk, app: Flask) -> None:
    with desk.service.database.write() as tx:
        at = int(desk.clock.now() * 1000)
        rows.add_all(
            tx,
            [
                AuditRow(at + n, None, "btp", "desk", "consultation", f"look-{n:03d}", None, None, "x")
                for n in range(250)
            ],
        )
    desk.clock.move(1)
    owen, seen = Browser(app).enter(desk, "owen"), list[str]()
    page = "?what="
    for number in (1, 2, 3):
        answer = owen.get(f"/btp/audit{page}").text
        seen += [act for _, act, _ in _rows(answer) if act.startswith("look")]
        older = re.search(r'href="(\?[^"]+)" rel="next"', answer)
        assert (older is None) == (number == 3)
        assert ('rel="prev"' in answer) == (number > 1)
        desk.clock.move(1)
        page = older[1].replace("&amp;", "&") if older else ""

    assert seen == [f"look-{n:03d}" for n in reversed(range(250))]


@pytest.mark.parametrize("asked", ["page=0", "page=-1", "page=9999999999999999999", "page=x", "until=x", "page=1000"])
def test_addresses_that_nobody_was_given_show_a_page_all_the_same(desk: Desk, app: Flask, asked: str) -> None:
    assert Browser(app).enter(desk, "owen").get(f"/btp/audit?{asked}").status_code == 200


@pytest.mark.parametrize("asked", ["who", "what", "kind", "report", "day"])
@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "<script>alert(1)</script>", "é" * 200, "\x00", "-"])
def test_hostile_filters_find_nothing_and_break_nothing(desk: Desk, app: Flask, asked: str, text: str) -> None:
    answer = Browser(app).enter(desk, "owen").get("/btp/audit", query_string={asked: text})

    assert answer.status_code == (400 if "\x00" in text else 200)
    assert "<script>alert" not in answer.text


def test_r8_p5_nothing_differs_by_a_confidential_report_that_the_auditor_may_not_see(desk: Desk, app: Flask) -> None:
    owen = Browser(app).enter(desk, "owen")
    before = _shown(owen, f"?who={_person(desk, 'rhian')}")
    desk.say("a police officer on the 1805 victoria to brighton coach 2 keeps touching me", sender="+447700900003")
    hidden = desk.rows("SELECT report_id FROM desk_items WHERE audience = 'confidential'")[0][0]
    Browser(app).enter(desk, "standards").get(f"/btp/reports/{hidden}")
    reference = desk.rows(f"SELECT reference FROM reports WHERE id = '{hidden}'")[0][0]  # noqa: S608

    assert desk.rows(f"SELECT COUNT(*) FROM audit WHERE report_id = '{hidden}'") == [(1,)]  # noqa: S608
    for asked in (f"?report={hidden}", f"?report={reference}", f"?who={_person(desk, 'standards')}"):
        assert _shown(owen, asked) == []
    assert _shown(owen, f"?who={_person(desk, 'rhian')}") == before
    assert "Standards" not in owen.get("/btp/audit").text


def test_r10_the_look_itself_is_written_first(desk: Desk, app: Flask) -> None:
    owen = Browser(app).enter(desk, "owen")
    desk.change("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")

    assert owen.get("/btp/audit").status_code == 503
    assert audit_view.PAGE == 100
