"""Sessions, cookies, forms and the one-time link at the desk, line by line (R16, R17)."""

from __future__ import annotations

import base64
import dataclasses
from ipaddress import ip_network
from typing import Any

import pytest

from gateway.desk import server
from gateway.desk.access import Access
from gateway.desk.app import create_app
from gateway.desk.guard import COOKIE, MAX_BODY
from handlers import attempts, passwords, people
from handlers.people import PersonError
from handlers.records.database import Database
from tests.fakes import Desk
from tests.gateway.desk.browser import HTTPS, Browser, application, words
from tests.handlers.desk_people import PASSWORD, code, hire

WRONG = {"name": "rhian", "password": "wrong", "code": "000000"}


@pytest.fixture
def desk(lite: Database) -> Desk:
    return Desk.build(lite)


def token(browser: Browser) -> str:
    """The session's token in the browser's cookie."""
    cookie = browser.client.get_cookie(COOKIE, "desk.example.org")
    assert cookie is not None
    return cookie.value


def test_r16_signing_in_makes_a_new_session_of_256_bits_and_ends_the_one_before(desk: Desk) -> None:
    """A token that somebody put there beforehand is worth nothing afterwards."""
    rhian = hire(desk, "rhian", "dispatcher")
    browser = Browser(application(desk)).enter(desk, "rhian")
    before = token(browser)

    browser.post("/sign-in", name="rhian", password=PASSWORD, code=code(desk, rhian))

    assert token(browser) != before
    assert len(base64.urlsafe_b64decode(token(browser) + "=")) == 32
    browser.client.set_cookie(COOKIE, before, domain="desk.example.org", secure=True)
    assert browser.get("/btp/queue").location == "/sign-in"


def test_r16_known_and_unknown_people_read_the_same_and_cost_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhian = hire(desk, "rhian", "dispatcher")
    hire(desk, "gone", "dispatcher")
    people.lock(desk.service, "gone")
    work: list[bool] = []
    fits = passwords.fits

    def noted(*given: Any) -> bool:
        work.append(True)
        return fits(*given)

    monkeypatch.setattr(passwords, "fits", noted)
    browser = Browser(application(desk))
    told = [
        browser.post("/sign-in", name=name, password=password, code=typed)
        for name, password, typed in (
            ("nobody", PASSWORD, "000000"),
            ("rhian", "wrong", code(desk, rhian)),
            ("rhian", PASSWORD, "000000"),
            ("gone", PASSWORD, "000000"),
        )
    ]

    assert {(answer.status_code, answer.text) for answer in told} == {(403, told[0].text)}
    assert len(work) == 4, "as many Argon2 hashes as attempts"


def test_r16_behind_a_trusted_proxy_the_clients_network_is_stopped_and_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "fits", lambda password, against: against is not None and password == PASSWORD)
    monkeypatch.setattr(attempts, "NETWORK_FAILURES", 3)
    rhian = hire(desk, "rhian", "dispatcher")
    app = create_app(desk.service, desk.doorbell, Access(proxies=(ip_network("127.0.0.1"),)))
    right = {"name": "rhian", "password": PASSWORD, "code": code(desk, rhian)}

    def enters(said: str, **form: str) -> int:
        headers = {"X-Forwarded-For": said}
        return Browser(app).client.post("/sign-in", base_url=HTTPS, data=form, headers=headers).status_code

    for number in range(3):
        # what stands left of the proxy's own word is the client's invention
        enters(f"192.0.2.{number}, 198.51.100.1", name=f"guess{number}", password="wrong", code="0")
    assert enters("198.51.100.1", **right) == 403
    assert enters("198.51.100.2", **right) == 303


def test_r16_without_a_trusted_proxy_nobodys_header_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "fits", lambda password, against: against is not None and password == PASSWORD)
    monkeypatch.setattr(attempts, "NETWORK_FAILURES", 3)
    rhian = hire(desk, "rhian", "dispatcher")
    app = application(desk)
    said = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP"]

    for number in range(3):
        headers = dict.fromkeys(said, f"198.51.100.{number}")
        form = WRONG | {"name": f"guess{number}"}
        Browser(app).client.post("/sign-in", base_url=HTTPS, data=form, headers=headers)
    form = {"name": "rhian", "password": PASSWORD, "code": code(desk, rhian)}
    answer = Browser(app).client.post("/sign-in", base_url=HTTPS, data=form, headers=dict.fromkeys(said, "203.0.113.5"))
    assert answer.status_code == 403


def test_r16_a_person_sees_where_they_are_signed_in_and_ends_the_rest(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    app = application(desk)
    here, there = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "rhian")
    assert "This one" in words(here.get("/account"))
    assert "Another one" in words(here.get("/account"))

    assert here.do("/account/others", "/account").status_code == 303

    assert there.get("/btp/queue").location == "/sign-in"
    assert here.get("/btp/queue").status_code == 200
    assert "Another one" not in words(here.get("/account"))


def test_r16_who_changes_the_password_stays_and_all_others_go(desk: Desk) -> None:
    rhian = hire(desk, "rhian", "dispatcher")
    app, new = application(desk), "copper-lantern-across-61"
    here, there = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "rhian")
    for tried, wanted in (("not so", new), (PASSWORD, "short"), (PASSWORD, "rhian rhian rhian")):
        assert here.do("/account/password", "/account", old=tried, new=wanted).status_code == 409
    assert there.get("/btp/queue").status_code == 200

    assert here.do("/account/password", "/account", old=PASSWORD, new=new).status_code == 303

    assert here.get("/btp/queue").status_code == 200
    assert there.get("/btp/queue").location == "/sign-in"
    old = Browser(app).post("/sign-in", name="rhian", password=PASSWORD, code=code(desk, rhian))
    assert old.status_code == 403
    desk.clock.move(30)
    assert Browser(app).post("/sign-in", name="rhian", password=new, code=code(desk, rhian)).status_code == 303


def test_r16_a_stolen_session_cannot_try_passwords_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hire(desk, "rhian", "dispatcher")
    monkeypatch.setattr(passwords, "fits", lambda password, against: password == PASSWORD)
    here = Browser(application(desk)).enter(desk, "rhian")
    for _ in range(attempts.ACCOUNT_FAILURES):
        here.do("/account/password", "/account", old="guess", new="copper-lantern-across-61")

    last = here.do("/account/password", "/account", old=PASSWORD, new="copper-lantern-across-61")

    assert last.status_code == 409


def test_in_production_make_up_has_no_link_to_print_and_none_is_taken(desk: Desk) -> None:
    link = server.demonstration_link(desk.service, "http://localhost:8071")
    desk.service = dataclasses.replace(desk.service, production=True)

    with pytest.raises(PersonError):
        server.demonstration_link(desk.service, "http://localhost:8071")
    browser = Browser(application(desk))
    assert browser.post(link.removeprefix("http://localhost:8071")).status_code == 403
    assert browser.get("/").location == "/sign-in"


def test_in_development_the_link_opens_the_desk_once(desk: Desk) -> None:
    link = server.demonstration_link(desk.service, "").removeprefix("/")
    browser = Browser(application(desk))

    assert browser.get(f"/{link}").status_code == 200
    assert browser.post(f"/{link}").location == "/"
    assert browser.get("/").location == "/btp/queue"
    assert browser.post(f"/{link}").status_code == 403
    newcomer = {page: browser.get(f"/btp/{page}").status_code for page in ("shift", "board", "exercises", "audit")}
    assert newcomer == {"shift": 200, "board": 200, "exercises": 200, "audit": 404}


def test_r17_every_answer_of_every_kind_carries_every_header(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    browser = Browser(application(desk)).enter(desk, "rhian")
    answers = [
        browser.get("/account"),
        browser.get("/no/such/page"),
        browser.post("/account/others", csrf="another's"),
        browser.post("/sign-in", **WRONG),
        browser.post("/sign-in", name="x" * (MAX_BODY + 1)),
        browser.client.delete("/account", base_url=HTTPS),
        Browser(browser.app).get("/btp/queue"),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 403, 403, 413, 405, 303]
    for answer in answers:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert set(policy.values()) == {"'none'", "'self'"}
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "publickey-credentials-get=(self)" in answer.headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_r17_a_form_of_another_site_is_refused_where_there_is_no_token_yet(desk: Desk) -> None:
    rhian = hire(desk, "rhian", "dispatcher")
    form = {"name": "rhian", "password": PASSWORD, "code": code(desk, rhian)}
    client = Browser(application(desk)).client
    for site in ("cross-site", "same-site"):
        answer = client.post("/sign-in", base_url=HTTPS, data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    assert (
        client.post("/sign-in", base_url=HTTPS, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    )


def test_r16_signing_off_clears_the_browser_and_the_token_is_worth_nothing(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    browser = Browser(application(desk)).enter(desk, "rhian")
    before = token(browser)

    answer = browser.do("/sign-out", "/account")

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    browser.client.set_cookie(COOKIE, before, domain="desk.example.org", secure=True)
    assert browser.get("/account").location == "/sign-in"


def test_r17_what_people_are_called_is_never_markup(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher", shown="<b>Rhian</b> {{ 7*7 }}")
    page = Browser(application(desk)).enter(desk, "rhian").get("/account").text

    assert "&lt;b&gt;Rhian&lt;/b&gt; {{ 7*7 }}" in page
