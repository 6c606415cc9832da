"""More pages to be looked at: what is empty, refused, closed, confidential, set aside, or before the desk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import pyotp
from playwright.sync_api import Page

from handlers import colleagues
from handlers import people as accounts
from tests.browser import eve
from tests.browser.installation import PASSWORD
from tests.browser.person import People

NOW: Final = "man rubbing against me coach 3, 2312 victoria to brighton, just left clapham junction"
ABOUT_STAFF: Final = "a police officer on the 2312 victoria to brighton coach 2 keeps touching me"
_AUTHENTICATOR: Final = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def _with_authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})


def _claimed(people: People, *texts: str, phone: int = 101) -> Page:
    """One report, claimed by Rhian."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    for text in texts or (NOW,):
        people.force.phone(phone).text(text)
    page.goto(f"/{people.force.id}/reports/{people.force.reports()[0]}")
    page.get_by_role("button", name="Claim").click()
    page.get_by_text("(you)").wait_for()
    return page


def wrong_password(people: People) -> Page:
    """Somebody mistyped."""
    page = people.page()
    page.goto("/sign-in")
    for label, value in (("Name", "rhian"), ("Password", "x" * 16), ("Code from your authenticator", "000000")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").first.wait_for()
    return page


def link_ready(people: People) -> Page:
    """A demonstration link before it is used."""
    page = people.page()
    page.goto(people.force.hire("rhian"))
    return page


def enrolling(people: People) -> Page:
    """Who adds the first passkey."""
    service, name = people.force.at.service, f"standards.{people.force.id}"
    enrolled = accounts.add(service, name, "Ceri Morgan", PASSWORD)
    accounts.change_role(service, name, people.force.id, "confidential")
    page = people.page()
    _with_authenticator(page)
    page.goto(f"/enrol/{accounts.enrolment(service, name)}")
    code = pyotp.TOTP(enrolled.secret).at(int(time.time()))
    for label, value in (("Name", name), ("Password", PASSWORD), ("Code from your authenticator", code)):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name of the new passkey").wait_for()
    return page


def enrolled(people: People) -> Page:
    """The passkey is there."""
    page = enrolling(people)
    page.get_by_label("Name of the new passkey").fill("Blue security key")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Your passkey is ready").wait_for()
    return page


def passkeys(people: People) -> Page:
    """An account with a passkey, signed in twice."""
    people.sits_down("rhian", shown="Rhian Evans")
    page = people.sits_down("rhian", shown="Rhian Evans")
    _with_authenticator(page)
    page.goto("/account")
    page.get_by_label("Name of the new passkey").fill("This computer")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("This computer").wait_for()
    people.sits_down("rhian")
    page.reload()
    return page


def found(people: People) -> Page:
    """A search that found some, with views kept."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    eve.text_all(people.force)
    page.goto(f"/{people.force.id}/search")
    for name, words in (("Victoria line-up", "victoria"), ("Last trains", "23:")):
        page.get_by_label("Reference, number, place, train or label").fill(words)
        page.get_by_label("Keep as a view, named").fill(name)
        page.get_by_role("button", name="Keep view").click()
        page.get_by_role("button", name=name, exact=True).wait_for()
    page.get_by_role("button", name="Victoria line-up", exact=True).click()
    page.get_by_role("heading", name="Found").wait_for()
    return page


def found_none(people: People) -> Page:
    """A search that found nothing."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    page.goto(f"/{people.force.id}/search")
    page.get_by_label("Place", exact=True).fill("Penzance")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("0 found").wait_for()
    return page


def confidential_queue(people: People) -> Page:
    """The separate team's queue."""
    people.force.phone(103).text(ABOUT_STAFF)
    people.force.phone(104).text("last week a police officer grabbed my arm at york station")
    return people.sits_down("ceri", "confidential", shown="Ceri Morgan")


def confidential(people: People) -> Page:
    """One of its reports."""
    page = confidential_queue(people)
    page.get_by_role("button", name="Claim").first.click()
    page.get_by_text("(you)").wait_for()
    return page


def card(people: People) -> Page:
    """What the ordinary desk sees of it while the person is still there."""
    people.force.phone(103).text(ABOUT_STAFF)
    page = people.sits_down("rhian", shown="Rhian Evans")
    page.locator(".line .open").first.click()
    page.get_by_role("heading", name="Thread").wait_for()
    return page


def closed(people: People) -> Page:
    """A report with its outcome."""
    page = _claimed(people)
    page.get_by_label("Incident number").fill("BTP-2026-11873")
    page.get_by_role("button", name="Keep number").click()
    page.get_by_role("button", name="Close report").click()
    page.get_by_text("Closed:").wait_for()
    return page


def refused(people: People) -> Page:
    """A text that would show on a lock screen."""
    page = _claimed(people)
    page.locator("#text").fill("The police are on their way to you now.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("alert").wait_for()
    return page


def lost(people: People) -> Page:
    """Somebody else was quicker, and is on the page."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    people.force.phone(101).text(NOW)
    page.goto(f"/{people.force.id}/reports/{people.force.reports()[0]}")
    tom = people.sits_down("tom", shown="Tom Okafor")
    page.evaluate("() => { window.stop(); }")
    tom.get_by_role("button", name="Claim").click()
    tom.get_by_text("(you)").wait_for()
    page.evaluate(
        "() => { const form = document.createElement('form'); form.method = 'post';"
        " form.action = location.pathname + '/claim'; document.body.append(form);"
        " form.append(document.querySelector('input[name=csrf]').cloneNode()); form.submit(); }"
    )
    page.get_by_role("alert").wait_for()
    return page


def silent(people: People) -> Page:
    """Who cannot type."""
    return _claimed(people, ".", "1")


def transfer(people: People) -> Page:
    """Welsh, and a colleague who speaks it."""
    people.sits_down("tom", shown="Tom Okafor")
    people.sits_down("sioned", shown="Sioned Huws")
    colleagues.change_language(people.force.at.service, f"sioned.{people.force.id}", "cy")
    page = _claimed(people, "mae dyn yn fy nilyn i ar y trên o gaerdydd i abertawe, cerbyd 2")
    page.get_by_label("Approved replies").select_option(index=1)
    page.get_by_text("segment").first.wait_for()
    return page


def flooded(people: People) -> Page:
    """The report's page of a number that texts too much."""
    page = _claimed(people, NOW, *(f"and another thing, number {number}" for number in range(70)))
    page.reload()
    return page


def aside(people: People) -> Page:
    """What was set aside of it."""
    page = flooded(people)
    page.get_by_role("link", name="Read them").click()
    page.get_by_role("heading", name="texts set aside").wait_for()
    return page


def told(people: People) -> Page:
    """A reply to all of an incident, one of whom said STOP."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    eve.text_all(people.force, eve.THREADS[:3])
    people.force.phone(103).text("STOP")
    page.goto(f"/{people.force.id}/reports/{people.force.reports()[0]}")
    page.get_by_role("button", name="Claim").click()
    for number in (2, 3):
        page.get_by_role("button", name="Join and claim").first.click()
        page.get_by_role("heading", name=f"One incident, {number} reports").wait_for()
    page.get_by_text("Write to all 3").click()
    page.get_by_label("In English").fill("We are meeting your train at the next stop.")
    page.get_by_role("button", name="Send to all").click()
    page.get_by_text("will be texted.").wait_for()
    return page


def _plain(page: str, role: str = "dispatcher", shown: str = "Rhian Evans") -> Callable[[People], Page]:
    def opened(people: People) -> Page:
        found = people.sits_down(role, role, shown=shown)
        found.goto(f"/{people.force.id}/{page}")
        return found

    return opened


def signed_off(people: People) -> Page:
    """A form sent after the session."""
    page = without_scripts(people)
    page.locator("#note").fill("Reading told")
    sessions = "DELETE FROM sessions WHERE person_id IN (SELECT id FROM people WHERE name LIKE ?)"
    people.force.at.change(sessions, f"rhian.{people.force.id}")
    page.get_by_role("button", name="Keep note").click()
    page.get_by_role("heading", name="You are signed off.").wait_for()
    return page


def without_scripts(people: People) -> Page:
    """The report's page as a form."""
    people.force.phone(101).text(NOW)
    page = people.sits_down("rhian", shown="Rhian Evans", java_script_enabled=False)
    page.get_by_role("button", name="Claim").click()
    return page


WITHOUT_SCRIPTS: Final = {"signed-off", "without-scripts"}  # axe cannot look at them
SCENES: Final[dict[str, Callable[[People], Page]]] = {
    "sign-in-wrong": wrong_password,
    "link-ready": link_ready,
    "enrolling": enrolling,
    "enrolled": enrolled,
    "passkeys": passkeys,
    "found": found,
    "found-none": found_none,
    "confidential-queue": confidential_queue,
    "confidential": confidential,
    "card": card,
    "closed": closed,
    "refused": refused,
    "lost": lost,
    "silent": silent,
    "transfer": transfer,
    "flooded": flooded,
    "aside": aside,
    "told": told,
    "shift-0": _plain("shift"),
    "board-0": _plain("board", "supervisor", "Megan Price"),
    "exercises-0": _plain("exercises", "supervisor", "Megan Price"),
    "audit-0": _plain("audit?what=promise", "auditor", "Owen Parry"),
    "signed-off": signed_off,
    "without-scripts": without_scripts,
}
