"""What staff do, in a real browser: the keys, writing, exercises (CONVERSATION rules 2 and 8)."""

from __future__ import annotations

import re

from playwright.sync_api import Page, TimeoutError, expect  # noqa: A004

from tests.browser.person import People, press
from tests.waiting import until

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"
_LISTED = """() => [...document.querySelectorAll("#keys dt:not([hidden]) kbd")].map((key) => key.textContent)"""
_OFFERED = """() => [...document.querySelectorAll("[data-key], [data-focus], a[data-go]")]
  .filter((each) => each.checkVisibility())
  .map((each) => each.dataset.key || each.dataset.focus || each.dataset.go).filter(Boolean)"""
_HINTED = """() => [...document.querySelectorAll("main kbd")]
  .filter((key) => key.checkVisibility()).map((key) => key.textContent)"""
_STANDS = """() => [location.href, document.activeElement.id || document.activeElement.outerHTML.slice(0, 80),
  document.getElementById("keys").open, (document.getElementById("sound") || {}).textContent,
  document.querySelectorAll("details[open]").length, performance.timeOrigin].join(" ")"""

_CHOOSES = {"Enter": "j", "c": "j", "k": "jj", "j": ""}  # a line, where a key does something with one
_EVERYWHERE = set("?qsvem/")
_LAST = "?/qsvebxc"  # what leads away or changes the report


def _keys(page: Page) -> list[str]:
    """The keys that `?` lists on this page as it stands."""
    page.wait_for_load_state()
    page.keyboard.press("Escape")  # out of a field that has the keyboard from the beginning
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    found: list[str] = page.evaluate(_LISTED)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    return found


def _check(page: Page, name: str, *, chosen: bool = False, everywhere: bool = False) -> list[str]:
    """What of the list is untrue: a key that is offered and not listed, listed twice, or does nothing.

    Keys that lead to the same place from `everywhere` are pressed on one page.
    """
    at, listed = page.url, _keys(page)
    wrong = [f"{name}: {key} is listed twice" for key in set(listed) if listed.count(key) > 1]
    offered = set(page.evaluate(_OFFERED)) | set(page.evaluate(_HINTED))
    wrong += [f"{name}: {key} works and is not listed" for key in sorted(offered - set(listed))]
    pressed = set(listed) - {"Esc", "Ctrl+Enter"} - (set() if everywhere else _EVERYWHERE)
    for key in sorted(pressed, key=_LAST.find):
        if chosen and key in _CHOOSES:
            page.goto(at)
            page.wait_for_load_state()
            for first in _CHOOSES[key]:
                page.keyboard.press(first)
        before, began = page.evaluate(_STANDS), page.evaluate("performance.timeOrigin")
        page.keyboard.press(key)
        try:
            page.wait_for_function(f"(before) => ({_STANDS})() !== before", arg=before, timeout=3_000)
        except TimeoutError:
            wrong.append(f"{name}: {key} does nothing")
        page.wait_for_load_state()
        if page.evaluate("performance.timeOrigin") != began:
            page.goto(at)
        page.keyboard.press("Escape")
    return wrong


def test_the_question_mark_lists_the_keys_of_the_page_and_each_does_something(people: People) -> None:
    """Made from the pages themselves: a new key that nobody lists fails here, and so does one that leads nowhere."""
    force = people.force
    for phone in (1, 2):
        force.phone(phone).text(NOW)
    both = people.sits_down("both", "dispatcher", "supervisor", "auditor")
    one, two = force.reports()
    both.goto(f"/{force.id}/search")
    both.get_by_label("Keep as a view, named").fill("Mine")
    both.get_by_role("button", name="Keep view").click()
    at = f"/{force.id}"
    wrong = []
    for name in ("shift", "board", "exercises", "search", "audit", f"reports/{two}"):
        both.goto(f"{at}/{name}")
        wrong += _check(both, name, everywhere=name == "search")
    both.goto("/account")
    wrong += _check(both, "account")
    both.goto(f"{at}/reports/{one}")
    press(both, "c")
    both.get_by_text("(you)").wait_for()
    force.phone(4).text(NOW)
    both.locator('[data-focus="g"]').click()
    both.locator('[data-focus="u"]').wait_for()
    both.get_by_label("Write to the reporter").fill("Which side of the coach are you on?")
    with both.expect_navigation():  # what is live may show the text before the answer to sending it comes
        both.keyboard.press("Control+Enter")
    both.get_by_role("button", name="Hand back").wait_for()
    both.get_by_label("I promised to").fill("ring back")
    both.get_by_role("button", name="Keep in mind").click()
    both.get_by_role("button", name="Kept: ring back").wait_for()
    wrong += _check(both, "report, joined and answered", everywhere=True)
    force.phone(3).text(KNIFE)
    both.goto(f"{at}/queue")
    both.locator(".line").nth(2).wait_for()
    wrong += _check(both, "queue", chosen=True)
    assert wrong == []


def test_from_the_first_letter_the_questions_rest_and_go_on_when_nothing_is_left_to_send(people: People) -> None:
    """> 1
    < nothing while Rhian types; she thinks better of it
    < What do they look like?
    """
    force, phone = people.force, people.force.phone(1)
    phone.text(NOW)
    rhian = people.sits_down("rhian")
    rhian.get_by_role("button", name="Claim").click()
    standing, asked = rhian.locator(".standing"), list[str]()
    expect(standing).to_contain_text("The questions go on until you write.")
    rhian.on("request", lambda sent: asked.append(sent.post_data or "") if sent.url.endswith("/presence") else None)

    press(rhian, "r")
    rhian.keyboard.type("Wh")
    expect(standing).to_contain_text("You are writing: the questions rest.")
    assert phone.text("1") in (None, "")
    expect(rhian.locator(".thread li.them").last).to_contain_text("1")
    expect(rhian.locator("#came")).to_contain_text("1 new text since you began")
    assert not any("Wh" in said for said in asked)

    for _ in "Wh":
        rhian.keyboard.press("Backspace")
    expect(standing).to_contain_text("The questions go on until you write.")
    until(lambda: (force.at.send_due(), force.sent(phone))[1], 10, "the next question does not come")
    (question,) = force.sent(phone)
    assert "What do they look like?" in question
    expect(rhian.locator(".thread li.us").last).to_contain_text("What do they look like?")


def test_who_leaves_the_page_with_a_draft_leaves_nobody_in_silence(people: People) -> None:
    people.force.phone(1).text(NOW)
    rhian = people.sits_down("rhian")
    rhian.get_by_role("button", name="Claim").click()
    rhian.get_by_text("(you)").wait_for()
    press(rhian, "r")
    rhian.keyboard.type("We are")
    expect(rhian.locator(".standing")).to_contain_text("You are writing")
    press(rhian, "Escape", "q")
    rhian.locator(".line").wait_for()
    rhian.get_by_role("link", name="Happening now").click()
    expect(rhian.locator(".standing")).to_contain_text("The questions go on until you write.")


def test_an_exercise_comes_to_the_live_queue_is_scored_and_rests_under_load(people: People) -> None:
    force = people.force
    rhian, megan = people.sits_down("rhian", shown="Rhian Evans"), people.sits_down("megan", "supervisor")
    megan.goto(f"/{force.id}/exercises")
    megan.get_by_role("button", name="Danger on a moving train", exact=True).click()
    expect(megan.locator("#scores tbody")).to_contain_text("Running")
    force.at.practise()
    line = rhian.locator(".line")
    expect(line).to_contain_text("Exercise")
    expect(line).to_contain_text("Weapon")

    force.phone(1).text(KNIFE)
    force.at.practise()
    expect(line).to_have_count(2)
    expect(line.nth(1)).to_contain_text("Exercise, rests")
    expect(line.nth(1).locator("button.claim")).to_have_count(0)
    megan.reload()
    expect(megan.locator("#scores tbody")).to_contain_text("Rests while real reports wait")
    megan.get_by_role("button", name="Danger on a moving train", exact=True).click()
    expect(megan.get_by_role("alert")).to_contain_text("real reports wait")

    line.first.get_by_role("button", name="Claim").click()
    rhian.wait_for_url("**/reports/*")
    press(rhian, "q")
    force.at.practise()
    line.filter(has_text="Exercise").get_by_role("button", name="Claim").click()
    expect(rhian.locator(".bar .tag").first).to_have_text("Exercise")
    rhian.get_by_label("Outcome").select_option(label="Somebody went there")
    rhian.get_by_role("button", name="Close report").click()
    expect(rhian.get_by_text("Closed:")).to_be_visible()
    force.at.practise()
    megan.goto(f"/{force.id}/exercises")
    row = megan.locator("#scores tbody tr").first
    expect(row).to_contain_text("Over")
    expect(row).to_contain_text("fits")
    expect(row.get_by_role("cell").nth(2)).to_have_text(re.compile(r"^\d+ s$"))
    told = force.at.rows(
        "SELECT COUNT(*) FROM outbox JOIN reports ON reports.id = outbox.report_id WHERE reports.status = 'exercise'"
    )
    assert told == [(0,)]
