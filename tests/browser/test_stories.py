"""Whole stories at the desk, from a text to its outcome."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import eve
from tests.browser.person import People, focused, press
from tests.waiting import Watch, until

KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"


def test_danger_alarm_claim_reply_answer_outcome(people: People) -> None:
    """> he has a knife
    an open desk has it within a second and sounds; claimed by a key; asked and answered; closed with its outcome
    """
    force, phone = people.force, people.force.phone(1)
    rhian = people.sits_down("rhian", shown="Rhian Evans")
    press(rhian, "m")
    watch = Watch()
    phone.text(KNIFE)
    line = rhian.locator(".line")
    line.wait_for()
    assert watch.seconds < 1.0
    for words in ("Danger", "Weapon", "London Victoria", "coach 7", "Unanswered"):
        expect(line).to_contain_text(words)
    force.has_waited(60)
    rhian.wait_for_function("() => window.heard.length >= 6")

    press(rhian, "j", "c")
    expect(rhian.get_by_text("Rhian Evans (you)")).to_be_visible()
    press(rhian, "r")
    rhian.keyboard.type("Which side of the coach are you on?")
    rhian.get_by_role("button", name="Send", exact=True).press("Enter")
    expect(rhian.locator(".thread")).to_contain_text("Which side of the coach are you on?")
    until(lambda: (force.at.send_due(), force.sent(phone))[1], 10, "nothing is sent")
    assert force.sent(phone) == ["Which side of the coach are you on?"]

    assert phone.text("left side, by the toilets") in (None, "")  # who is asked by a person hears no questions
    expect(rhian.locator(".thread")).to_contain_text("left side, by the toilets")
    rhian.get_by_label("Outcome").select_option(label="Somebody went there")
    rhian.get_by_role("button", name="Close report").click()
    expect(rhian.get_by_text("Closed: Somebody went there")).to_be_visible()
    press(rhian, "q")
    expect(rhian.get_by_text("Nothing is waiting.")).to_be_visible()


_TOGETHER_MS = 1000
"""From now, both desks click at one instant: a click after the other would find the report taken already."""


def test_two_desks_claim_at_once_one_has_it_and_the_other_is_told_who(people: People) -> None:
    desks = {
        "Rhian Evans": people.sits_down("rhian", shown="Rhian Evans"),
        "Tom Okafor": people.sits_down("tom", shown="Tom Okafor"),
    }
    people.force.phone(1).text(KNIFE)
    for desk in desks.values():
        desk.locator("button.claim").wait_for()
    at = next(iter(desks.values())).evaluate("() => Date.now()") + _TOGETHER_MS
    for desk in desks.values():
        desk.evaluate(
            "at => { setTimeout(() => document.querySelector('button.claim').click(), at - Date.now()); }", at
        )
    for desk in desks.values():
        desk.wait_for_url(re.compile("/reports/"))
    has = [name for name, desk in desks.items() if desk.get_by_text("(you)").count()]
    assert len(has) == 1
    (other,) = [desk for name, desk in desks.items() if name != has[0]]
    expect(other.get_by_role("alert")).to_contain_text(has[0])


def _ranks(page: Page) -> list[int]:
    return [int(each) for each in page.locator(".line").evaluate_all("all => all.map((line) => line.dataset.rank)")]


def test_new_years_eve_fourteen_threads_by_keyboard_alone(people: People) -> None:
    """23:40: fourteen threads, three from one carriage; danger first; nobody takes more than twelve."""
    rhian = people.sits_down("rhian", shown="Rhian Evans")
    eve.text_all(people.force)
    expect(rhian.locator(".line")).to_have_count(14)
    ranks = _ranks(rhian)
    assert ranks == sorted(ranks)
    assert ranks.count(0) >= 3
    assert ranks.count(3) == 2
    first = rhian.locator(".line").first
    expect(first).to_contain_text("Danger")

    reports = people.force.reports()
    one_carriage = [reports[at] for at, (phone, _) in enumerate(eve.THREADS) if phone in eve.ONE_CARRIAGE]
    _join_and_answer(rhian, people, one_carriage)
    for taken in range(3, 12):
        press(rhian, "j", "c")
        rhian.wait_for_url(re.compile("/reports/"))
        expect(rhian.get_by_text("Rhian Evans (you)")).to_be_visible()
        press(rhian, "q")
        expect(rhian.locator(".line.mine")).to_have_count(taken + 1)
    press(rhian, "j", "c")
    expect(rhian.get_by_role("alert")).to_contain_text("release one first")
    press(rhian, "q")
    expect(rhian.locator(".line.mine")).to_have_count(12)
    assert _ranks(rhian) == sorted(_ranks(rhian))


def _join_and_answer(rhian: Page, people: People, reports: list[str]) -> None:
    """One report of the carriage is claimed, the others are joined to it, and all are answered at once."""
    for _ in range(14):
        press(rhian, "j")
        if focused(rhian).startswith(reports[0]):
            break
    else:
        while not focused(rhian).startswith(reports[0]):
            press(rhian, "k")
    press(rhian, "c")
    for joined in (2, 3):
        rhian.get_by_role("button", name="Join and claim").first.wait_for()
        press(rhian, "g", "Enter")
        expect(rhian.get_by_role("heading", name=f"One incident, {joined} reports")).to_be_visible()
    press(rhian, "a")
    _tab_to(rhian, "to-all-en")
    rhian.keyboard.type("We are meeting your train at the next stop.")
    _tab_to(rhian, "Send to all")
    press(rhian, "Enter")
    expect(rhian.get_by_text("3 of 3 will be texted.")).to_be_visible()
    for phone in eve.ONE_CARRIAGE:
        found = people.force.phone(phone)
        until(lambda found=found: (people.force.at.send_due(), people.force.sent(found))[1], 10)  # type: ignore[misc]
        assert people.force.sent(found) == ["We are meeting your train at the next stop."]
    press(rhian, "q")
    expect(rhian.locator(".line.mine")).to_have_count(3)


def _tab_to(page: Page, wanted: str) -> None:
    """Tabs on until the keyboard is at an element with this id or these words."""
    for _ in range(60):
        if wanted in page.evaluate("() => [document.activeElement.id, document.activeElement.textContent.trim()]"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached")
