"""F7: the database is locked, full, read-only or away; every text is kept, answered, and brought home in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from handlers import spooling
from handlers.intake import Intake
from handlers.records.database import Database, StoreBusy, StoreError
from handlers.spool import Spool, SpoolError
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.fakes import Desk
from tests.handlers.spooled import FAULTS, Site, full, locked
from tests.waiting import Watch, until

SAFE = "Thanks, we have your text. We will answer shortly."
WHERE = "just left clapham junction"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.database.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_f7_every_text_is_kept_answered_and_brought_home_in_order(site: Site, fault: Any) -> None:
    """
    > hello                          (all well)
    < Where are you ...
    > just left clapham junction     (the database fails)
    < Thanks, we have your text.
    """
    site.say("hello")
    site.desk.clock.move(20)
    with fault(site.database):
        for number in range(40 if fault is full else 1):
            assert site.say("x" * 3000 if fault is full else WHERE, sender=f"+4477009001{number:02d}" if fault is full
                            else "+447700900001")  # fmt: skip
        assert not site.spool.is_empty()
        if fault is not full:
            site.desk.clock.move(20)
            assert site.say("1805 victoria to brighton coach 3") == SAFE
    site.clock_round()
    assert site.spool.is_empty()
    assert set(site.states()) == {"taken"}
    if fault is not full:
        [report] = site.desk.documents()
        assert [entry["text"] for entry in report["account"]][:2] == ["hello", WHERE]
        assert len(site.desk.channel.sent) == 1, "only the newest answer is worth sending (R4)"
    assert site.desk.rows("PRAGMA integrity_check") == [("ok",)]
    assert site.say("works again") != SAFE, "without a restart"


def test_f7_while_postgresql_is_stopped_texts_go_to_the_spool(tmp_path: Path) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    desk = Desk.build(database)
    spool = Spool(tmp_path)
    intake = Intake(desk.service, desk.doorbell, spool)
    watch = Watch()
    assert intake.receive(desk.channel, desk.text("hello")) == SAFE
    assert intake.receive(desk.channel, desk.text(WHERE)) == SAFE
    assert watch.seconds < 1
    assert len(spool.contents()) == 2


def test_f1_the_same_id_gets_the_same_reply_from_the_spool_and_later_from_the_database(site: Site) -> None:
    text = site.desk.text(WHERE)
    with locked(site.database):
        assert site.take(text) == site.take(text) == SAFE
        assert len(site.spool.contents()) == 1
    site.clock_round()
    assert site.take(text) == SAFE
    assert site.states() == ["taken"]


def test_r4_within_ten_minutes_the_answer_goes_by_itself(site: Site) -> None:
    with locked(site.database):
        site.say(WHERE)
    site.desk.clock.move(500)
    site.clock_round()
    assert len(site.desk.channel.sent) == 1


def test_r4_after_ten_minutes_it_is_held_text_without_a_step_and_danger_alerts_at_once(site: Site) -> None:
    site.say("hello")
    with locked(site.database):
        site.say("1")
        site.say("he has a knife", sender="+447700900002")
    site.desk.clock.move(601)
    site.clock_round()
    assert site.desk.channel.sent == []
    assert set(site.states()) == {"taken"}
    assert site.desk.rows("SELECT kind, priority FROM outbox WHERE kind = 'alert'") == [("alert", 0)]


def test_the_record_says_that_there_is_danger_and_no_word_more(site: Site) -> None:
    with locked(site.database):
        site.say("he has a knife")
        site.say("hello")
    assert [each.danger for each in site.spool.contents().records.values()] == [True, False]


def test_r23_the_spool_holds_no_number_and_no_word(site: Site) -> None:
    with locked(site.database):
        site.say("canary words of hers", sender="+447700900777")
    assert leaks(site.spool.folder, [*forms_of_number("+447700900777"), *forms_of_words("canary words of hers")]) == []


def test_a_kill_between_commit_and_drop_brings_nothing_twice(site: Site) -> None:
    with locked(site.database):
        site.say("hello")
        site.say(WHERE)
    before = site.spool.path.read_bytes()
    site.clock_round()
    answered = len(site.desk.channel.sent)
    site.spool.path.write_bytes(before)
    site.clock_round()
    assert site.spool.is_empty()
    assert len(site.desk.rows("SELECT id FROM inbox")) == 2
    assert len(site.desk.channel.sent) == answered


def test_f6_two_clocks_at_once_bring_everything_once(site: Site) -> None:
    site.intake._again = 60.0
    with locked(site.database):
        for number in range(30):
            site.say("hello", sender=f"+4477009000{number:02d}")

    def bring() -> None:
        while not site.spool.is_empty():  # who finds the other at it too long comes again, as a clock does
            with suppress(StoreBusy):
                spooling.replay(site.desk.service, site.spool, site.desk.doorbell)
        site.database.close()

    clocks = [threading.Thread(target=bring) for _ in range(2)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert len(site.desk.rows("SELECT id FROM inbox")) == 30
    assert site.spool.is_empty()


def test_f7_where_the_spool_fails_too_the_carrier_is_told_so_within_five_seconds(site: Site) -> None:
    site.spool.folder.write_text("a file where the folder should be")
    watch = Watch()
    with locked(site.database), pytest.raises(StoreError):
        site.say("hello")
    assert watch.seconds < 5


def test_a_record_that_cannot_be_opened_stays_and_stops_no_other(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with locked(site.database):
        site.say("hello")
        site.say("hello", sender="+447700900002")
    lines = site.spool.path.read_bytes().splitlines(keepends=True)
    other = Desk.build(site.database)  # of another ring
    foreign = Spool(site.spool.folder.with_name("foreign"))
    spooling.keep(other.service, foreign, other.text("hello"))
    site.spool.path.write_bytes(lines[0] + foreign.path.read_bytes() + lines[1])
    site.clock_round()
    assert site.states() == ["taken", "taken"]
    assert len(site.spool.contents()) == 1
    assert "cannot be opened" in caplog.text


def test_a_sealed_text_moved_to_another_id_is_refused(site: Site) -> None:
    from dataclasses import replace

    with locked(site.database):
        site.say("hello")
        site.say(WHERE)
    first, second = site.spool.contents().records.values()
    assert spooling.bring_home(site.desk.service, [replace(first, sealed=second.sealed)]) == set()


def test_after_a_failure_the_database_is_left_alone_and_one_text_at_a_time_tries_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    intake = Intake(site.desk.service, site.desk.doorbell, site.spool, again=60.0)
    with locked(site.database):
        intake.receive(site.desk.channel, site.desk.text("hello"))
        watch = Watch()
        for _ in range(20):
            intake.receive(site.desk.channel, site.desk.text("hello"))
        assert watch.seconds < 1, "twenty waits would be two seconds"
    site.database.close()


def test_f16_the_spool_answers_a_number_twenty_times_in_ten_minutes(site: Site) -> None:
    with locked(site.database):
        site.intake._again = 60.0
        answers = [site.say(f"text {number}") for number in range(30)]
        assert sum(answer is not None for answer in answers) == 20
        assert site.say("hello", sender="+447700900002") == SAFE
    assert len(site.spool.contents()) == 31


def test_what_is_not_answered_at_all_is_not_answered_from_the_spool(site: Site) -> None:
    with locked(site.database):
        assert site.say("hello", sender="+15005550006") is None
        assert site.say("STOP", carrier_answers="STOP") is None
        assert site.say("hello", recipient="99999") is None
    site.clock_round()
    assert site.states() == ["taken", "taken", "held"]


def test_a_turn_that_fails_after_the_way_home_has_three_tries_like_any_other(site: Site) -> None:
    with locked(site.database):
        site.say("hello")
    with ExitStack() as stack:
        flows = site.desk.service.flows
        current = flows.current

        def broken(slug: str) -> Any:
            raise LookupError(slug)

        flows.current = broken  # type: ignore[method-assign]
        stack.callback(lambda: setattr(flows, "current", current))
        for _ in range(4):
            site.clock_round()
            site.desk.clock.move(60)
    assert site.desk.rows("SELECT state, attempts FROM inbox") == [("held", 3)]
    assert site.say("hello") is not None


def test_the_spool_that_cannot_be_read_stops_no_round(site: Site) -> None:
    site.spool.folder.write_text("a file")
    with pytest.raises(SpoolError):
        spooling.replay(site.desk.service, site.spool, site.desk.doorbell)


def test_f1_what_the_spool_holds_is_answered_from_it_when_the_database_is_well_again(site: Site) -> None:
    text = site.desk.text("hello")
    with locked(site.database):
        assert site.take(text) == SAFE
    assert site.take(text) == SAFE, "the clock has not been yet"
    assert site.desk.rows("SELECT id FROM inbox") == []
    site.clock_round()
    assert site.take(text) == SAFE


def test_f1_what_was_answered_before_is_answered_so_while_the_database_cannot_be_written(site: Site) -> None:
    text = site.desk.text("hello")
    answer = site.take(text)
    with locked(site.database):
        assert site.take(text) == answer != SAFE
    assert site.spool.is_empty()


def test_f3_a_later_text_does_not_overtake_one_that_is_still_in_the_spool(site: Site) -> None:
    """
    > hello                          (the database fails)
    < Thanks, we have your text.
    > just left clapham junction     (it is well again, the clock has not been)
    < Thanks, we have your text.
    """
    with locked(site.database):
        assert site.say("hello") == SAFE
    site.desk.clock.move(2)
    assert site.say(WHERE) == SAFE
    assert site.say("hello", sender="+447700900002") != SAFE, "others are taken as ever"
    site.clock_round()
    assert site.spool.is_empty()
    site.desk.clock.move(20)
    assert site.say("1805 victoria to brighton coach 3") != SAFE
    [mine] = site.desk.documents()
    assert [entry["text"] for entry in mine["account"]][:2] == ["hello", WHERE]


def test_f3_where_the_spool_takes_no_more_a_later_text_is_taken_all_the_same(site: Site) -> None:
    with locked(site.database):
        site.say("hello")
    with mock.patch.object(Spool, "keep", side_effect=SpoolError("full")):
        assert site.say(WHERE) != SAFE


def test_f6_without_a_clock_the_web_process_brings_the_spool_home(site: Site) -> None:
    with locked(site.database):
        site.say("hello")
    site.desk.clock.move(16)
    assert site.say(WHERE) == SAFE
    until(site.spool.is_empty)
    assert set(site.states()) == {"taken"}
    site.desk.clock.move(16)
    assert site.say("1805 victoria to brighton coach 3") != SAFE


def test_f7_before_the_database_is_ready_texts_go_to_the_spool(site: Site) -> None:
    ready = [False]
    intake = Intake(site.desk.service, site.desk.doorbell, site.spool, ready=lambda: ready[0])
    first = site.desk.text("hello")
    assert intake.receive(site.desk.channel, first) == SAFE
    ready[0] = True
    assert intake.receive(site.desk.channel, first) == SAFE, "a redelivery (F1)"
    site.clock_round()
    assert intake.receive(site.desk.channel, site.desk.text(WHERE)) != SAFE


def test_danger_is_answered_with_the_emergency_advice_though_the_database_is_away(site: Site) -> None:
    with locked(site.database):
        assert "999" in (site.say("he has a knife") or "")


def test_f1_after_erasure_the_same_id_gets_nothing_while_the_database_cannot_be_written(site: Site) -> None:
    text = site.desk.text("hello")
    site.take(text)
    with mock.patch("handlers.intake.is_known", return_value=True), locked(site.database):
        assert site.take(text) is None
    assert site.spool.is_empty()


def test_another_hosts_records_are_taken_over_once(site: Site) -> None:
    with locked(site.database):
        site.say("hello")
        site.say(WHERE)
    records = list(site.spool.contents().records.values())
    other = Spool(site.spool.folder.with_name("other"))
    assert other.take_over(records[:1]) == 1
    assert other.take_over(records) == 1
    assert other.contents().records == site.spool.contents().records


def test_f7_texts_that_come_together_are_kept_together_in_order(site: Site) -> None:
    came = [(site.desk.channel, site.desk.text(body)) for body in ("hello", WHERE)]
    with locked(site.database):
        assert site.intake.receive_all(came) == [SAFE, SAFE]
        assert site.intake.receive_all(came[1:]) == [SAFE], "F1"
        assert len(site.spool.contents()) == 2
    site.clock_round()
    [report] = site.desk.documents()
    assert [entry["text"] for entry in report["account"]][:2] == ["hello", WHERE]


def test_f3_of_texts_that_come_together_one_whose_sender_waits_goes_where_the_others_are(site: Site) -> None:
    with locked(site.database):
        site.say("hello")
    other = site.desk.text(WHERE, sender="+447700900002")
    answers = site.intake.receive_all([(site.desk.channel, each) for each in (site.desk.text(WHERE), other)])
    assert answers[0] == SAFE
    assert answers[1] != SAFE
    assert len(site.spool.contents()) == 2
