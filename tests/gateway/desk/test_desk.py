"""The control-room desk: queue, claim, answer, outcome; who may see what (R7, R8, R10, R17)."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway.desk import rules
from gateway.desk.rules import RULES, RouteWithoutRule
from handlers import desk as desk_pages
from handlers import handling, people, unanswered
from handlers.handling import NotDone
from handlers.outbound import send_due
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application, words
from tests.handlers.desk_people import hire, signed_in, two_forces

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 2 keeps touching me"


@pytest.fixture
def desk(lite: Database) -> Desk:
    """Two forces on one SQLite store."""
    return two_forces(lite)


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _reports(desk: Desk, audience: str = "desk") -> list[str]:
    return [
        row[0]
        for row in desk.rows(f"SELECT report_id FROM desk_items WHERE audience='{audience}' ORDER BY since, report_id")  # noqa: S608
    ]


def test_a_text_is_claimed_answered_and_closed(desk: Desk, app: Flask) -> None:
    """> said, seen, claimed, written, handed back, closed: the whole story."""
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    browser = Browser(app).enter(desk, "rhian")
    (report,) = _reports(desk)
    one = f"/btp/reports/{report}"

    assert browser.get("/").location == "/btp/queue"
    seen = words(browser.get("/btp/queue"))
    assert "coach 3" in seen
    assert "18:05" in seen
    assert "Clapham Junction" in seen
    assert "Unanswered 0 s" in seen
    assert browser.do(f"{one}/claim", "/btp/queue").status_code == 303
    assert "Rhian (you)" in words(browser.get("/btp/queue"))
    page = words(browser.get(one))
    assert "man rubbing against me" in page
    desk.clock.move(20)
    key = re.search(r'name="key" value="([^"]+)"', browser.get(one).text)
    assert key is not None
    for _ in range(2):
        browser.do(f"{one}/write", one, text="Which side of the coach are you on?", key=key[1])
    send_due(desk.service)
    assert [text.body for text in desk.channel.sent] == ["Which side of the coach are you on?"]
    assert "Staff · " in words(browser.get(one))
    browser.do(f"{one}/note", one, body="Train meets colleagues at East Croydon", key="n1")
    browser.do(f"{one}/incident", one, number="456 of 21/11/2026")
    assert browser.do(f"{one}/hand-back", one).status_code == 303
    assert browser.do(f"{one}/close", one, outcome="attended").status_code == 303
    assert "Nothing is waiting" in words(browser.get("/btp/queue"))
    closed = words(browser.get(one))
    assert "Somebody went there" in closed
    assert "East Croydon" in closed
    assert "456 of 21/11/2026" in closed


def test_danger_stands_first_then_what_happens_now_then_by_age(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say("yesterday a man stared at me on the 0815 to leeds, coach 2", sender="+447700900011")
    desk.clock.move(60)
    desk.say(NOW, sender="+447700900012")
    desk.clock.move(60)
    desk.say(KNIFE, sender="+447700900013")

    page = Browser(app).enter(desk, "rhian").get("/btp/queue").text
    order = re.findall(r'class="line rank-(\d)', page)

    assert order[0] == "0"
    assert order == sorted(order)
    assert "Danger" in page


def test_r1_what_staff_write_is_checked_and_the_draft_comes_back(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    browser = Browser(app).enter(desk, "rhian")
    one = f"/btp/reports/{_reports(desk)[0]}"
    browser.do(f"{one}/claim", one)
    desk.clock.move(20)

    early = browser.do(f"{one}/write", one, text="The police are on their way to coach 3 now", key="a")
    later = browser.do(
        f"{one}/write", one, text="We are coming to meet you at the next stop. An officer waits.", key="b"
    )

    assert early.status_code == later.status_code == 409
    assert "The police are on their way to coach 3 now" in early.text
    assert 'name="sure"' in later.text
    assert 'name="sure"' not in early.text
    send_due(desk.service)
    assert desk.channel.sent == []


def test_r8_others_get_a_card_of_place_and_train_at_most(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    hire(desk, "standards", "confidential")
    desk.say(ABOUT_STAFF)
    (report,) = _reports(desk, "confidential")
    rhian, standards = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "standards")

    page = rhian.get("/btp/queue").text
    assert report not in page
    for card in _reports(desk):
        page += rhian.get(f"/btp/reports/{card}").text
    assert not re.search("touching|officer|police", page)
    assert report in standards.get("/btp/queue").text
    assert "keeps touching me" in words(standards.get(f"/btp/reports/{report}"))
    assert not desk.rows(
        "SELECT * FROM audit WHERE audience = 'desk' AND report_id IN (SELECT report_id FROM desk_items "
        "WHERE audience = 'confidential')"
    )


def test_r7_a_route_without_a_rule_does_not_start() -> None:
    with pytest.raises(RouteWithoutRule):
        rules.check([*RULES, "forgotten"])
    with pytest.raises(RouteWithoutRule):
        rules.check(list(RULES)[1:])


def test_q35_no_change_without_this_sessions_own_token(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher", "supervisor")
    hire(desk, "tom", "dispatcher")
    desk.say(NOW)
    (report,) = _reports(desk)
    rhian, tom = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "tom")
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or RULES[rule.endpoint].outside:
            continue
        path = rule.rule.replace("<organisation>", "btp").replace("<report_id>", report)
        for csrf in (None, "", "x" * 64, tom.csrf("/btp/queue")):
            assert rhian.post(path, csrf=csrf).status_code == 403, path


def test_r17_every_answer_carries_the_headers_and_the_cookie_is_for_this_host_alone(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    browser = Browser(app)
    for path in ("/", "/sign-in", "/healthy", "/static/desk.css", "/nothing", "/btp/queue", "/link/x"):
        answer = browser.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store" or path.startswith("/static/")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    entered = browser.post(f"/link/{people.one_time_link(desk.service, 'rhian')}")
    cookie = entered.headers["Set-Cookie"]
    assert cookie.startswith("__Host-desk=")
    for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_r17_pages_hold_no_inline_script_or_style(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher", "auditor")
    desk.say(NOW)
    browser = Browser(app).enter(desk, "rhian")
    for path in ("/btp/queue", f"/btp/reports/{_reports(desk)[0]}", "/btp/audit", "/sign-in"):
        page = browser.get(path).text
        assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?! src)|https?://(?!www\.w3)", page), path


def test_r10_each_look_is_written_before_it_is_shown_and_without_that_nothing_is(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    (report,) = _reports(desk)
    browser = Browser(app).enter(desk, "rhian")
    browser.get("/btp/queue")
    browser.get("/btp/lines")
    browser.get(f"/btp/reports/{report}")

    assert desk.rows("SELECT kind, what, report_id FROM audit ORDER BY id") == [
        ("consultation", "queue", report),
        ("consultation", "report", report),
    ]
    desk.change("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    answer = browser.get(f"/btp/reports/{report}")
    assert answer.status_code == 503
    assert "coach" not in answer.text
    desk.say("he moved to coach 5")
    assert browser.get("/btp/queue").status_code == 503


def test_r18_no_number_is_anywhere_on_the_desk(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher", "auditor")
    desk.say(NOW, sender="+447700900123")
    browser = Browser(app).enter(desk, "rhian")
    for path in ("/btp/queue", f"/btp/reports/{_reports(desk)[0]}", "/btp/audit"):
        assert "7700900123" not in browser.get(path).text.replace(" ", "")


def test_words_of_a_reporter_are_never_markup(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say("<script>alert(1)</script> man staring at me coach 3 on the 1805 to brighton {{ 7*7 }}")
    page = Browser(app).enter(desk, "rhian").get(f"/btp/reports/{_reports(desk)[0]}").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_the_answer_clock_alarms_tells_a_supervisor_and_then_the_reporter(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    browser = Browser(app).enter(desk, "rhian")
    desk.clock.move(59)
    assert unanswered.run_due(desk.service, desk.doorbell) == 0
    for seconds in (1, 60, 60):
        desk.clock.move(seconds)
        assert unanswered.run_due(desk.service, desk.doorbell) == 1
        assert unanswered.run_due(desk.service, desk.doorbell) == 0
    send_due(desk.service)

    assert [text.body for text in desk.channel.sent] == [unanswered.HONEST["en"]]
    page = words(browser.get("/btp/queue"))
    assert "Supervisor told" in page
    assert "Reporter told" in page
    desk.clock.move(3600)
    assert unanswered.run_due(desk.service, desk.doorbell) == 0


def test_r4_the_clock_says_nothing_to_who_said_stop_and_ends_with_a_claim(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW, sender="+447700900031")
    desk.say("STOP", sender="+447700900031")
    desk.clock.move(1)
    desk.say(NOW, sender="+447700900032")
    ((second,),) = desk.rows("SELECT report_id FROM conversations ORDER BY last_text_at DESC LIMIT 1")
    handling.claim(desk.service, signed_in(desk, "rhian"), "btp", second)
    for _ in range(5):
        desk.clock.move(60)
        unanswered.run_due(desk.service, desk.doorbell)
    send_due(desk.service)

    assert sorted(desk.rows("SELECT holder IS NULL, clock_step FROM desk_items")) == [(0, 0), (1, 3)]
    assert not any(text.body in unanswered.HONEST.values() for text in desk.channel.sent)


def test_sign_off_gives_everything_back_and_ends_the_session(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    (report,) = _reports(desk)
    browser = Browser(app).enter(desk, "rhian")
    browser.do(f"/btp/reports/{report}/claim", "/btp/queue")

    assert browser.do("/sign-out", "/btp/queue").status_code == 303
    assert desk.rows("SELECT holder FROM desk_items") == [(None,)]
    assert browser.get("/btp/queue").location == "/sign-in"
    assert browser.get("/btp/lines", headers={"X-By-Itself": "1"}).status_code == 401


def test_a_report_goes_to_a_colleague_of_the_same_team_and_to_nobody_else(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    hire(desk, "tom", "dispatcher")
    hire(desk, "nosy", "operator")
    desk.say(NOW)
    (report,) = _reports(desk)
    rhian, tom, nosy = (signed_in(desk, name) for name in ("rhian", "tom", "nosy"))
    handling.claim(desk.service, rhian, "btp", report)

    with pytest.raises(NotDone):
        handling.transfer(desk.service, rhian, "btp", report, nosy.person_id)
    handling.transfer(desk.service, rhian, "btp", report, tom.person_id)
    with pytest.raises(NotDone):
        handling.release(desk.service, rhian, "btp", report)
    handling.release(desk.service, tom, "btp", report)


def test_a_later_text_opens_a_closed_report_again(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    (report,) = _reports(desk)
    rhian = signed_in(desk, "rhian")
    handling.claim(desk.service, rhian, "btp", report)
    handling.close(desk.service, rhian, "btp", report, "recorded")
    desk.clock.move(60)
    desk.say("he has a knife")

    assert desk.rows("SELECT closed_at, holder, rank FROM desk_items") == [(None, None, 0)]


def test_r11_ground_the_audit_takes_no_change(database: Database) -> None:
    """On both kinds of database, by any statement."""
    desk = Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    desk_pages.queue(desk.service, signed_in(desk, "rhian"), "btp", "desk", desk_pages.Shown())
    assert len(desk.rows("SELECT * FROM audit")) == 1
    for sql in ("UPDATE audit SET why = 'x'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError):
            desk.change(sql)
