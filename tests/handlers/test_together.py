"""Texts that come at the same time share a transaction: each is answered as if it had come alone."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import pytest

from handlers import inbound
from handlers.inbound import Arrival, Waiting, take_waiting
from handlers.ports import InboundText
from handlers.records.database import Database
from handlers.vault import DataKey
from tests.fakes import Desk, organisation


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def waits(desk: Desk, text: InboundText) -> Waiting:
    key = DataKey(f"{text.channel}:{text.external_id}", secrets.token_bytes(32))
    now, where = desk.clock.at, desk.service.directory.of(text.medium, text.recipient) or organisation()
    indexes = inbound.indexes(desk.service, where, text, now)
    return Waiting(desk.service, Arrival(desk.channel, where, text, now, key, indexes))


def test_each_text_gets_its_own_answer(desk: Desk) -> None:
    many = [waits(desk, desk.text("hello", sender=f"+44770090000{number}")) for number in range(4)]
    take_waiting(many)
    assert [each.error for each in many] == [None] * 4
    assert all(each.reply for each in many)
    assert len(desk.rows("SELECT id FROM conversations")) == 4


def test_f3_two_texts_of_one_phone_are_taken_in_turn(desk: Desk) -> None:
    two = [waits(desk, desk.text(body)) for body in ("hello", "just left clapham junction")]
    take_waiting(two)
    assert len(desk.rows("SELECT id FROM conversations")) == 1
    [report] = desk.documents()
    assert next(entry["text"] for entry in report["account"]) == "hello"
    assert report["said"]["place.at"][0]["text"] == "just left clapham junction"
    assert two[0].reply != two[1].reply


def test_f1_a_text_that_came_twice_at_once_counts_once(desk: Desk) -> None:
    text = desk.text("hello")
    two = [waits(desk, text), waits(desk, text)]
    take_waiting(two)
    assert two[0].reply == two[1].reply is not None
    assert desk.rows("SELECT state FROM inbox") == [("taken",)]


def test_one_that_cannot_be_stored_takes_nobody_with_it(desk: Desk) -> None:
    first, last = desk.text("hello"), desk.text("hello", sender="+447700900002")
    broken = desk.text("hello", sender="+447700900003", external_id="SM\ud800")
    three = [waits(desk, text) for text in (first, broken, last)]
    take_waiting(three)
    assert [type(each.error) for each in three] == [type(None), UnicodeEncodeError, type(None)]
    assert three[0].reply
    assert three[2].reply
    assert len(desk.rows("SELECT id FROM inbox")) == 2


def test_until_it_is_committed_a_text_counts_as_not_taken(desk: Desk) -> None:
    assert waits(desk, desk.text("hello")).error is not None


def test_f3_what_was_worked_out_during_the_commit_before_it_is_worked_out_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (waits(desk, desk.text(body)) for body in ("hello", "just left clapham junction"))
    foresee, foreseen = inbound._foresee, threading.Event()

    def other_carrier() -> None:
        take_waiting([second])
        desk.service.database.close()

    other = threading.Thread(target=other_carrier)

    def noted(waiting: Waiting, *look: Any) -> Any:
        found = foresee(waiting, *look)
        if waiting is second:
            foreseen.set()
        return found

    def meanwhile() -> None:
        other.start()
        assert foreseen.wait(10), "nothing is worked out while others are written"

    monkeypatch.setattr(inbound, "_foresee", noted)
    take_waiting([first], meanwhile)
    other.join(10)
    assert first.error is second.error is None
    assert len(desk.rows("SELECT id FROM conversations")) == 1
    [report] = desk.documents()
    assert next(entry["text"] for entry in report["account"]) == "hello"
    assert report["said"]["place.at"][0]["text"] == "just left clapham junction"
