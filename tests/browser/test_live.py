"""The queue as it keeps itself up to date: live, by asking where the stream fails, under hands that must not slip."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.person import People, focused, heard, press

KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"
NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


def _lines(page: Page, count: int) -> None:
    expect(page.locator(".line")).to_have_count(count)


def test_where_the_stream_fails_the_page_asks_every_three_seconds(people: People) -> None:
    page = people.page()
    page.route(re.compile("/events"), lambda route: route.abort())
    page.goto(people.force.hire("rhian"))
    page.get_by_role("button", name="Open the desk").click()
    expect(page.get_by_role("status")).to_have_text("Not live: asking every 3 seconds")

    people.force.phone(1).text(NOW)

    _lines(page, 1)
    page.unroute(re.compile("/events"))
    expect(page.get_by_role("status")).to_have_text("Live")


def test_a_new_line_takes_neither_focus_nor_scroll_nor_the_press_meant_for_another(people: People) -> None:
    rhian = people.sits_down("rhian", high=300)
    for phone in range(10, 16):
        people.force.phone(phone).text(NOW)
    _lines(rhian, 6)
    last = people.force.reports()[-1]
    rhian.locator(f'.line[data-report="{last}"] .claim').focus()
    before = rhian.locator(f'.line[data-report="{last}"]').bounding_box()

    people.force.phone(20).text(KNIFE)

    _lines(rhian, 7)
    expect(rhian.locator(".line").first).to_have_class(re.compile("rank-0"))
    after = rhian.locator(f'.line[data-report="{last}"]').bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 1
    assert focused(rhian) == f"{last} claim"
    expect(rhian.locator("#said")).to_contain_text("Danger")
    rhian.get_by_role("button", name="1 new above").click()
    expect(rhian.locator(".line").first).to_be_in_viewport()


def test_the_alarm_sounds_again_after_a_minute_for_the_oldest_and_stops_at_the_claim(people: People) -> None:
    rhian, tom = people.sits_down("rhian"), people.sits_down("tom")
    rhian.get_by_role("button", name="Switch sound on").click()
    expect(rhian.get_by_role("button", name="Sound is on")).to_be_visible()
    people.force.phone(1).text(KNIFE)
    _lines(rhian, 1)
    expect(rhian).to_have_title("(1) Queue")
    rhian.wait_for_function("() => window.heard.length === 3")
    assert rhian.evaluate("() => window.noted") == [["Danger: a new report", ""]]

    people.force.has_waited(60)

    expect(rhian.locator(".line.breach")).to_have_count(1)
    rhian.wait_for_function("() => window.heard.length === 6")
    expect(rhian).to_have_title(re.compile("^! 1 min unanswered"))
    assert rhian.evaluate("() => window.noted[1][0]") == "Danger: unanswered for 1 min"
    assert heard(tom) == 0  # who has not switched it on

    tom.get_by_role("button", name="Claim").click()
    expect(rhian.get_by_text("Nobody is waiting")).to_be_visible()
    expect(rhian).to_have_title("Queue")
    assert heard(rhian) == 6


def test_sound_stays_on_from_page_to_page_and_the_alarm_is_on_the_reports_page_too(people: People) -> None:
    rhian = people.sits_down("rhian")
    people.force.phone(1).text(NOW)
    press(rhian, "m")
    rhian.get_by_role("button", name="Claim").click()
    expect(rhian.get_by_text("Nobody is waiting")).to_be_visible()
    expect(rhian.get_by_role("button", name="Sound is on")).to_be_visible()

    people.force.phone(2).text(KNIFE)

    rhian.wait_for_function("() => window.heard.length === 3")
    expect(rhian.locator("#unanswered")).to_contain_text("1 unanswered")


def test_all_windows_of_one_browser_share_a_stream(people: People) -> None:
    first = people.sits_down("rhian")
    expect(first.get_by_role("status")).to_have_text("Live")
    streams: list[str] = []
    first.context.on("request", lambda asked: streams.append(asked.url) if "/events" in asked.url else None)
    others = [first.context.new_page() for _ in range(8)]
    for each in others:
        each.goto(f"/{people.force.id}/queue")

    people.force.phone(1).text(NOW)

    for each in (first, *others):
        _lines(each, 1)
    assert streams == []
    first.close()
    people.force.phone(2).text(NOW)
    for each in others:
        _lines(each, 2)
    assert len(streams) == 1


def test_every_key_does_what_the_list_of_keys_says(people: People) -> None:
    rhian = people.sits_down("rhian")
    for phone in (1, 2):
        people.force.phone(phone).text(NOW)
    _lines(rhian, 2)
    first, second = people.force.reports()

    press(rhian, "?")
    expect(rhian.get_by_role("dialog")).to_be_visible()
    press(rhian, "j")
    press(rhian, "Escape")
    expect(rhian.get_by_role("dialog")).to_be_hidden()
    press(rhian, "j")
    assert focused(rhian) == f"{first} open"
    press(rhian, "j")
    press(rhian, "j")
    assert focused(rhian) == f"{second} open"
    press(rhian, "k")
    press(rhian, "Enter")
    expect(rhian).to_have_url(re.compile(f"/reports/{first}$"))
    press(rhian, "c")
    expect(rhian.get_by_role("textbox", name="Write to the reporter")).to_be_visible()
    press(rhian, "n")
    assert rhian.evaluate("() => document.activeElement.id") == "note"
    rhian.keyboard.type("jkqcx?")
    press(rhian, "Escape")
    press(rhian, "r")
    assert rhian.evaluate("() => document.activeElement.id") == "text"
    press(rhian, "Escape")
    press(rhian, "x")
    expect(rhian.get_by_role("button", name="Claim")).to_be_visible()
    press(rhian, "q")
    _lines(rhian, 2)


def test_an_ended_session_leads_to_the_sign_in_page(people: People) -> None:
    rhian = people.sits_down("rhian")
    people.force.at.change(
        "DELETE FROM sessions WHERE person_id IN (SELECT id FROM people WHERE name LIKE ?)", f"%.{people.force.id}"
    )
    people.force.phone(1).text(NOW)
    expect(rhian).to_have_url(re.compile("/sign-in$"))
