"""Pictures of every page, to be looked at: `python -m tests.browser.shots FOLDER [PAGE ...]`; ends with 1 where axe or
the page's width finds a fault in any of them (WCAG 2.2 AA).

Each page at 390 and 1440 px, light and dark, at 320 px (what 400 % zoom leaves of 1280) and on a wall at 2560 px.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from tests.browser import chromium, eve, scenes
from tests.browser.chromium import Stage
from tests.browser.installation import Force, Installation
from tests.browser.person import People, barriers
from tests.gateway.programs import programs

NAMES: Final = ("Transport Police, London", "Transport Police, North", "Transport Police, Wales")
VIEWS: Final = (
    ("390-light", 390, 844, False),
    ("390-dark", 390, 844, True),
    ("1440-light", 1440, 900, False),
    ("1440-dark", 1440, 900, True),
    ("320-zoom", 320, 256, False),
    ("2560-wall", 2560, 1440, True),
)
Opened = Callable[[People], Page]


def picture(page: Page, folder: Path, name: str) -> list[str]:
    """The whole page in every view; returns what is wrong with it."""
    found = []
    for view, wide, high, dark in VIEWS:
        page.set_viewport_size({"width": wide, "height": high})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.screenshot(path=folder / f"{name}-{view}.png", full_page=True)
        if chromium.AXE.exists() and name not in scenes.WITHOUT_SCRIPTS:
            found += [f"{name}-{view}: {each}" for each in barriers(page)]
        if page.evaluate("() => document.documentElement.scrollWidth") > wide:
            found.append(f"{name}-{view}: wider than the window")
    return found


def sign_in(people: People) -> Page:
    """Before the desk."""
    page = people.page()
    page.goto("/sign-in")
    return page


def home(people: People) -> Page:
    """Somebody who works in two places."""
    page = people.sits_down("both", "supervisor", shown="Sian Pritchard")
    other = people.force.at.force()
    from handlers import people as accounts

    accounts.change_role(people.force.at.service, f"both.{people.force.id}", other.id, "auditor")
    return _again(people, page, "both")


def queue_empty(people: People) -> Page:
    """A quiet night."""
    return people.sits_down("rhian", shown="Rhian Evans")


def queue_one(people: People) -> Page:
    """One thread."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    eve.text_all(people.force, eve.THREADS[:1])
    page.locator(".line").wait_for()
    return page


def queue_eve(people: People) -> Page:
    """New Year's Eve: some waited too long, one is held, one was claimed and has more to say."""
    page = _busy(people)
    page.reload()
    return page


def report(people: People) -> Page:
    """Danger, claimed, answered, noted."""
    page = _busy(people)
    page.goto(f"/{people.force.id}/reports/{people.force.reports()[3]}")
    return page


def audit(people: People) -> Page:
    """Who saw what."""
    _busy(people)
    page = people.sits_down("owen", "auditor", shown="Owen Parry")
    page.goto(f"/{people.force.id}/audit")
    return page


def search(people: People) -> Page:
    """What was found."""
    page = _busy(people)
    page.goto(f"/{people.force.id}/search")
    return page


def account(people: People) -> Page:
    """One's own account."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    page.goto("/account")
    return page


def joined(people: People) -> Page:
    """Three reports of one carriage, of which two are joined, and a text to both is begun."""
    page = _busy(people)
    page.goto(f"/{people.force.id}/reports/{people.force.reports()[2]}")
    page.locator('[data-focus="g"]').click()
    page.locator("#label").fill("footage asked for")
    page.get_by_role("button", name="Add").click()
    page.locator(".label-tag").wait_for()
    page.get_by_text("Write to all 2").click()
    page.get_by_label("In English").fill("The police are meeting your train at {place}.")
    page.get_by_text("shows on a lock screen").wait_for()
    return page


def quiet_night(people: People) -> Page:
    """A report that nobody has, of who said STOP, in Welsh; nothing may be sent."""
    page = people.sits_down("rhian", shown="Rhian Evans")
    phone = people.force.phone(114)
    for text in ("mae dyn yn fy nilyn i ar y trên o gaerdydd i abertawe, cerbyd 2", "STOP"):
        phone.text(text)
    page.goto(f"/{people.force.id}/reports/{people.force.reports()[0]}")
    page.get_by_role("button", name="Claim").click()
    page.get_by_text("(you)").wait_for()
    return page


def shift(people: People) -> Page:
    """What somebody has, a promise that is late, and a hand-over on its way."""
    page = _busy(people)
    force = people.force
    page.goto(f"/{force.id}/reports/{force.reports()[3]}")
    page.get_by_label("I promised to").fill("ring Reading back about the camera")
    page.get_by_role("button", name="Keep in mind").click()
    page.goto(f"/{force.id}/shift")
    page.get_by_label("For the next").fill("Quiet since midnight. The 23:05 has two officers on board.")
    page.get_by_role("button", name="Hand over").click()
    tom = people.sits_down("sioned", shown="Sioned Huws")
    tom.goto(f"/{force.id}/shift")
    return tom


def board(people: People) -> Page:
    """A night with limits missed and something to read again."""
    page = _busy(people)
    force = people.force
    page.goto(f"/{force.id}/reports/{force.reports()[3]}")
    page.get_by_role("button", name="Close report").click()
    page.get_by_text("Closed:").wait_for()
    boss = people.sits_down("megan", "supervisor", shown="Megan Price")
    boss.goto(f"/{force.id}/board")
    return boss


def exercises(people: People) -> Page:
    """One that runs and one that is over."""
    force = people.force
    page = people.sits_down("megan", "supervisor", shown="Megan Price")
    page.goto(f"/{force.id}/exercises")
    for _ in range(2):
        page.locator(".scripts button").first.click()
        page.locator("#scores tbody tr").first.wait_for()
    force.at.practise()
    page.get_by_role("button", name="Stop").first.click()
    page.get_by_text("Stopped").wait_for()
    return page


def enrol(people: People) -> Page:
    """The form of an enrolment link."""
    page = people.page()
    page.goto("/enrol/x")
    return page


def link(people: People) -> Page:
    """A demonstration link that was used."""
    page = people.page()
    page.goto("/link/x")
    page.get_by_role("button").click()
    page.get_by_role("alert").wait_for()
    return page


def nothing(people: People) -> Page:
    """What is not there."""
    page = people.sits_down("rhian")
    page.goto("/nothing/here")
    return page


def keys(people: People) -> Page:
    """The keys of a report's page."""
    page = report(people)
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    return page


PAGES: Final[dict[str, Opened]] = {
    "sign-in": sign_in,
    "home": home,
    "queue-0": queue_empty,
    "queue-1": queue_one,
    "queue-14": queue_eve,
    "report": report,
    "search": search,
    "account": account,
    "audit": audit,
    "joined": joined,
    "stopped": quiet_night,
    "shift": shift,
    "board": board,
    "exercises": exercises,
    "enrol": enrol,
    "link": link,
    "nothing": nothing,
    "keys": keys,
    **scenes.SCENES,
}


def _again(people: People, page: Page, name: str) -> Page:
    page.goto(people.force.link(name))
    page.get_by_role("button", name="Open the desk").click()
    page.wait_for_url(lambda url: "/link/" not in url)
    return page


def _busy(people: People) -> Page:
    force: Force = people.force
    page, other = people.sits_down("rhian", shown="Rhian Evans"), people.sits_down("tom", shown="Tom Okafor")
    eve.text_all(force)
    first, second, third, danger, *_ = force.reports()
    for desk, report in ((page, danger), (other, first), (page, second)):
        desk.goto(f"/{force.id}/reports/{report}")
        desk.get_by_role("button", name="Claim").click()
    page.goto(f"/{force.id}/reports/{danger}")
    page.get_by_role("textbox", name="Note").fill("Reading told at 23:41, two on platform 9.")
    page.get_by_role("button", name="Keep note").click()
    page.get_by_role("textbox", name="Write to the reporter").fill("Which side of the train are you on?")
    page.get_by_role("button", name="Send").click()
    force.at.send_due()
    force.phone(104).text("left side, by the toilets")
    force.phone(102).text("there are four of them now")
    force.has_waited(200, third)
    force.at.answer_clock()
    force.at.answer_clock()
    page.goto(f"/{force.id}/queue")
    return page


def main(folder: Path, wanted: tuple[str, ...] = ()) -> int:
    """Takes the pictures of the pages named, of all where none is; 1 where something is wrong with them."""
    wrong: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage()
    with tempfile.TemporaryDirectory(prefix="quietline-shots-") as data, programs(Path(data)) as run:
        at = Installation(run, NAMES * 5)
        for name in wanted or tuple(PAGES):
            people = People(stage.browser, at.force())
            found = stage.run(lambda name=name, people=people: picture(PAGES[name](people), folder, name))
            stage.run(people.leave)
            print(name, *found, sep="\n  ", flush=True)
            wrong += found
    stage.close()
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).absolute(), tuple(sys.argv[2:])))
