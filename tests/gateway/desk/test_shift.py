"""The shift at the desk as pages: presence, news while writing, promises, hand-over, board, exercises (R7, R8, R10)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from gateway.desk.app import create_app
from handlers import colleagues, exercises, handling, unanswered
from handlers.exercise_channel import ExerciseChannel
from handlers.presence import Presence
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, words
from tests.handlers.desk_people import hire, signed_in

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 2 keeps touching me"


@pytest.fixture
def desk(lite: Database) -> Desk:
    """A force on a SQLite store, with the channel of exercises."""
    built = Desk.build(
        lite,
        sinks=[FakeSink()],
        organisations=(organisation(flow="railway", confidential=("police",), confidential_sinks=("room",)),),
    )
    channel = ExerciseChannel()
    built.service.channels[channel.name] = channel  # type: ignore[index]
    return built


@pytest.fixture
def presence(desk: Desk) -> Presence:
    return Presence(desk.service)


@pytest.fixture
def app(desk: Desk, presence: Presence) -> Flask:
    return create_app(desk.service, desk.doorbell, presence=presence)


def _report(desk: Desk, audience: str = "desk") -> str:
    ((report,),) = desk.rows(f"SELECT report_id FROM desk_items WHERE audience = '{audience}'")  # noqa: S608
    return str(report)


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def test_who_reads_and_who_writes_is_told_to_the_others_and_to_nobody_of_another_audience(
    desk: Desk, app: Flask, presence: Presence
) -> None:
    for name, role in (("rhian", "dispatcher"), ("tom", "dispatcher"), ("eve", "confidential")):
        hire(desk, name, role)
    desk.say(NOW)
    one = f"/btp/reports/{_report(desk)}"
    rhian, tom = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "tom")

    rhian.get(one)
    assert "Rhian is reading this." in words(tom.get(one))
    assert "is reading" not in words(rhian.get(one)).replace("Tom is reading this.", "")
    assert rhian.do(f"{one}/presence", one, doing="writing").status_code == 204
    assert "Rhian is writing." in words(tom.get(one))
    desk.clock.move(31)
    assert "Rhian is writing" not in words(tom.get(one))
    rhian.do(f"{one}/presence", one, doing="away")
    assert "Rhian" not in words(tom.get(one)).partition("What we know")[0].replace("Rhian (you)", "")
    assert presence.at(("btp", "confidential")) == []


def test_a_reply_begun_before_new_texts_came_is_not_sent_before_they_are_seen(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    one = f"/btp/reports/{_report(desk)}"
    rhian = Browser(app).enter(desk, "rhian")
    rhian.do(f"{one}/claim", one)
    page = rhian.get(one).text
    sent = {"key": _field(page, "key"), "csrf": _field(page, "csrf"), "text": "Which side of the coach are you on?"}
    desk.clock.move(10)
    desk.say("he moved to coach 4")
    desk.say("now standing by the door")

    first = rhian.post(f"{one}/write", began=_field(page, "began"), **sent)

    assert first.status_code == 409
    assert "2 new texts since you began" in words(first)
    assert "now standing by the door" in words(first)
    assert sent["text"] in first.text
    assert desk.rows("SELECT purpose FROM texts WHERE purpose = 'staff'") == []
    assert rhian.post(f"{one}/write", began=_field(first.text, "began"), **sent).status_code == 303
    assert desk.rows("SELECT purpose FROM texts WHERE purpose = 'staff'") == [("staff",)]


def test_a_promise_is_noted_once_shown_late_and_kept(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW)
    one = f"/btp/reports/{_report(desk)}"
    rhian = Browser(app).enter(desk, "rhian")
    assert rhian.do(f"{one}/promise", one, promised="tell them", minutes="5", key="p").status_code == 409
    rhian.do(f"{one}/claim", one)
    for _ in range(2):
        rhian.do(f"{one}/promise", one, promised="text the time of arrival", minutes="5", key="p")
    assert rhian.do(f"{one}/promise", one, promised="x", minutes="7", key="q").status_code == 409

    assert rhian.get(one).text.count("<p>text the time of arrival</p>") == 1
    desk.clock.move(301)
    unanswered.run_due(desk.service, desk.doorbell)
    assert "late by 1 s" in words(rhian.get(one))
    shift = rhian.get("/btp/shift").text
    assert "promised to text the time of arrival" in words(rhian.get("/btp/shift"))
    rhian.post(f"{one}/promise-kept", csrf=_field(shift, "csrf"), token=_field(shift, "token"))
    assert "kept by Rhian" in words(rhian.get(one))
    assert "text the time" not in words(rhian.get("/btp/shift"))
    assert desk.rows("SELECT kind FROM desk_breaches WHERE kind = 'promise'") == [("promise",)]
    assert b"arrival" not in b"".join(row[0] for row in desk.rows("SELECT body FROM desk_promises"))


def test_a_hand_over_changes_hands_when_the_next_accepts_and_not_before(desk: Desk, app: Flask) -> None:
    """> hands over, < nothing changes; > accepts, < all of it changes hands."""
    for name in ("rhian", "tom", "sioned"):
        hire(desk, name, "dispatcher")
    desk.say(NOW)
    one = f"/btp/reports/{_report(desk)}"
    rhian, tom, sioned = (Browser(app).enter(desk, name) for name in ("rhian", "tom", "sioned"))
    rhian.do(f"{one}/claim", one)
    to = signed_in(desk, "tom").person_id
    assert (
        rhian.do("/btp/shift/hand-over", "/btp/shift", to=to, note="East Croydon staff are warned").status_code == 303
    )

    assert desk.rows("SELECT shown FROM people, desk_items WHERE holder = people.id") == [("Rhian",)]
    assert "East Croydon" not in words(sioned.get("/btp/shift"))
    offered = tom.get("/btp/shift")
    assert "Rhian hands over to you" in words(offered)
    assert "East Croydon staff are warned" in words(offered)
    token = _field(offered.text, "token")
    assert sioned.do("/btp/shift/accept", "/btp/shift", token=token).status_code == 409
    assert tom.do("/btp/shift/accept", "/btp/shift", token=token).status_code == 303
    assert tom.do("/btp/shift/accept", "/btp/shift", token=token).status_code == 409
    assert desk.rows("SELECT shown FROM people, desk_items WHERE holder = people.id") == [("Tom",)]
    assert [row[0] for row in desk.rows("SELECT what FROM audit WHERE why = 'handover' AND kind = 'alteration'")] == [
        "handover",
        "handover_accepted",
        "handover_accepted",
    ]
    assert not any(b"Croydon" in row[0] for row in desk.rows("SELECT body FROM desk_handovers"))


def test_who_signs_off_first_gives_back_and_the_next_still_takes_what_nobody_claimed(desk: Desk, app: Flask) -> None:
    hire(desk, "rhian", "dispatcher")
    hire(desk, "tom", "dispatcher")
    desk.say(NOW)
    one = f"/btp/reports/{_report(desk)}"
    rhian, tom = Browser(app).enter(desk, "rhian"), Browser(app).enter(desk, "tom")
    rhian.do(f"{one}/claim", one)
    rhian.do("/btp/shift/hand-over", "/btp/shift", to="", note="")
    rhian.do("/sign-out", "/btp/queue")

    assert desk.rows("SELECT holder FROM desk_items") == [(None,)]
    offered = tom.get("/btp/shift")
    assert "Rhian hands over to whoever comes next" in words(offered)
    tom.do("/btp/shift/accept", "/btp/shift", token=_field(offered.text, "token"))
    assert desk.rows("SELECT shown FROM people, desk_items WHERE holder = people.id") == [("Tom",)]


def test_the_transfer_list_names_who_is_signed_in_and_what_they_speak(desk: Desk, app: Flask) -> None:
    for name in ("rhian", "tom", "sioned", "absent"):
        hire(desk, name, "dispatcher")
    colleagues.change_language(desk.service, "sioned", "cy")
    desk.say("mae dyn yn fy nghyffwrdd i ar y tren i Gaerdydd, cerbyd 2")
    one = f"/btp/reports/{_report(desk)}"
    rhian = Browser(app).enter(desk, "rhian")
    for name in ("tom", "sioned"):
        Browser(app).enter(desk, name)
    rhian.do(f"{one}/claim", one)

    page = rhian.get(one).text
    listed = re.findall(r'<option value="[0-9a-f]{32}">([^<]+)', page)
    assert listed == ["Sioned · Cymraeg · 0 open", "Tom · 0 open"]
    assert "Cymraeg" in words(rhian.get("/btp/queue"))
    absent = desk.rows("SELECT id FROM people WHERE name = 'absent'")[0][0]
    assert "not signed in" in words(rhian.do(f"{one}/transfer", one, to=absent))


def test_the_board_shows_load_waits_breaches_and_samples_without_a_word_of_content(desk: Desk, app: Flask) -> None:
    hire(desk, "sue", "supervisor")
    hire(desk, "rhian", "dispatcher")
    desk.say(NOW, sender="+447700900001")
    report = _report(desk)
    desk.clock.move(61)
    unanswered.run_due(desk.service, desk.doorbell)
    rhian = signed_in(desk, "rhian")
    handling.claim(desk.service, rhian, "btp", report)
    sue = Browser(app).enter(desk, "sue")

    page = words(sue.get("/btp/board"))
    assert re.search(r"Half claimed within 1 min .* Claimed today 1 Limits missed today 1", page)
    assert re.search(r"Rhian 1 1", page)
    assert "Nobody came in time" in page
    assert "coach" not in page
    handling.close(desk.service, rhian, "btp", report, "attended")
    desk.clock.move(86400)
    sue = Browser(app).enter(desk, "sue")
    page = sue.get("/btp/board").text
    day = _field(page, "day")
    assert (
        sue.do("/btp/board/review", "/btp/board", report=report, day=day, remark="Quick and clear").status_code == 303
    )
    assert sue.do("/btp/board/review", "/btp/board", report=report, day=day, remark="again").status_code == 409
    assert "Read by Sue" in words(sue.get("/btp/board"))
    assert "Quick and clear" in words(sue.get("/btp/board"))
    assert not any(b"Quick" in row[0] for row in desk.rows("SELECT body FROM desk_samples"))


def test_r8_a_board_is_the_same_with_and_without_confidential_reports(desk: Desk, app: Flask) -> None:
    hire(desk, "sue", "supervisor")
    hire(desk, "eve", "confidential")
    sue = Browser(app).enter(desk, "sue")
    before = sue.get("/btp/board").text, sue.get("/btp/shift").text
    desk.say(ABOUT_STAFF)
    desk.change("DELETE FROM desk_items WHERE audience = 'desk'")  # the card of place and train, had it been danger
    desk.clock.move(181)
    unanswered.run_due(desk.service, desk.doorbell)
    desk.clock.move(-181)
    eve = Browser(app).enter(desk, "eve")

    assert (sue.get("/btp/board").text, sue.get("/btp/shift").text) == before
    assert sue.get("/btp/board?team=confidential").status_code == 404
    theirs = words(eve.get("/btp/board"))
    assert "Board, confidential" in theirs
    assert "Nobody has 1" in theirs


def test_an_exercise_is_started_and_scored_by_pages_and_marked_everywhere(desk: Desk, app: Flask) -> None:
    hire(desk, "sue", "supervisor")
    hire(desk, "rhian", "dispatcher")
    sue, rhian = Browser(app).enter(desk, "sue"), Browser(app).enter(desk, "rhian")
    assert rhian.get("/btp/exercises").status_code == 404
    assert sue.do("/btp/exercises/start", "/btp/exercises", script="danger").status_code == 303
    assert sue.do("/btp/exercises/start", "/btp/exercises", script="nothing").status_code == 409
    exercises.run_due(desk.service, desk.doorbell)
    one = f"/btp/reports/{_report(desk)}"

    assert "Exercise" in words(rhian.get("/btp/queue"))
    rhian.do(f"{one}/claim", one)
    assert "Exercise" in words(rhian.get(one)).partition("What we know")[0]
    desk.clock.move(9)
    rhian.do(f"{one}/close", one, outcome="attended")
    exercises.run_due(desk.service, desk.doorbell)
    page = words(sue.get("/btp/exercises"))
    assert "0 s 9 s Somebody went there fits" in page
    assert "Claimed today 0" in words(sue.get("/btp/board"))
    assert desk.doorbell.rung == []
    assert desk.rows("SELECT * FROM outbox") == []


def test_r17_the_pages_of_a_shift_hold_no_inline_script_and_their_keys_are_listed(desk: Desk, app: Flask) -> None:
    hire(desk, "sue", "supervisor")
    desk.say(NOW)
    sue = Browser(app).enter(desk, "sue")
    for path in ("shift", "board", "exercises", "queue"):
        page = sue.get(f"/btp/{path}").text
        assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?! src)|https?://(?!www\.w3)", page), path
        for key, leads_to in (("s", "shift"), ("v", "board"), ("e", "exercises")):
            assert f"<kbd>{key}</kbd>" in page
            assert (f'data-go="{key}"' in page) == (path != leads_to)
