"""Twelve hours with the page: nobody is signed off unwarned, and who has several desks hears all of them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from handlers import people as accounts
from tests.browser.person import People, heard, press

KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"


def test_r16_before_the_idle_minutes_are_over_the_page_says_so_and_a_key_keeps_who_is_there(people: People) -> None:
    rhian = people.sits_down("rhian")
    rhian.clock.install()
    rhian.reload()
    press(rhian, "m")
    warning = rhian.locator("#idle")
    rhian.clock.fast_forward("12:00")
    expect(warning).to_be_hidden()
    rhian.clock.fast_forward("01:30")
    expect(warning).to_be_visible()
    expect(rhian).to_have_title(re.compile("Signed off in 2 min"))
    assert heard(rhian) > 0
    with rhian.expect_request(lambda asked: asked.url.endswith("/waiting")) as asked:
        press(rhian, "Shift")
    assert "x-by-itself" not in asked.value.headers
    expect(warning).to_be_hidden()
    expect(rhian).to_have_title("Queue")


def _with_two_desks(people: People) -> tuple[Page, str]:
    """Somebody who works for two forces, where they choose one; and the other force's id."""
    rhian, other = people.sits_down("rhian"), people.force.at.force()
    service = people.force.at.service
    accounts.change_role(service, f"rhian.{people.force.id}", other.id, "dispatcher")
    rhian.goto(people.force.link("rhian"))
    rhian.get_by_role("button", name="Open the desk").click()
    expect(rhian.get_by_role("heading", name="Where do you work today?")).to_be_visible()
    press(rhian, "m")
    expect(rhian.get_by_text("Nobody is waiting")).to_have_count(3)
    other.phone(7).text(KNIFE)
    return rhian, other.id


def test_the_choice_of_a_desk_alarms_and_says_where_somebody_waits(people: People) -> None:
    rhian, other = _with_two_desks(people)
    expect(rhian.locator(f'[data-desk="/{other}/events"]')).to_contain_text("1 unanswered")
    expect(rhian.locator(f'[data-desk="/{people.force.id}/events"]')).to_have_text("Nobody is waiting")
    expect(rhian.locator("#unanswered")).to_contain_text("1 unanswered")
    expect(rhian).to_have_title("(1) Where you work")
    rhian.wait_for_function("() => window.heard.length === 3")


def test_at_one_desk_the_alarm_of_the_other_is_heard(people: People) -> None:
    rhian, other = _with_two_desks(people)
    rhian.get_by_role("link", name="Force", exact=False).first.click()
    if f"/{other}/" in rhian.url:
        rhian.goto(f"/{people.force.id}/queue")
    expect(rhian.locator("#unanswered")).to_contain_text("1 of them elsewhere")
    expect(rhian.get_by_text("Nothing is waiting.")).to_be_visible()
    before = heard(rhian)
    press(rhian, "Shift")
    people.force.at.change("UPDATE desk_items SET clock_at = clock_at - 60000 WHERE organisation = ?", other)
    rhian.wait_for_function(f"() => window.heard.length > {before}")
    expect(rhian).to_have_title(re.compile("^! 1 min unanswered"))


def test_one_key_claims_the_most_urgent_and_every_page_says_that_ones_own_has_news(people: People) -> None:
    rhian, force = people.sits_down("rhian", shown="Rhian Evans"), people.force
    force.phone(1).text("man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction")
    force.phone(2).text(KNIFE)
    expect(rhian.locator(".line")).to_have_count(2)
    press(rhian, "c")
    expect(rhian.get_by_text("Rhian Evans (you)")).to_be_visible()
    expect(rhian.locator(".why")).to_have_text("Danger")
    press(rhian, "s")
    expect(rhian.get_by_role("heading", name="Shift")).to_be_visible()
    expect(rhian.locator("#yours")).to_be_hidden()

    force.phone(2).text("he is at the doors of coach 6 now, red hat")

    expect(rhian.locator("#yours")).to_have_text("1 of yours has news")
    rhian.locator("#yours").click()
    expect(rhian.locator(".line.mine")).to_contain_text("New since you looked")
    expect(rhian.locator("#yours")).to_have_text("1 of yours has news")
    rhian.locator(".line.mine .open").click()
    expect(rhian.locator(".thread")).to_contain_text("red hat")
    press(rhian, "q")
    expect(rhian.locator(".line.mine")).to_be_visible()
    expect(rhian.locator("#yours")).to_be_hidden()
