"""Where there is no page, or something could not be done: calm words, a way back, and nothing told (R8, R16, R18)."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.desk.pages import WORDS
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink
from tests.gateway.desk.browser import Browser, application, words
from tests.handlers.desk_people import hire

CANARY = "5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def desk(lite: Database) -> Desk:
    made = Desk.build(lite, sinks=[FakeSink()])
    hire(made, "rhian", "dispatcher")
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _leads_back(answer: TestResponse, status: int, to: str = "/") -> None:
    assert answer.status_code == status
    heading, more = WORDS[status]
    assert f"{heading} {more}" in words(answer)
    assert f'<p><a href="{to}">' in answer.text
    assert CANARY not in answer.text
    assert not re.search(r"Traceback|werkzeug|sqlite|[0-9a-f]{16}", answer.text)


def _post(browser: Browser, path: str, **form: str) -> TestResponse:
    return browser.client.post(path, base_url="https://desk.example.org", data=form, headers=BROWSER)


def test_what_is_not_there_is_the_same_page_for_everybody(desk: Desk, app: Flask) -> None:
    rhian, nobody = Browser(app).enter(desk, "rhian"), Browser(app)
    pages = [
        rhian.get(f"/btp/reports/{CANARY}"),
        rhian.get(f"/{CANARY}/queue"),
        rhian.get("/btp/audit"),
        rhian.get(f"/{CANARY}"),
        nobody.get(f"/no/{CANARY}"),
        _post(rhian, f"/no/{CANARY}"),
    ]
    for each in pages:
        _leads_back(each, 404)
    assert len({each.data for each in pages}) == 1


def test_a_form_without_its_token_is_refused_with_a_way_back(desk: Desk, app: Flask) -> None:
    rhian = Browser(app).enter(desk, "rhian")

    _leads_back(_post(rhian, f"/btp/reports/{CANARY}/write", csrf="x", text="We are on our way."), 403)


def test_r16_a_form_sent_after_the_session_says_so_and_leads_to_sign_in(desk: Desk, app: Flask) -> None:
    rhian = Browser(app).enter(desk, "rhian")
    desk.clock.move(901)

    _leads_back(_post(rhian, f"/btp/reports/{CANARY}/write", text="We are on our way."), 401, "/sign-in")


def test_f7_a_store_that_is_away_shows_nothing(desk: Desk, app: Flask) -> None:
    rhian = Browser(app).enter(desk, "rhian")
    desk.say("he has a knife")
    desk.change("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")

    _leads_back(rhian.get("/btp/queue"), 503)


def test_too_much_and_the_wrong_method(desk: Desk, app: Flask) -> None:
    rhian = Browser(app).enter(desk, "rhian")

    _leads_back(_post(rhian, f"/btp/reports/{CANARY}/note", body="x" * 70_000), 413)
    wrong = rhian.get(f"/btp/reports/{CANARY}/claim")
    _leads_back(wrong, 405)
    assert wrong.headers["Allow"] == "POST"


def test_what_nobody_foresaw_tells_no_more(desk: Desk, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def breaks() -> str:
        raise RuntimeError(CANARY)

    app.view_functions["home"] = breaks
    _leads_back(Browser(app).enter(desk, "rhian").get("/"), 500)
    assert CANARY not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_script_gets_a_line(desk: Desk, app: Flask) -> None:
    assert Browser(app).post(f"/no/{CANARY}").text == f"{WORDS[404][0]}\n"


@pytest.mark.parametrize("status", WORDS)
def test_the_words_are_plain_and_calm(status: int) -> None:
    assert not re.search(r"!|[Ee]rror|[Ff]orbidden|invalid|unauthori[sz]ed", " ".join(WORDS[status]))


def test_p4_a_nul_which_postgresql_does_not_keep_is_refused_and_no_fault_of_ours(database: Database) -> None:
    desk = Desk.build(database, sinks=[FakeSink()])
    hire(desk, "rhian", "dispatcher")
    browser = Browser(application(desk))
    assert browser.post("/sign-in", name="rh\0ian", password="x", code="1").status_code == 400
    browser.enter(desk, "rhian")
    token = browser.csrf("/btp/queue")
    assert browser.post("/btp/views/drop", csrf=token, view="\0").status_code == 400
    assert browser.get("/btp/reports/%00").status_code == 404
    assert browser.get("/btp/queue?team=%00").status_code == 400
