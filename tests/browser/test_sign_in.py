"""Signing in, in a real browser: passkeys with its virtual authenticator, and without JavaScript (R16, P7).

Source of the authenticator: https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
"""

from __future__ import annotations

import time
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from handlers import people as accounts
from tests.browser.installation import PASSWORD
from tests.browser.person import People, barriers
from tests.gateway.desk.issuer import CLIENT, PERSON, SECRET, serving


def with_authenticator(page: Page, *, verifies: bool = True) -> Any:
    """Gives a page's browser an authenticator that answers by itself; verifies its user or cannot."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": verifies, "automaticPresenceSimulation": True,
    }  # fmt: skip
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return devtools, key


def adds_passkey(page: Page, label: str) -> None:
    page.get_by_label("Name of the new passkey").fill(label)
    page.get_by_role("button", name="Add a passkey").click()


def signs_off(page: Page) -> None:
    page.get_by_role("button", name="Sign off", exact=True).click()
    page.wait_for_url("**/sign-in")


def test_r16_a_passkey_is_added_used_and_removed(people: People) -> None:
    rhian = people.sits_down("rhian")
    with_authenticator(rhian)
    rhian.get_by_role("link", name="Rhian").click()
    adds_passkey(rhian, "This computer")
    expect(rhian.get_by_text("This computer")).to_be_visible()
    adds_passkey(rhian, "Twice")
    expect(rhian.get_by_role("alert")).to_have_text("This device holds a passkey of yours already.")

    signs_off(rhian)
    rhian.get_by_role("button", name="Sign in with a passkey").click()
    expect(rhian.get_by_role("heading", name="Queue")).to_be_visible()
    rhian.goto("/account")
    expect(rhian.get_by_text("This one, by passkey")).to_be_visible()
    rhian.get_by_role("button", name="Remove This computer").click()
    expect(rhian.get_by_text("You have none.")).to_be_visible()
    signs_off(rhian)
    rhian.get_by_role("button", name="Sign in with a passkey").click()
    expect(rhian.get_by_role("alert")).to_contain_text("That did not work.")
    assert people.wrong == []


def test_r16_the_confidential_team_enrols_by_its_link(people: People) -> None:
    force = people.force
    name = f"standards.{force.id}"
    service = force.at.service
    enrolled = accounts.add(service, name, "Standards", PASSWORD)
    accounts.change_role(service, name, force.id, "confidential")
    page = people.page()
    with_authenticator(page)
    page.goto(f"/enrol/{accounts.enrolment(service, name)}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code from your authenticator").fill(pyotp.TOTP(enrolled.secret).at(int(time.time())))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Add your passkey")).to_be_visible()
    adds_passkey(page, "Blue security key")
    expect(page.locator("main")).to_contain_text("Sign in")  # says what stands there in its place
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing is waiting.")).to_be_visible()
    assert people.wrong == []


def test_r16_an_authenticator_that_does_not_know_its_user_is_not_taken(people: People) -> None:
    rhian = people.sits_down("rhian")
    devtools, key = with_authenticator(rhian)
    rhian.goto("/account")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    adds_passkey(rhian, "Open to all")
    expect(rhian.get_by_role("alert")).to_have_text("Nothing was done. Try again when you are ready.")


def test_r16_single_sign_on_comes_in_from_another_site_and_opens_the_desk(people: People) -> None:
    """The issuer's page is another site: no strict cookie travels with the way back; the desk opens all the same."""
    force = people.force
    people.force.hire("rhian", shown="Rhian Evans")
    with serving(int(time.time())) as issuer:
        accounts.join(force.at.service, f"rhian.{force.id}", issuer.url, PERSON)
        desk = force.at.another_desk(
            QUIETLINE_OIDC_ISSUER=issuer.url, QUIETLINE_OIDC_CLIENT_ID=CLIENT, QUIETLINE_OIDC_CLIENT_SECRET=SECRET
        )
        page = people.page(allows=(desk, issuer.url))
        page.goto(f"{desk}/sign-in")
        page.get_by_role("link", name="Use single sign-on").click()
        expect(page.get_by_role("heading", name="Queue")).to_be_visible()
        expect(page.get_by_role("link", name="Rhian Evans")).to_be_visible()
        page.goto(f"{desk}/account")
        expect(page.get_by_text("This one, by single sign-on")).to_be_visible()

        issuer.claims["sub"] = "somebody-else"
        signs_off(page)
        page.get_by_role("link", name="Use single sign-on").click()
        expect(page.get_by_role("alert")).to_contain_text("Single sign-on did not work.")
    assert people.wrong == []


def test_signing_in_needs_no_javascript(people: People) -> None:
    name = f"rhian.{people.force.id}"
    service = people.force.at.service
    enrolled = accounts.add(service, name, "Rhian", PASSWORD)
    accounts.change_role(service, name, people.force.id, "dispatcher")
    page = people.page(java_script_enabled=False)
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code from your authenticator").fill(pyotp.TOTP(enrolled.secret).at(int(time.time())))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text("this page needs JavaScript")).to_be_visible()


@pytest.mark.axe
@pytest.mark.parametrize("dark", [False, True])
def test_p7_the_pages_of_signing_in_have_no_barrier(people: People, dark: bool) -> None:
    rhian = people.sits_down("rhian", wide=390, dark=dark)
    with_authenticator(rhian)
    rhian.goto("/account")
    assert barriers(rhian) == []
    adds_passkey(rhian, "This computer")
    expect(rhian.get_by_role("button", name="Remove This computer")).to_be_visible()
    assert barriers(rhian) == []
    out = people.page(wide=390, dark=dark)
    for path in ("/sign-in", "/enrol/x", "/link/x"):
        out.goto(path)
        assert barriers(out) == [], path
        assert out.evaluate("document.documentElement.scrollWidth") <= 390, path
