"""The desk without scripts, at 400 % zoom, and for who needs more than a mouse and eyes (WCAG 2.2 AA)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scenes, shots
from tests.browser.person import People, barriers

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
VIEWS = [(wide, dark) for wide in (390, 1440) for dark in (False, True)]


def test_without_scripts_everything_is_a_form_and_the_queue_looks_again_by_itself(people: People) -> None:
    people.force.phone(1).text(NOW)
    rhian = people.sits_down("rhian", shown="Rhian Evans", java_script_enabled=False)
    again = rhian.locator('meta[http-equiv="refresh"]')
    assert again.get_attribute("content") == f"15; url=/{people.force.id}/queue?by=itself"
    rhian.get_by_role("button", name="Claim").click()
    expect(rhian.get_by_text("Rhian Evans (you)")).to_be_visible()
    rhian.get_by_role("textbox", name="Note").fill("Colleagues told")
    rhian.get_by_role("button", name="Keep note").click()
    rhian.get_by_role("textbox", name="Write to the reporter").fill("Which side of the coach are you on?")
    rhian.get_by_role("button", name="Send", exact=True).click()
    expect(rhian.locator(".thread")).to_contain_text("Which side of the coach are you on?")
    rhian.get_by_role("link", name="Queue").click()
    expect(rhian.locator(".line")).to_contain_text("Rhian Evans (you)")
    rhian.get_by_role("link", name="Look again").click()
    expect(rhian.locator(".line")).to_have_count(1)


def _problems(page: Page, name: str, views: list[tuple[int, bool]] = VIEWS) -> list[str]:
    found = []
    for wide, dark in views:
        page.set_viewport_size({"width": wide, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        found += [f"{name} at {wide}{' dark' if dark else ''}: {each}" for each in barriers(page)]
    return found


def _overflows(page: Page, name: str) -> list[str]:
    """What 400 % zoom cuts off: 1280 px wide, zoomed, are 320 (WCAG 1.4.10)."""
    page.set_viewport_size({"width": 320, "height": 256})
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    return [f"{name} is {wide} px wide at 320"] if wide > 320 else []


@pytest.mark.axe
def test_p7_no_barrier_on_any_page_light_or_dark_on_a_phone_or_a_screen(people: People) -> None:
    found = []
    for name, opened in (("sign-in", shots.sign_in), ("home", shots.home), ("account", shots.account)):
        found += _problems(opened(people), name)
    page = shots.queue_eve(people)
    found += _problems(page, "queue")
    for name in ("search", f"reports/{people.force.reports()[3]}"):
        page.goto(f"/{people.force.id}/{name}")
        found += _problems(page, name)
    page.goto(people.force.hire("owen", "auditor"))
    page.get_by_role("button", name="Open the desk").click()
    page.wait_for_url("**/audit")
    found += _problems(page, "audit")
    assert found == []


@pytest.mark.axe
def test_p7_no_barrier_and_no_overflow_on_the_pages_of_a_shift_and_where_there_is_none(people: People) -> None:
    """With an incident of two reports and a hand-over on its way."""
    force, found, page, views = people.force, list[str](), shots.joined(people), [(390, True), (1440, False)]
    found += _problems(page, "joined", views) + _overflows(page, "joined")
    page.goto(f"/{force.id}/shift")
    page.get_by_label("For the next").fill("Quiet since midnight.")
    page.get_by_role("button", name="Hand over").click()
    page.get_by_role("button", name="Take it back").wait_for()
    found += _problems(page, "shift", views) + _overflows(page, "shift")
    page.goto("/nothing")
    found += _problems(page, "nothing", views) + _overflows(page, "nothing")
    boss = people.sits_down("megan", "supervisor")
    boss.goto(f"/{force.id}/board")
    found += _problems(boss, "board", views) + _overflows(boss, "board")
    assert found == []


@pytest.mark.axe
def test_p7_no_barrier_and_no_overflow_where_exercises_are_started_and_scored(people: People) -> None:
    page = shots.exercises(people)
    assert _problems(page, "exercises", [(390, True), (1440, False)]) + _overflows(page, "exercises") == []


@pytest.mark.axe
def test_p7_no_barrier_and_no_overflow_where_texts_were_set_aside(people: People) -> None:
    page = scenes.aside(people)
    assert _problems(page, "aside", [(390, True), (1440, False)]) + _overflows(page, "aside") == []


def test_at_400_percent_nothing_runs_out_of_the_page(people: People) -> None:
    found = []
    for name, opened in (("sign-in", shots.sign_in), ("home", shots.home), ("report", shots.report)):
        page = opened(people)
        found += _overflows(page, name)
    for name in ("queue", "search"):
        page.goto(f"/{people.force.id}/{name}")
        found += _overflows(page, name)
    page.goto("/account")
    found += _overflows(page, "account")
    page = people.sits_down("owen", "auditor")
    found += _overflows(page, "audit")
    assert found == []
