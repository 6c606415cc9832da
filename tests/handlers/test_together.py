"""Texts that come at the same time share a transaction: each is answered as if it had come alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, cast

import pytest

from handlers import inbound
from handlers.inbound import Arrival, Waiting
from handlers.ports import InboundText
from handlers.records.company import Lead, TooLong
from handlers.records.database import Database, StoreBusy, StoreError
from handlers.vault import DataKey
from tests.fakes import Desk, organisation


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def waits(desk: Desk, text: InboundText) -> Waiting:
    key = DataKey(f"{text.channel}:{text.external_id}", secrets.token_bytes(32))
    now, where = desk.clock.at, desk.service.directory.of(text.medium, text.recipient) or organisation()
    indexes = inbound.indexes(desk.service, where, text, now)
    arrival = Arrival(desk.channel, where, text, now, key, indexes)
    return Waiting(service=desk.service, arrival=arrival)


class Crew:
    """Stands for the lead of a company: these texts have come by the time the lock is had."""

    def __init__(self, texts: list[Waiting], pass_on: Callable[[], None] = lambda: None) -> None:
        self.jobs, self.pass_on = texts, pass_on

    def board(self) -> list[Waiting]:
        return self.jobs


def take(*texts: Waiting, pass_on: Callable[[], None] = lambda: None) -> None:
    """Foresees each, in order, then takes all in one go."""
    for each in texts:
        inbound.foresee(each)
    inbound.take_waiting(texts[0], cast(Lead, Crew(list(texts), pass_on)))


def test_each_text_gets_its_own_answer(desk: Desk) -> None:
    many = [waits(desk, desk.text("hello", sender=f"+44770090000{number}")) for number in range(4)]
    take(*many)
    assert [each.error for each in many] == [None] * 4
    assert all(each.reply for each in many)
    assert len(desk.rows("SELECT id FROM conversations")) == 4


def test_f3_two_texts_of_one_phone_are_taken_in_turn(desk: Desk) -> None:
    two = [waits(desk, desk.text(body)) for body in ("hello", "just left clapham junction")]
    take(*two)
    assert len(desk.rows("SELECT id FROM conversations")) == 1
    [report] = desk.documents()
    assert next(entry["text"] for entry in report["account"]) == "hello"
    assert report["said"]["place.at"][0]["text"] == "just left clapham junction"
    assert two[0].reply != two[1].reply


def test_f1_a_text_that_came_twice_at_once_counts_once(desk: Desk) -> None:
    text = desk.text("hello")
    two = [waits(desk, text), waits(desk, text)]
    take(*two)
    assert two[0].reply == two[1].reply is not None
    assert desk.rows("SELECT state FROM inbox") == [("taken",)]


def test_one_that_cannot_be_stored_takes_nobody_with_it(desk: Desk) -> None:
    three = [waits(desk, desk.text("hello", sender=f"+44770090000{number}")) for number in range(3)]
    for each in three:
        inbound.foresee(each)
    three[1].body = cast(bytes, object())
    inbound.take_waiting(three[0], cast(Lead, Crew(three)))
    assert [type(each.error) for each in three] == [type(None), StoreError, type(None)]
    assert three[0].reply
    assert three[2].reply
    assert len(desk.rows("SELECT id FROM inbox")) == 2


def test_one_that_cannot_be_foreseen_is_in_nobodys_way(desk: Desk) -> None:
    with pytest.raises(UnicodeEncodeError):
        inbound.receive(
            desk.service, desk.doorbell, desk.channel, desk.text("hello", external_id="SM\ud800"),
        )  # fmt: skip
    assert desk.rows("SELECT id FROM inbox") == []


def test_until_it_is_committed_a_text_counts_as_not_taken(desk: Desk) -> None:
    assert waits(desk, desk.text("hello")).error is not None


def test_f3_what_was_foreseen_while_others_were_written_is_worked_out_again(desk: Desk) -> None:
    first, second = (waits(desk, desk.text(body)) for body in ("hello", "just left clapham junction"))
    take(first, pass_on=lambda: inbound.foresee(second))
    assert second.foreseen is not None
    inbound.take_waiting(second, cast(Lead, Crew([second])))
    assert first.error is second.error is None
    assert len(desk.rows("SELECT id FROM conversations")) == 1
    [report] = desk.documents()
    assert next(entry["text"] for entry in report["account"]) == "hello"
    assert report["said"]["place.at"][0]["text"] == "just left clapham junction"


def test_f3_who_is_refused_the_lock_fails_alone(desk: Desk) -> None:
    first, second = (waits(desk, desk.text("hello", sender=f"+44770090000{number}")) for number in (1, 2))

    class Refused(Crew):
        def board(self) -> list[Waiting]:
            raise StoreBusy("a lock was not to be had")

    for each in (first, second):
        inbound.foresee(each)
    with pytest.raises(TooLong):
        inbound.take_waiting(first, cast(Lead, Refused([first])))
    assert isinstance(first.error, StoreBusy)
    inbound.take_waiting(second, cast(Lead, Crew([second])))
    assert second.error is None
    assert second.reply


def test_texts_that_have_come_are_answered_one_by_one(desk: Desk) -> None:
    texts = [desk.text("hello", sender=f"+44770090000{number}") for number in range(11)]
    answers = inbound.receive_all(desk.service, desk.doorbell, [(desk.channel, each) for each in texts])
    assert [each.error for each in answers] == [None] * 11
    assert all(each.reply for each in answers)
    assert len(desk.rows("SELECT id FROM conversations")) == 11
    again = inbound.receive_all(desk.service, desk.doorbell, [(desk.channel, each) for each in texts[:3]])
    assert [each.reply for each in again] == [each.reply for each in answers[:3]]
    assert len(desk.rows("SELECT id FROM inbox")) == 11


def test_a_text_to_nobody_and_one_that_breaks_take_no_other_with_them(desk: Desk) -> None:
    lost = InboundText("twilio", "SM" + "0" * 32, "sms", "+447700900001", "+447700900999", "hello")
    broken, fine = desk.text(cast(str, object())), desk.text("hello", sender="+447700900002")
    came = [(desk.channel, each) for each in (lost, broken, fine)]
    held, untaken, taken = inbound.receive_all(desk.service, desk.doorbell, came)
    assert (held.reply, held.error) == (None, None)
    assert untaken.error is not None
    assert taken.reply is not None
    assert desk.rows("SELECT state FROM inbox ORDER BY id") == [("taken",), ("held",)]


def test_f3_behind_one_that_did_not_get_the_lock_none_of_its_company_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, tried = type(desk.service.database).write, []

    def busy(database: Database, at_commit: Callable[[], None] | None = None) -> Any:
        tried.append(at_commit)
        if len(tried) == 1:
            raise StoreBusy("another program is writing")
        return write(database, at_commit)

    monkeypatch.setattr(type(desk.service.database), "write", busy)
    nobody = InboundText("twilio", "SM" + "0" * 32, "sms", "+447700900001", "+447700900999", "hello")
    texts = [desk.text("hello"), desk.text("just left clapham junction"), nobody]
    answers = inbound.receive_all(desk.service, desk.doorbell, [(desk.channel, each) for each in texts])
    assert all(isinstance(each.error, StoreBusy) for each in answers)
    assert desk.rows("SELECT id FROM inbox") == []


def test_the_bell_rings_for_all_of_them(desk: Desk) -> None:
    texts = [desk.text("he has a knife", sender=f"+44770090000{number}") for number in range(3)]
    inbound.receive_all(desk.service, desk.doorbell, [(desk.channel, each) for each in texts])
    assert sorted(desk.doorbell.rung) == [row[0] for row in desk.rows("SELECT id FROM outbox ORDER BY id")]
