"""What waits for a person: seen without content, tried again, put aside (F9, F12)."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from handlers import dead_letters, retaking
from handlers.dead_letters import DeadLetterError
from handlers.forwarding import Forwarder
from handlers.records.database import Database, StoreError
from handlers.service import Directory
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.waits import refused, report_waits
from tests.waiting import until


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database, sinks=[FakeSink("room"), FakeSink("apart")])


def held(desk: Desk) -> str:
    """A text whose turn failed three times."""
    desk.change("ALTER TABLE reports RENAME COLUMN status TO gone")
    desk.say("canary words", sender="+447700900777")
    for seconds in (5, 30):
        desk.clock.move(seconds)
        retaking.retake_due(desk.service, desk.doorbell)
    desk.change("ALTER TABLE reports RENAME COLUMN gone TO status")
    desk.service.database.close()
    [letter] = dead_letters.listed(desk.service.database)
    assert (letter.state, letter.attempts, letter.cause) == ("held", 3, "its turn fails")
    return letter.id


def test_f12_a_poison_text_is_listed_and_taken_when_a_person_tries_it_again(desk: Desk) -> None:
    name = held(desk)

    dead_letters.retry(desk.service, name, "sam")
    retaking.retake_due(desk.service, desk.doorbell)

    assert dead_letters.listed(desk.service.database) == []
    assert desk.rows("SELECT state FROM inbox") == [("taken",)]


def test_a_text_to_nobody_is_taken_once_its_address_belongs_to_somebody(desk: Desk) -> None:
    desk.say("canary words", recipient="99999")
    [letter] = dead_letters.listed(desk.service.database)
    with pytest.raises(DeadLetterError, match="address of no organisation: enter it"):
        dead_letters.retry(desk.service, letter.id, "sam")

    service = replace(desk.service, directory=Directory([organisation("new", "sms:99999")]))
    dead_letters.retry(service, letter.id, "sam")
    retaking.retake_due(service, desk.doorbell)

    assert desk.rows("SELECT state, organisation FROM inbox") == [("taken", "new")]


def test_r20_a_text_whose_address_is_gone_stays_as_it_is(desk: Desk) -> None:
    name = held(desk)
    desk.clock.move(86400)
    retaking.forget_senders(desk.service)

    with pytest.raises(DeadLetterError, match=r"address is gone \(R20\)"):
        dead_letters.retry(desk.service, name, "sam")
    assert dead_letters.get(desk.service.database, name).state == "held"


def test_f9_a_refused_report_goes_again_when_a_person_tries_it(desk: Desk) -> None:
    row = report_waits(desk)
    refused(desk, row)
    [letter] = dead_letters.listed(desk.service.database)
    assert (letter.id, letter.sink, letter.cause, letter.reference) == (f"delivery-{row}", "room", "http 422", "7KQ4")

    dead_letters.retry(desk.service, letter.id, "sam")
    forwarder = Forwarder(desk.service, sweeps=False)
    forwarder.start()
    forwarder.ring()
    until(lambda: desk.sinks["room"].got)
    forwarder.stop(5)

    assert dead_letters.listed(desk.service.database) == []


def test_a_delivery_is_put_aside_and_the_others_go_on(desk: Desk) -> None:
    first, second = report_waits(desk), report_waits(desk)
    dead_letters.park(desk.service, f"delivery-{first}", "sam")

    assert desk.rows("SELECT id, state, cause FROM outbox ORDER BY id") == [
        (first, "parked", "parked by a person"),
        (second, "due", None),
    ]
    with pytest.raises(DeadLetterError, match="parked already"):
        dead_letters.park(desk.service, f"delivery-{first}", "sam")
    dead_letters.retry(desk.service, f"delivery-{first}", "jo")
    acts = desk.rows("SELECT kind, what, to_whom FROM audit ORDER BY id")
    assert acts == [("alteration", f"park delivery-{first}", "sam"), ("alteration", f"retry delivery-{first}", "jo")]


def test_what_is_being_sent_is_left_alone(desk: Desk) -> None:
    row = report_waits(desk)
    desk.change("UPDATE outbox SET state = 'leased'")

    for act in (dead_letters.retry, dead_letters.park):
        with pytest.raises(DeadLetterError, match="being sent just now"):
            act(desk.service, f"delivery-{row}", "sam")


def test_r10_content_is_shown_only_when_asked_and_the_look_is_logged_without_it(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    text, row = held(desk), report_waits(desk)
    shown = f"{dead_letters.listed(desk.service.database)} {dead_letters.get(desk.service.database, text)}"
    assert "canary" not in shown

    assert dead_letters.content(desk.service, text, "jo") == b"canary words"
    document = json.loads(dead_letters.content(desk.service, f"delivery-{row}", "jo"))

    assert document["said"].startswith("canary")
    assert f"the content of {text} is shown to jo" in caplog.text
    looks = desk.rows("SELECT kind, what, to_whom, audience FROM audit ORDER BY id")
    assert looks == [
        ("consultation", text, "jo", "desk"),
        ("consultation", f"delivery-{row}", "jo", "desk"),
    ]
    assert f"the content of delivery-{row} is shown to jo" in caplog.text
    assert not any(each in caplog.text for each in ("canary", "900777"))


def test_r8_a_confidential_report_is_there_for_that_team_alone(desk: Desk) -> None:
    row = report_waits(desk, "apart", audience="confidential")
    refused(desk, row)
    name = f"delivery-{row}"

    assert dead_letters.listed(desk.service.database) == []
    for act in (
        lambda audience: dead_letters.get(desk.service.database, name, audience),
        lambda audience: dead_letters.content(desk.service, name, "jo", audience),
        lambda audience: dead_letters.retry(desk.service, name, "sam", audience),
        lambda audience: dead_letters.park(desk.service, name, "sam", audience),
    ):
        with pytest.raises(DeadLetterError, match=r"^There is no such dead letter\.$"):
            act("desk")
    assert [one.id for one in dead_letters.listed(desk.service.database, "confidential")] == [name]
    dead_letters.retry(desk.service, name, "sam", "confidential")
    assert desk.rows("SELECT state FROM outbox") == [("due",)]


@pytest.mark.parametrize("name", ["", "12", "text-", "text-x", "text-٣", "report-1", "delivery-1", "text-" + "9" * 40])
def test_a_name_of_nothing_is_a_clear_line(desk: Desk, name: str) -> None:
    with pytest.raises(DeadLetterError):
        dead_letters.retry(desk.service, name, "sam")


def test_r10_where_the_audit_takes_nothing_nothing_is_shown(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    name = held(desk)
    desk.change("ALTER TABLE audit RENAME TO gone")
    with pytest.raises(StoreError):
        dead_letters.content(desk.service, name, "jo")
    assert "is shown" not in caplog.text
    desk.change("ALTER TABLE gone RENAME TO audit")
