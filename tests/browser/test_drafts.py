"""What somebody is writing when the page goes: it is there again, once, and for nobody else."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.person import People, press

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


def _claimed(people: People, *, wide: int = 1440) -> Page:
    rhian = people.sits_down("rhian", shown="Rhian Evans", wide=wide)
    people.force.phone(1).text(NOW)
    rhian.get_by_role("button", name="Claim").click()
    expect(rhian.get_by_text("Rhian Evans (you)")).to_be_visible()
    return rhian


def test_a_draft_outlives_a_reload_and_a_look_at_the_queue_and_goes_once_it_is_sent(people: People) -> None:
    rhian = _claimed(people)
    text, note = rhian.locator("#text"), rhian.locator("#note")
    text.fill("Which side of the coach are you on?")
    note.fill("Reading told")
    rhian.reload()
    expect(text).to_have_value("Which side of the coach are you on?")
    rhian.locator("h1").click()
    press(rhian, "q")
    rhian.locator(".line .open").click()
    expect(text).to_have_value("Which side of the coach are you on?")
    expect(note).to_have_value("Reading told")

    rhian.get_by_role("button", name="Send", exact=True).click()

    expect(rhian.locator(".thread .staff")).to_have_count(1)
    expect(text).to_have_value("")
    expect(note).to_have_value("Reading told")
    rhian.reload()
    expect(text).to_have_value("")
    text.fill("")
    assert "coach" not in rhian.evaluate("() => JSON.stringify(sessionStorage)")


def test_what_came_while_a_kept_draft_lay_is_said_before_it_goes(people: People) -> None:
    rhian = _claimed(people)
    rhian.locator("#text").fill("Is he still there?")
    rhian.goto(f"/{people.force.id}/queue")
    people.force.phone(1).text("he got off at east croydon")
    rhian.goto(f"/{people.force.id}/reports/{people.force.reports()[0]}")

    expect(rhian.locator("#came")).to_have_text("1 new text since you began. Read before you send.")
    rhian.get_by_role("button", name="Send", exact=True).click()
    expect(rhian.get_by_role("alert")).to_contain_text("Not")
    expect(rhian.locator("#text")).to_have_value("Is he still there?")
    expect(rhian.locator(".thread .staff")).to_have_count(0)


def test_r8_nobody_else_finds_a_draft_in_the_same_window(people: People) -> None:
    rhian = _claimed(people)
    rhian.locator("#text").fill("Is he still there?")
    rhian.get_by_role("button", name="Sign off").click()
    rhian.goto(people.force.hire("tom"))
    rhian.get_by_role("button", name="Open the desk").click()
    rhian.get_by_role("button", name="Claim").click()
    expect(rhian.locator("#text")).to_have_value("")
    assert "still" not in rhian.evaluate("() => JSON.stringify(sessionStorage)")


def test_a_text_that_comes_while_somebody_types_moves_nothing_under_their_hands(people: People) -> None:
    rhian = _claimed(people)
    press(rhian, "r")
    rhian.keyboard.type("Which side of the tr")
    before = rhian.locator("#text").bounding_box()
    people.force.phone(1).text("he is coming closer, he has a red hat and a long black coat and he keeps shouting")
    expect(rhian.locator("#came")).to_contain_text("1 new text since you began")
    after = rhian.locator("#text").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 1
    rhian.keyboard.type("ain?")
    expect(rhian.locator("#text")).to_have_value("Which side of the train?")


def test_on_a_phone_what_was_sent_or_noted_is_in_view_after_it(people: People) -> None:
    rhian = _claimed(people, wide=390)
    rhian.locator("#text").fill("Which side of the coach are you on?")
    rhian.get_by_role("button", name="Send", exact=True).click()
    expect(rhian.locator(".thread .staff")).to_be_in_viewport()
    rhian.locator("#note").fill("Reading told")
    rhian.get_by_role("button", name="Keep note").click()
    expect(rhian.get_by_text("Reading told")).to_be_in_viewport()
