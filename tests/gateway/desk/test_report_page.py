"""The page of one report: map, thread, revisions, labels, joined reports, replies, search (R1, R4, R10)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from conversations.texts import segments
from handlers.outbound import send_due
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application, words
from tests.handlers.desk_people import hire

FIRST = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
SECOND = "theres a man staring at women in coach 3, 18.05 victoria to brighton"


@pytest.fixture
def desk(lite: Database) -> Desk:
    force = organisation(flow="railway", languages=("en", "cy"))
    made = Desk.build(lite, sinks=[FakeSink()], organisations=(force,))
    hire(made, "rhian", "dispatcher")
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _claimed(desk: Desk, app: Flask, *texts: str) -> tuple[Browser, list[str]]:
    """Rhian's browser, the first report claimed, and each report's address."""
    for number, text in enumerate(texts):
        desk.say(text, sender=f"+44770090030{number}")
        desk.clock.move(1)
    found = [f"/btp/reports/{row[0]}" for row in desk.rows("SELECT report_id FROM desk_items ORDER BY since")]
    browser = Browser(app).enter(desk, "rhian")
    browser.do(f"{found[0]}/claim", "/btp/queue")
    desk.clock.move(20)
    return browser, found


def test_the_map_stands_on_the_page_with_its_words_and_its_sources(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    page = browser.get(one)

    assert 'role="img" aria-labelledby="map-title map-desc"' in page.text
    assert "Map: at Clapham Junction, from London Victoria, to Brighton" in page.text
    assert "to Brighton, 71 km" in page.text
    assert "Near: Wandsworth Town" in words(page)
    assert "Tube lines © OpenStreetMap contributors (ODbL)" in words(page)
    assert not re.search(r"\sstyle=|<style|\son\w+=", page.text)


def test_a_report_without_a_place_has_no_map(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, "a man keeps staring at me in coach 3 of the 1805")
    page = browser.get(one)

    assert "<svg" not in page.text
    assert "No station is known yet" in words(page)


@pytest.mark.parametrize(
    ("status", "shown"),
    [("delivered", "delivered"), ("undelivered", "failed, not delivered"), ("queued", "queued by the network")],
)
def test_each_text_says_how_far_it_got(desk: Desk, app: Flask, status: str, shown: str) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    browser.do(f"{one}/write", one, text="Which side of the coach are you on?", key="a")
    assert "· queued" in words(browser.get(one))
    answered = words(browser.get(one)).count("· sent")
    send_due(desk.service)
    assert words(browser.get(one)).count("· sent") == answered + 1
    desk.change(f"UPDATE texts SET status = '{status}'")  # noqa: S608
    assert f"· {shown}" in words(browser.get(one))


def test_the_open_question_stands_in_the_thread_until_a_person_answers(desk: Desk, app: Flask) -> None:
    """> the bot goes on until a person types, is quiet then, and goes on again by one key."""
    browser, (one,) = _claimed(desk, app, FIRST)
    before = words(browser.get(one))
    assert "Still near you? 1 yes 2 no." in before
    assert "no answer yet" in before
    assert "The questions go on until you write." in before

    browser.do(f"{one}/write", one, text="Which side of the coach are you on?", key="a")
    after = words(browser.get(one))
    assert "no answer yet" not in after
    assert "You answer; the questions rest until you hand back." in after
    browser.do(f"{one}/hand-back", one)
    assert "The questions go on until you write." in words(browser.get(one))


def test_revisions_tell_when_what_changed(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    desk.say("sorry i meant coach 5, he has a beard", sender="+447700900300")
    page = words(browser.get(one))

    assert "Coach: 3 → 5" in page
    assert "1 more text" in page
    assert re.search(r"2 \w[\w ]+ · 11:07 ", page)


def test_r4_who_cannot_be_texted_is_said_before_anything_is_written(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    assert "They can be texted until 11:36." in words(browser.get(one))
    desk.clock.move(1800)
    browser.enter(desk, "rhian")
    assert "Texts cannot be sent: the reporter's last text is over 30 minutes old" in words(browser.get(one))
    desk.say("STOP", sender="+447700900300")
    assert "Texts cannot be sent: the reporter said STOP" in words(browser.get(one))


def test_labels_are_put_on_and_taken_off(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    browser.do(f"{one}/label", one, label="footage <b>kept</b>")
    page = browser.get(one).text
    assert "footage &lt;b&gt;kept&lt;/b&gt;" in page
    token = re.search(r'name="label" value="([0-9a-f]{32})"', page)
    assert token is not None
    browser.do(f"{one}/label-off", one, label=token[1])
    assert "footage" not in browser.get(one).text.replace('<option value="footage kept">', "")
    assert browser.do(f"{one}/label", one, label="x" * 41).status_code == 409


def test_three_of_one_carriage_are_joined_answered_together_and_shown_so_on_the_queue(desk: Desk, app: Flask) -> None:
    """> suggested, joined by a person, one reply to all, undone."""
    browser, reports = _claimed(desk, app, FIRST, SECOND, SECOND)
    ids = [one.rsplit("/", 1)[1] for one in reports]
    assert "Same train, the 18:05; same coach, 3" in words(browser.get(reports[0]))

    for other in ids[1:]:
        assert browser.do(f"{reports[0]}/join", reports[0], **{"with": other}).status_code == 303
    assert words(browser.get("/btp/queue")).count("Joined, 3") == 3
    page = words(browser.get(reports[0]))
    assert "One incident, 3 reports" in page
    assert "Write to all 3" in page
    refused = browser.do(f"{reports[0]}/write-all", reports[0], **{"text-en": "Police are coming", "key": "a"})
    assert refused.status_code == 409
    assert "Police are coming" in refused.text
    told = browser.do(f"{reports[0]}/write-all", reports[0], **{"text-en": "Someone is on the way.", "key": "b"})
    assert "3 of 3 will be texted" in words(told)
    send_due(desk.service)
    assert [text.body for text in desk.channel.sent] == ["Someone is on the way."] * 3
    browser.do(f"{reports[0]}/split", reports[0], **{"with": ids[1]})
    assert words(browser.get("/btp/queue")).count("Joined, 2") == 2


def test_a_text_to_all_begun_before_one_of_them_said_more_is_not_sent_until_it_is_read(desk: Desk, app: Flask) -> None:
    browser, reports = _claimed(desk, app, FIRST, SECOND)
    other = reports[1].rsplit("/", 1)[1]
    browser.do(f"{reports[0]}/join", reports[0], **{"with": other})
    begun = dict(re.findall(r'name="(began-\w+)" value="(\d+)"', browser.get(reports[0]).text))
    assert set(begun) == {f"began-{one.rsplit('/', 1)[1]}" for one in reports}

    desk.say("he got off at east croydon", sender="+447700900301")
    said = {"text-en": "Which coach is he in?", "key": "a"}
    refused = browser.do(f"{reports[0]}/write-all", reports[0], **begun, **said)
    assert refused.status_code == 409
    assert "Which coach is he in?" in refused.text
    again = dict(re.findall(r'name="(began-\w+)" value="(\d+)"', refused.text))
    assert again != begun
    assert "2 of 2 will be texted" in words(browser.do(f"{reports[0]}/write-all", reports[0], **again, **said))


def test_approved_replies_are_offered_filled_in_both_languages_and_a_blank_is_not_sent(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    page = browser.get(one).text
    assert 'data-en="Someone is on the way to you (Clapham Junction). Stay where you feel safe."' in page
    assert "Mae rhywun ar y ffordd atoch chi (Clapham Junction)." in page
    assert "Our number (fill in: incident number)" in page
    assert "Someone is on the way to you (Clapham Junction)" in words(browser.get(f"{one}?reply=coming"))

    refused = browser.do(f"{one}/write", one, text="Our number for this is {number}.", key="a")
    assert refused.status_code == 409
    assert "a blank in braces is left" in words(refused)
    send_due(desk.service)
    assert desk.channel.sent == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "x" * 160,
        "x" * 161,
        "€" * 80,
        "[" * 81,
        "ŵ" * 70,
        "ŷ" * 71,
        "🚆" * 36,
        "Rydyn ni'n dod atoch chi, arhoswch lle rydych chi'n teimlo'n ddiogel â'r lleill",
        "line\nline",
    ],
)
def test_the_weight_shown_while_writing_is_the_weight_that_is_sent(desk: Desk, app: Flask, text: str) -> None:
    browser, _ = _claimed(desk, app, FIRST)
    told: dict[str, Any] = browser.do("/btp/check", "/btp/queue", text=text).get_json()

    found = segments(text)
    assert (told["encoding"], told["units"], told["segments"]) == (found.encoding, found.units, found.count)
    assert told["costly"] == list(found.costly)


@pytest.mark.parametrize(
    ("text", "why", "named"),
    [
        ("We are on our way.", "", []),
        ("The police are on their way.", "words", ["police"]),
        ("We are coming to meet you at the next stop. An officer waits.", "sure", ["officer"]),
        ("We are on our way to you now. " * 15, "long", []),
        ("", "", []),
    ],
)
def test_r1_is_checked_while_writing(desk: Desk, app: Flask, text: str, why: str, named: list[str]) -> None:
    browser, _ = _claimed(desk, app, FIRST)
    told: dict[str, Any] = browser.do("/btp/check", "/btp/queue", text=text).get_json()

    assert (told["why"], told["words"]) == (why, named)
    assert told["shown"] == text[:40]


def test_search_and_saved_views_leave_nothing_in_an_address(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, FIRST)
    found = browser.do("/btp/search", "/btp/search", words="clapham")
    assert found.status_code == 200
    assert one in found.text
    assert "1 found" in words(found)
    assert "0 found" in words(browser.do("/btp/search", "/btp/search", words="leeds"))
    assert browser.get("/btp/search?words=clapham").text.count(one) == 0

    assert browser.do("/btp/views", "/btp/search", name="Clapham", place="clapham", state="mine").status_code == 303
    page = browser.get("/btp/search").text
    token = re.search(r'name="view" value="([0-9a-f]{32})"', page)
    assert token is not None
    assert "1 found" in words(browser.do("/btp/search", "/btp/search", view=token[1]))
    browser.do("/btp/views/drop", "/btp/search", view=token[1])
    assert token[1] not in browser.get("/btp/search").text
    assert browser.do("/btp/views", "/btp/search", name="").status_code == 409


def test_what_they_said_of_a_look_stands_whole_and_once(desk: Desk, app: Flask) -> None:
    browser, (one,) = _claimed(desk, app, f"{FIRST}. blue jacket, beard")
    assert "How they look blue jacket, beard" in words(browser.get(one))
