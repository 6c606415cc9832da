"""Single sign-on against a real issuer over HTTP: who comes in, and all that is refused (R16, R17)."""

from __future__ import annotations

import dataclasses
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.desk.access import Access
from gateway.desk.app import create_app
from gateway.desk.oidc import Provider, ProviderError
from handlers import ceremonies, people
from handlers.people import PersonError
from handlers.records.database import Database
from tests.fakes import Desk
from tests.gateway.desk.authenticator import url64
from tests.gateway.desk.browser import HTTPS, Browser, words
from tests.gateway.desk.issuer import CLIENT, PERSON, SECRET, Issuer, another_key, serving
from tests.handlers.desk_people import hire


@pytest.fixture
def desk(lite: Database) -> Desk:
    return Desk.build(lite)


@pytest.fixture
def issuer(desk: Desk) -> Iterator[Issuer]:
    with serving(int(desk.clock.now())) as found:
        yield found


def provider(issuer: Issuer, **more: Any) -> Provider:
    return Provider(issuer.url, CLIENT, SECRET, HTTPS, **more)


def browser_at(desk: Desk, issuer: Issuer, **more: Any) -> Browser:
    return Browser(create_app(desk.service, desk.doorbell, Access(provider=provider(issuer, **more))))


def comes_back(browser: Browser, issuer: Issuer) -> Any:
    """Through the issuer's page and back."""
    there = browser.get("/single-sign-on").location
    return browser.get(issuer.signs_in(there).removeprefix(HTTPS))


def test_r16_who_is_joined_comes_in(desk: Desk, issuer: Issuer) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    browser = browser_at(desk, issuer)

    answer = comes_back(browser, issuer)

    assert answer.status_code == 200, "a redirect would carry no strict cookie"
    assert 'content="0; url=/"' in answer.text
    assert browser.get("/").location == "/btp/queue"
    assert "by single sign-on" in words(browser.get("/account"))


def test_r16_nobody_gets_an_account_by_it(desk: Desk, issuer: Issuer) -> None:
    """Unknown, joined elsewhere, taken away, locked: all read the same."""
    hire(desk, "rhian", "dispatcher")
    browser = browser_at(desk, issuer)
    told = [words(comes_back(browser, issuer))]
    people.join(desk.service, "rhian", "https://another.example.org", PERSON)
    told.append(words(comes_back(browser, issuer)))
    people.join(desk.service, "rhian", issuer.url, PERSON)
    people.join(desk.service, "rhian", issuer.url, "")
    told.append(words(comes_back(browser, issuer)))
    people.join(desk.service, "rhian", issuer.url, PERSON)
    people.lock(desk.service, "rhian")
    told.append(words(comes_back(browser, issuer)))

    assert "Single sign-on did not work" in told[0]
    assert len(set(told)) == 1
    assert desk.rows("SELECT count(*) FROM people") == [(1,)]
    assert desk.rows("SELECT count(*) FROM sessions") == [(0,)]


def test_two_accounts_are_never_one_person(desk: Desk, issuer: Issuer) -> None:
    hire(desk, "rhian", "dispatcher")
    hire(desk, "tom", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)

    with pytest.raises(PersonError):
        people.join(desk.service, "tom", issuer.url, PERSON)
    with pytest.raises(PersonError):
        people.join(desk.service, "tom", "", PERSON)


WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another desk"},
    "two audiences and no party": {"aud": [CLIENT, "another desk"]},
    "another party": {"azp": "another desk"},
    "another issuer": {"iss": "https://evil.test"},
    "no subject": {"sub": None},
    "a subject that is no text": {"sub": 4711},
    "no second factor": {"amr": ["pwd"]},
    "nothing of how": {"amr": None},
    "how, in another form": {"amr": {"mfa": True}},
    "an access token's hash that is another's": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_r16_a_token_that_is_not_in_order_signs_nobody_in(desk: Desk, issuer: Issuer, wrong: str) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    browser = browser_at(desk, issuer)
    issuer.claims = WRONG[wrong]
    assert comes_back(browser, issuer).status_code == 403
    assert browser.get("/").location == "/sign-in"
    issuer.claims = {}
    assert comes_back(browser, issuer).status_code == 200, "without that it is"


@pytest.mark.parametrize(("made", "ends"), [(-4000, -3700), (4000, 4300)])
def test_r16_a_token_of_another_time_signs_nobody_in(desk: Desk, issuer: Issuer, made: int, ends: int) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    issuer.claims = {"iat": issuer.now + made, "nbf": issuer.now + made, "exp": issuer.now + ends}

    assert comes_back(browser_at(desk, issuer), issuer).status_code == 403


@pytest.mark.parametrize("kind", ["another key of that id", "a secret", "a key that is not published"])
def test_r16_a_token_signed_by_another_signs_nobody_in(desk: Desk, issuer: Issuer, kind: str) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    forger = another_key()
    if kind == "another key of that id":
        forger = type(forger).import_key(forger.as_dict(private=True) | {"kid": "r1"})
    issuer.signs = ("RS256", forger)
    if kind == "a secret":
        issuer.signs, issuer.rewrites = None, lambda token: _under_a_secret(token, issuer.keys[0].as_pem(private=False))

    assert comes_back(browser_at(desk, issuer), issuer).status_code == 403


def _under_a_secret(token: str, secret: bytes) -> str:
    """The same claims under HS256 with the published key as the secret (RFC 8725 section 2.1)."""
    body = url64(json.dumps({"alg": "HS256", "kid": "r1"}).encode()) + "." + token.split(".")[1]
    return f"{body}.{url64(hmac.digest(secret, body.encode(), 'sha256'))}"


def test_keys_that_the_issuer_changed_are_fetched_anew_once_a_minute(desk: Desk, issuer: Issuer) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    ticks = [1000.0]
    browser = browser_at(desk, issuer, ticks=lambda: ticks[0])
    assert comes_back(browser, issuer).status_code == 200
    fresh = another_key("EC")
    issuer.signs = ("ES256", fresh)
    issuer.keys.append(fresh)
    assert comes_back(browser, issuer).status_code == 403
    assert issuer.asked.count("/keys") == 1
    ticks[0] += 61
    assert comes_back(browser, issuer).status_code == 200
    assert issuer.asked.count("/keys") == 2


def test_r16_an_answer_counts_once_soon_and_in_the_browser_that_began(desk: Desk, issuer: Issuer) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    browser, other = browser_at(desk, issuer), browser_at(desk, issuer)
    back = issuer.signs_in(browser.get("/single-sign-on").location).removeprefix(HTTPS)
    assert other.get(back).status_code == 403, "a link that somebody else sent"
    assert browser.get(back).status_code == 403, "used up by that"
    back = issuer.signs_in(browser.get("/single-sign-on").location).removeprefix(HTTPS)
    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 403
    back = issuer.signs_in(browser.get("/single-sign-on").location).removeprefix(HTTPS)
    desk.clock.move(ceremonies.SECONDS + 1)
    issuer.now += ceremonies.SECONDS + 1
    assert browser.get(back).status_code == 403
    assert browser.get("/single-sign-on/back?state=made-up&code=x").status_code == 403
    assert browser.get("/single-sign-on/back").status_code == 403


def test_rfc_9207_another_issuers_answer_is_refused(desk: Desk, issuer: Issuer) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, PERSON)
    browser = browser_at(desk, issuer)
    back = issuer.signs_in(browser.get("/single-sign-on").location).removeprefix(HTTPS)

    assert browser.get(re.sub("iss=[^&]+", "iss=https://evil.test", back)).status_code == 403
    issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    strict = browser_at(desk, issuer)
    back = issuer.signs_in(strict.get("/single-sign-on").location).removeprefix(HTTPS)
    assert strict.get(re.sub("&?iss=[^&]+", "", back)).status_code == 403


def test_r16_in_production_the_confidential_team_needs_a_sign_in_that_resists_phishing(
    desk: Desk, issuer: Issuer
) -> None:
    hire(desk, "standards", "confidential")
    people.join(desk.service, "standards", issuer.url, PERSON)
    desk.service = dataclasses.replace(desk.service, production=True)
    browser = browser_at(desk, issuer)

    assert comes_back(browser, issuer).status_code == 403
    issuer.claims = {"acr": "phr"}
    assert comes_back(browser, issuer).status_code == 200


def test_an_address_counts_only_where_the_issuer_has_checked_it(desk: Desk, issuer: Issuer) -> None:
    hire(desk, "rhian", "dispatcher")
    people.join(desk.service, "rhian", issuer.url, "rhian@btp.example.org")
    issuer.claims = {"email": "rhian@btp.example.org"}
    browser = browser_at(desk, issuer, claim="email")

    assert comes_back(browser, issuer).status_code == 403
    issuer.claims["email_verified"] = True
    assert comes_back(browser, issuer).status_code == 200


MISCONFIGURED: dict[str, tuple[dict[str, Any], str]] = {
    "another name": ({"issuer": "https://another.example.org"}, "another issuer"),
    "another host": ({"token_endpoint": "http://evil.test/token"}, "not listed"),
    "another scheme": ({"jwks_uri": "ftp://127.0.0.1/keys"}, "not listed"),
    "no PKCE": ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    "no keys": ({"jwks_uri": None}, "not listed"),
}


@pytest.mark.parametrize("what", MISCONFIGURED)
def test_r17_an_issuer_that_is_not_in_order_is_not_called_further(desk: Desk, issuer: Issuer, what: str) -> None:
    issuer.metadata, told = MISCONFIGURED[what]

    with pytest.raises(ProviderError, match=told):
        provider(issuer).metadata()
    assert browser_at(desk, issuer).get("/single-sign-on").status_code == 503
    assert set(issuer.asked) == {"/.well-known/openid-configuration"}


def test_r17_redirects_are_not_followed(issuer: Issuer) -> None:
    issuer.metadata = {"jwks_uri": f"{issuer.url}/elsewhere"}

    with pytest.raises(ProviderError):
        provider(issuer).keys()
    assert "/keys" not in issuer.asked


def test_an_issuer_that_is_away_is_said_in_words_and_the_password_still_works(desk: Desk, issuer: Issuer) -> None:
    issuer.down = True
    answer = browser_at(desk, issuer).get("/single-sign-on")

    assert answer.status_code == 503
    assert "Single sign-on did not work" in words(answer)
    assert 'name="password"' in answer.text


def test_where_none_is_configured_none_is_offered(desk: Desk) -> None:
    browser = Browser(create_app(desk.service, desk.doorbell))

    assert "single" not in words(browser.get("/sign-in")).casefold()
    assert browser.get("/single-sign-on").location == "/sign-in"
    assert browser.get("/single-sign-on/back?code=x&state=y").status_code == 403


def test_the_secrets_of_an_attempt_are_nowhere_kept(desk: Desk, issuer: Issuer) -> None:
    browser = browser_at(desk, issuer)
    there = browser.get("/single-sign-on").location
    query = parse_qs(urlsplit(there).query)
    held = str(desk.rows("SELECT * FROM ceremonies"))

    assert not any(query[name][0] in held for name in ("state", "nonce", "code_challenge"))
    cookie = browser.client.get_cookie("__Host-desk-step", "desk.example.org")
    assert cookie is not None
    assert cookie.value not in held
    assert cookie.value not in there
