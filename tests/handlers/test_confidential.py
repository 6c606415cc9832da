"""R8: a report about someone whose conduct is confidential exists for the small separate team alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from handlers import timers
from handlers.records import outbox, reports
from handlers.records.database import Database
from handlers.records.outbox import Claimed
from handlers.service import milliseconds
from tests.fakes import Desk, FakeSink, organisation

OFFICER = "one of your police officers touched my hair at leeds station just now"
ORDINARY = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
SHOWS_IT = "he showed me a warrant card, he is a police officer"


def _desk(database: Database, sinks: Sequence[str] = ("room", "apart"), **more: Any) -> Desk:
    values = {"flow": "railway", "confidential": ("police",), "confidential_sinks": ("apart",)} | more
    return Desk.build(
        database, sinks=[FakeSink(each) for each in sinks], organisations=(organisation(sinks=("room",), **values),)
    )


@pytest.fixture
def desk(database: Database) -> Desk:
    return _desk(database)


def _claim(desk: Desk, sink: str) -> list[Claimed]:
    now = milliseconds(desk.clock.now())
    with desk.service.database.write() as tx:
        return outbox.claim(tx, sink, now=now, lease_until=now + 30_000, owner="me", most=99)


def _hand_over(desk: Desk, sink: str) -> list[dict[str, Any]]:
    """What a forwarder would bring to a sink just now."""
    brought = []
    for row in _claim(desk, sink):
        key = desk.service.ring.unwrap("content", row.report_id, row.key, reports.key_place(row.report_id))
        place = reports.document_place(row.report_id, row.revision)
        brought.append(json.loads(key.open(row.document, place)))
        with desk.service.database.write() as tx:
            outbox.delivered(tx, row.id, milliseconds(desk.clock.now()))
    return brought


def _bare(document: dict[str, Any]) -> bool:
    """Whether the desk's document holds place, train and urgency at most."""
    facts = document["facts"]
    told = {name for name, value in facts.items() if value and name not in ("place", "service", "urgency")}
    return told <= {"language", "intent"} and not (document["account"] or document["said"] or document["why_urgent"])


def _texts(desk: Desk, *bodies: str, sender: str = "+447700900001") -> None:
    for body in bodies:
        desk.clock.move(20)
        desk.say(body, sender=sender)


def test_a_first_text_about_an_officer_goes_to_the_small_team_alone(desk: Desk) -> None:
    _texts(desk, OFFICER)

    (report,) = desk.documents("confidential")
    assert report["audience"] == "confidential"
    assert [row.report_id for row in _claim(desk, "apart")] == [report["id"]]
    assert all(_bare(each) for each in [*desk.documents(), *_hand_over(desk, "room")])


def test_a_later_text_takes_it_away_from_the_desk_under_a_new_id_reference_and_key(desk: Desk) -> None:
    _texts(desk, ORDINARY)
    (before,) = _hand_over(desk, "room")

    _texts(desk, SHOWS_IT)

    (moved,) = desk.documents()
    (report,) = desk.documents("confidential")
    assert (moved["id"], report["id"] != before["id"], report["reference"] != before["reference"]) == (
        before["id"],
        True,
        True,
    )
    assert "rubbing" in report["facts"]["behaviours"]
    assert _bare(moved)
    assert desk.rows("SELECT audience FROM reports ORDER BY audience") == [("confidential",), ("desk",)]


def test_r9_what_the_desk_had_gets_one_more_revision_without_facts(desk: Desk) -> None:
    _texts(desk, ORDINARY)
    (before,) = _hand_over(desk, "room")

    _texts(desk, SHOWS_IT)

    brought = _hand_over(desk, "room")
    assert {each["id"] for each in brought} == {before["id"]}
    assert all(_bare(each) for each in brought)
    assert brought[-1]["revision"] > before["revision"]


def test_r9_what_was_sealed_for_the_desk_before_does_not_open_any_more(desk: Desk) -> None:
    _texts(desk, ORDINARY)
    ((old_key,),) = desk.rows("SELECT key FROM reports WHERE revision > 0")

    _texts(desk, SHOWS_IT)

    keys = [bytes(key) for (key,) in desk.rows("SELECT key FROM reports")]
    assert bytes(old_key) not in keys
    (moved,) = desk.documents()
    assert desk.rows(f"SELECT count(*) FROM revisions WHERE report_id = '{moved['id']}' AND kind = 'started'") == [(0,)]  # noqa: S608


def test_what_no_sink_has_had_leaves_nothing_behind_at_any(desk: Desk) -> None:
    """Decided before a forwarder came: an ordinary sink never hears of it, unless the card of the danger rule."""
    _texts(desk, "someone keeps staring at me at leeds station today", SHOWS_IT)

    assert all(_bare(each) for each in _hand_over(desk, "room"))


def test_later_texts_go_on_under_the_new_id(desk: Desk) -> None:
    _texts(desk, OFFICER)
    _texts(desk, "he had a ginger beard", "no")

    (report,) = desk.documents("confidential")
    assert any("ginger" in entry["text"] for entry in report["account"])
    assert all(_bare(each) for each in desk.documents())
    desk.clock.move(25 * 3600)
    timers.run_due(desk.service, desk.doorbell)
    assert desk.rows("SELECT count(*) FROM conversations") == [(0,)]


def test_f1_a_repeated_text_gets_the_same_answer_before_and_after(desk: Desk) -> None:
    text = desk.text(OFFICER)
    answer = desk.hand_over(text)

    assert answer
    assert desk.hand_over(text) == answer
    assert len(desk.documents("confidential")) == 1


def test_f1_a_text_from_before_it_was_shown_moves_nothing(desk: Desk) -> None:
    text = desk.text(ORDINARY)
    desk.hand_over(text)
    _texts(desk, SHOWS_IT)
    rows = desk.rows("SELECT count(*) FROM outbox")

    assert desk.hand_over(text) is None  # the desk's copy is erased, its answers with it
    assert desk.rows("SELECT count(*) FROM outbox") == rows


def test_without_a_confidential_sink_it_is_held_and_an_alarm_names_the_organisation_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    desk = _desk(database, ("room",), confidential_sinks=())
    with caplog.at_level(logging.ERROR):
        _texts(desk, OFFICER)

    (report,) = desk.documents("confidential")
    assert report["id"] not in [row for (row,) in desk.rows("SELECT report_id FROM outbox")]
    assert "organisation btp has no confidential sink" in caplog.text
    assert not any(secret in caplog.text for secret in (report["id"], report["reference"], "hair", "900001"))


def test_in_danger_the_desk_gets_place_train_and_urgency_alone(desk: Desk) -> None:
    _texts(desk, "a police officer grabbed me and wont let go, coach 4, just left clapham junction")

    cards = _hand_over(desk, "room")
    assert [card["kind"] for card in cards] == ["alert"]
    assert all(_bare(card) for card in cards)
    assert cards[0]["facts"]["urgency"] == "emergency"
    (report,) = desk.documents("confidential")
    assert cards[0]["id"] != report["id"]
    assert [row.kind for row in _claim(desk, "apart")] == ["alert"]


def test_r19_a_confidential_report_is_sealed_under_keys_of_its_own(desk: Desk) -> None:
    _texts(desk, OFFICER)

    ((wrapped,),) = desk.rows("SELECT key FROM reports WHERE audience = 'confidential'")
    assert bytes(wrapped).startswith(b"c1\0")


STAFF = "the guard on this gwr train from reading keeps touching my leg, coach C"


@pytest.mark.parametrize(
    ("operator", "text", "gets"),
    [
        ("Great Western Railway", STAFF, False),
        ("Avanti West Coast", STAFF, True),
        ("Avanti West Coast", STAFF.replace("gwr ", ""), False),
        ("Great Western Railway", STAFF.replace("the guard", "a man"), True),
    ],
    ids=["its own staff", "another operator's", "nobody knows whose", "no staff"],
)
def test_a_report_about_rail_staff_never_reaches_that_operator(
    database: Database, operator: str, text: str, gets: bool
) -> None:
    desk = _desk(database, ("room", "apart"), sink_operators=(("room", operator),))
    _texts(desk, text)

    assert bool(_claim(desk, "room")) == gets
    assert len(desk.documents()) == 1


def test_what_waits_for_an_operator_is_withdrawn_once_it_is_about_its_staff(database: Database) -> None:
    desk = _desk(database, ("room", "apart"), sink_operators=(("room", "Great Western Railway"),))
    _texts(desk, "a man on this gwr train from reading keeps touching my leg, coach C")
    assert desk.rows("SELECT state FROM outbox") == [("due",)]

    _texts(desk, "it was the conductor")

    assert _claim(desk, "room") == []
