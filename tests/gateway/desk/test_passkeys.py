"""Passkeys at the desk: enrolled, added, used, refused (R16)."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from flask import Flask

from gateway.desk.access import Access
from gateway.desk.app import create_app
from handlers import ceremonies, people
from handlers.passkeys import RelyingParty
from handlers.records.database import Database
from tests.fakes import Desk
from tests.gateway.desk.authenticator import PRESENT, Authenticator
from tests.gateway.desk.browser import HTTPS, Browser, words
from tests.handlers.desk_people import PASSWORD, code, hire


@pytest.fixture
def desk(lite: Database) -> Desk:
    return Desk.build(lite)


def application(desk: Desk) -> Flask:
    return create_app(desk.service, desk.doorbell, Access(RelyingParty.of(HTTPS)))


def in_production(desk: Desk) -> Flask:
    desk.service = dataclasses.replace(desk.service, production=True)
    return application(desk)


def add_key(browser: Browser, key: Authenticator, label: str = "Blue key") -> Any:
    csrf = browser.csrf("/account")
    options = json.loads(browser.post("/account/passkeys/options", csrf=csrf).data)
    return browser.post("/account/passkeys", csrf=csrf, credential=key.create(options), label=label)


def asked(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(browser.post("/passkeys/options").data)
    return found


def enters(browser: Browser, credential: str) -> bool:
    answer = browser.post("/passkeys/enter", credential=credential)
    assert answer.status_code in (303, 403)
    return answer.status_code == 303


@pytest.fixture
def key(desk: Desk) -> Authenticator:
    """Rhian's, added after she had signed in."""
    hire(desk, "rhian", "dispatcher")
    made = Authenticator()
    assert add_key(Browser(application(desk)).enter(desk, "rhian"), made).status_code == 303
    return made


def test_r16_a_passkey_is_added_and_signs_in_by_itself(desk: Desk, key: Authenticator) -> None:
    browser = Browser(application(desk))
    options = asked(browser)

    assert options["userVerification"] == "required"
    assert options["rpId"] == "desk.example.org"
    assert not options.get("allowCredentials"), "who is known is told to nobody"
    assert enters(browser, key.get(options))
    assert browser.get("/").location == "/btp/queue"
    page = words(browser.get("/account"))
    assert "Blue key last used 0 s ago" in page
    assert "This one, by passkey" in page


def test_r16_what_is_asked_of_a_new_key_ties_it_to_person_and_desk(desk: Desk, key: Authenticator) -> None:
    browser = Browser(application(desk)).enter(desk, "rhian")
    options = json.loads(browser.post("/account/passkeys/options", csrf=browser.csrf("/account")).data)

    assert options["rp"]["id"] == "desk.example.org"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in options["excludeCredentials"]] == [json.loads(key.get({"challenge": ""}))["id"]]
    assert "rhian" not in str(key.handle)


def test_r16_in_production_the_confidential_team_enrols_by_link_password_and_code(desk: Desk) -> None:
    """A link alone opens nothing, nor do password and code; together they open the page of passkeys, and no other."""
    standards = hire(desk, "standards", "confidential")
    app = in_production(desk)
    link = people.enrolment(desk.service, "standards")
    typed = {"name": "standards", "password": PASSWORD}
    browser = Browser(app)

    assert browser.post("/sign-in", **typed, code=code(desk, standards)).status_code == 403
    assert browser.post(f"/enrol/{link}", **typed, code="000000").status_code == 403
    assert browser.post(f"/enrol/{'x' * 43}", **typed, code=code(desk, standards)).status_code == 403
    desk.clock.move(30)
    assert browser.post(f"/enrol/{link}", **typed, code=code(desk, standards)).location == "/account"
    assert browser.get("/").location == browser.get("/btp/queue").location == "/sign-in"
    assert "Add your passkey" in words(browser.get("/account"))
    for path in ("remove", "../password", "../others"):
        assert browser.post(f"/account/passkeys/{path}", csrf=browser.csrf("/account")).status_code in (401, 404)

    key = Authenticator()
    assert "Sign in with it now" in words(add_key(browser, key))
    assert browser.get("/account").location == "/sign-in"
    assert enters(browser, key.get(asked(browser)))
    assert browser.get("/btp/queue").status_code == 200
    desk.clock.move(30)
    again = browser.post(f"/enrol/{link}", **typed, code=code(desk, standards))
    assert again.status_code == 403, "a link works once"


def test_r16_an_enrolment_is_one_persons_and_lasts_an_hour(desk: Desk) -> None:
    hire(desk, "boss", "administrator")
    tom = hire(desk, "tom", "administrator")
    app = in_production(desk)
    link = people.enrolment(desk.service, "boss")
    assert Browser(app).post(f"/enrol/{link}", name="tom", password=PASSWORD, code=code(desk, tom)).status_code == 403
    mine = people.enrolment(desk.service, "tom")
    desk.clock.move(3601)
    assert Browser(app).post(f"/enrol/{mine}", name="tom", password=PASSWORD, code=code(desk, tom)).status_code == 403
    ended = people.enrolment(desk.service, "tom")
    people.reset(desk.service, "tom", PASSWORD)
    assert not desk.rows(f"SELECT 1 FROM ceremonies WHERE hash = '{people.digest(ended)}'")  # noqa: S608


WRONG: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://desk.example.org.evil.test"},
    "another party": {"party": "evil.test"},
    "user not verified": {"flags": PRESENT},
    "user not there": {"flags": 0},
    "another person's handle": {"handle": b"0" * 32},
    "a counter seen before": {"count": 0},
    "an unknown key": {"id": b"7" * 32},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_r16_an_answer_that_is_not_in_order_signs_nobody_in(desk: Desk, key: Authenticator, wrong: str) -> None:
    browser = Browser(application(desk))
    assert enters(browser, key.get(asked(browser)))
    forged = dataclasses.replace(key, **WRONG[wrong])

    assert not enters(Browser(browser.app), forged.get(asked(browser)))
    assert not enters(browser, forged.get(asked(browser))), wrong
    key.count += 2
    assert enters(browser, key.get(asked(browser)))


def test_r16_another_key_with_a_known_id_signs_nobody_in(desk: Desk, key: Authenticator) -> None:
    browser = Browser(application(desk))
    thief = Authenticator(id=key.id, handle=key.handle, count=50)

    assert not enters(browser, thief.get(asked(browser)))


def test_r16_a_challenge_is_used_once_soon_and_where_it_was_asked_for(desk: Desk, key: Authenticator) -> None:
    browser, other = Browser(application(desk)), Browser(application(desk))
    first = key.get(asked(browser))
    assert not enters(other, first), "another browser's"
    assert not enters(browser, first), "used up by that"
    second = key.get(asked(browser))
    assert enters(browser, second)
    assert not enters(browser, second)
    late = key.get(asked(browser))
    desk.clock.move(ceremonies.SECONDS + 1)
    assert not enters(browser, late)
    assert not enters(browser, key.get({"challenge": "A" * 43})), "one that was never begun"


def test_a_challenge_to_add_a_key_signs_nobody_in(desk: Desk, key: Authenticator) -> None:
    browser = Browser(application(desk)).enter(desk, "rhian")
    options = json.loads(browser.post("/account/passkeys/options", csrf=browser.csrf("/account")).data)

    assert not enters(browser, key.get(options))


@pytest.mark.parametrize(
    "junk",
    ["", "null", "[]", "{}", '{"id":1}', "{" * 9000, "x" * 20_000, '{"id":"a","response":{"clientDataJSON":"%"}}'],
)
def test_hostile_credentials_are_refused_in_words(desk: Desk, key: Authenticator, junk: str) -> None:
    browser = Browser(application(desk)).enter(desk, "rhian")

    assert browser.post("/account/passkeys", csrf=browser.csrf("/account"), credential=junk).status_code == 409
    assert not enters(browser, junk)


def test_r16_a_locked_person_has_no_way_in_and_a_reset_takes_the_keys(desk: Desk, key: Authenticator) -> None:
    browser = Browser(application(desk))
    people.lock(desk.service, "rhian")
    assert not enters(browser, key.get(asked(browser)))
    people.lock(desk.service, "rhian", False)
    assert enters(browser, key.get(asked(browser)))
    people.reset(desk.service, "rhian", PASSWORD)
    assert not enters(browser, key.get(asked(browser)))


def test_r16_a_new_key_ends_the_other_sessions_and_needs_a_fresh_one(desk: Desk, key: Authenticator) -> None:
    app = application(desk)
    one, two = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "rhian")
    assert add_key(one, Authenticator(), "Phone").status_code == 303
    assert two.get("/account").location == "/sign-in"
    assert "Phone" in words(one.get("/account"))
    desk.clock.move(601)
    refused = one.post("/account/passkeys/options", csrf=one.csrf("/account"))
    assert refused.status_code == 409
    assert "Sign off, sign in again" in refused.get_json()["problem"]
    stale = one.post("/account/passkeys/remove", csrf=one.csrf("/account"), passkey="x")
    assert stale.status_code == 409


def test_keys_are_listed_and_removed_by_their_owner_alone(desk: Desk, key: Authenticator) -> None:
    hire(desk, "tom", "dispatcher")
    app = application(desk)
    rhian, tom = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "tom")
    found = re.search(r'name="passkey" value="([^"]+)"', rhian.get("/account").text)
    assert found is not None
    assert tom.post("/account/passkeys/remove", csrf=tom.csrf("/account"), passkey=found[1]).status_code == 409
    assert rhian.post("/account/passkeys/remove", csrf=rhian.csrf("/account"), passkey=found[1]).status_code == 303
    assert not enters(Browser(app), key.get(asked(Browser(app))))
    assert "You have none" in words(rhian.get("/account"))


def test_r16_who_needs_a_passkey_keeps_the_last_one(desk: Desk) -> None:
    hire(desk, "boss", "administrator")
    boss, key = Browser(application(desk)).enter(desk, "boss"), Authenticator()
    assert add_key(boss, key).status_code == 303
    found = re.search(r'name="passkey" value="([^"]+)"', boss.get("/account").text)
    assert found is not None

    answer = boss.post("/account/passkeys/remove", csrf=boss.csrf("/account"), passkey=found[1])

    assert answer.status_code == 409
    assert "Your role needs a passkey" in words(answer)


def test_one_network_cannot_fill_the_store_with_challenges(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceremonies, "MOST_OPEN", 3)
    browser = Browser(application(desk))
    told = [browser.post("/passkeys/options").status_code for _ in range(4)]
    elsewhere = browser.client.post(
        "/passkeys/options", base_url=HTTPS, environ_overrides={"REMOTE_ADDR": "198.51.100.9"}
    )

    assert told == [200, 200, 200, 429]
    assert elsewhere.status_code == 200


def test_another_sites_form_begins_and_ends_nothing(desk: Desk, key: Authenticator) -> None:
    browser = Browser(application(desk))
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert browser.client.post("/passkeys/options", base_url=HTTPS, headers=foreign).status_code == 403
    credential = key.get(asked(browser))
    answer = browser.client.post("/passkeys/enter", base_url=HTTPS, headers=foreign, data={"credential": credential})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://desk.example.org", "desk.example.org"),
        ("https://desk.example.org:8443", "desk.example.org"),
        ("http://localhost:8071", "localhost"),
        ("http://desk.example.org", None),
        ("https://192.0.2.1", None),
        ("", None),
    ],
)
def test_passkeys_are_for_a_name_and_behind_tls(address: str, party: str | None) -> None:
    found = RelyingParty.of(address)

    assert (found and found.id) == party


def test_without_an_address_there_are_no_passkeys_and_the_page_says_so(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    browser = Browser(create_app(desk.service, desk.doorbell)).enter(desk, "rhian")

    assert "Passkeys are not set up" in words(browser.get("/account"))
    assert browser.post("/account/passkeys/options", csrf=browser.csrf("/account")).status_code == 409
    assert browser.post("/passkeys/options").status_code == 403
    assert "data-passkey" not in browser.get("/sign-in").text
