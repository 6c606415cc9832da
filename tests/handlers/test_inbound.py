"""The durable turn: a text that comes once, twice, out of order, to nobody, or while something is broken."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from conversations.flow import Flow
from handlers import outbound, retaking
from handlers.ports import SendAction, SendError
from handlers.records.database import Database, StoreError
from tests.fakes import Desk, FakeSink, organisation

WHERE = "just left clapham junction"
TRAIN = "1805 victoria to brighton coach 3"
WHAT = "he moved seats twice to sit opposite"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def tell_all(desk: Desk, sender: str = "+447700900001") -> list[str | None]:
    answers = []
    for body in ("hello", WHERE, TRAIN, WHAT, "1"):
        answers.append(desk.say(body, sender=sender))
        desk.clock.move(20)
    return answers


class TestOneText:
    def test_three_questions_later_a_report_is_in_the_outbox(self, desk: Desk) -> None:
        answers = tell_all(desk)
        assert all(answers)
        assert "Where" in (answers[0] or "")
        [report] = desk.documents()
        assert report["state"] == "complete"
        assert report["said"]["place.at"][0]["text"] == WHERE
        assert [entry["text"] for entry in report["account"]] == ["hello", WHERE, TRAIN, WHAT]
        states = Counter(state for (state,) in desk.rows("SELECT state FROM outbox"))
        assert states == {"due": 1, "replaced": 2}, "a newer revision goes in place of one that nobody claimed"

    def test_the_doorbell_rings_for_each_revision_and_only_then(self, desk: Desk) -> None:
        desk.say("hello")
        assert desk.doorbell.rung == []
        desk.say(WHERE)
        assert desk.doorbell.rung == [row for (row,) in desk.rows("SELECT id FROM outbox")]

    def test_an_empty_text_is_taken(self, desk: Desk) -> None:
        assert desk.say("") is not None
        assert desk.rows("SELECT state FROM inbox") == [("taken",)]


class TestAgain:
    def test_f1_the_same_sid_gets_the_same_reply_and_moves_nothing(self, desk: Desk) -> None:
        desk.say("hello")
        text = desk.text(WHERE)
        first = desk.hand_over(text)
        before = desk.rows("SELECT revision FROM reports")
        desk.clock.move(3600)
        assert desk.hand_over(text) == first
        assert desk.rows("SELECT revision FROM reports") == before
        assert len(desk.rows("SELECT id FROM inbox")) == 2

    def test_f1_after_the_conversation_has_ended_the_reply_is_still_the_same(self, desk: Desk) -> None:
        text = desk.text("hello")
        first = desk.hand_over(text)
        desk.change("DELETE FROM conversations")
        assert desk.hand_over(text) == first

    def test_f1_after_erasure_nothing_is_said(self, desk: Desk) -> None:
        text = desk.text("hello")
        assert desk.hand_over(text) is not None
        desk.change("DELETE FROM reports")
        assert desk.hand_over(text) is None

    def test_f2_the_same_words_within_four_seconds_take_no_step(self, desk: Desk) -> None:
        desk.say("hello")
        asked = desk.say(WHERE)
        desk.clock.move(3)
        assert desk.say(WHERE) == asked
        assert [state for (state,) in desk.rows("SELECT state FROM inbox ORDER BY id")] == ["taken", "taken", "repeat"]
        assert len(desk.documents()[0]["account"]) == 2

    def test_f2_two_honest_equal_answers_five_seconds_apart_both_count(self, desk: Desk) -> None:
        desk.say("hello")
        asked = desk.say("skip")
        desk.clock.move(5)
        assert desk.say("skip") != asked
        assert {state for (state,) in desk.rows("SELECT state FROM inbox")} == {"taken"}

    def test_f2_does_not_hold_where_the_channel_never_repeats(self, desk: Desk) -> None:
        desk.channel.repeats = False
        desk.say("hello")
        asked = desk.say("skip")
        assert desk.say("skip") != asked


class TestWho:
    def test_an_unknown_destination_is_held_and_nothing_is_said(self, desk: Desk) -> None:
        assert desk.say("hello", recipient="99999") is None
        assert desk.rows("SELECT state, report_id, organisation FROM inbox") == [("held", None, None)]
        assert desk.rows("SELECT id FROM reports") == []

    def test_f15_one_phone_on_two_media_is_two_conversations(self, database: Database) -> None:
        both = organisation()
        both = type(both)(both.id, both.name, both.timezone, both.languages, both.flow,
                          ("sms:61016", "whatsapp:61016"), both.sinks)  # fmt: skip
        desk = Desk.build(database, organisations=[both])
        desk.say("hello")
        desk.say("hello", medium="whatsapp")
        assert len(desk.rows("SELECT id FROM conversations")) == 2

    def test_one_phone_at_two_organisations_is_two_reports(self, database: Database) -> None:
        desk = Desk.build(database, organisations=[organisation("btp"), organisation("tram", "sms:61017")])
        desk.say(WHERE)
        desk.say(WHERE)
        desk.say(WHERE, recipient="61017")
        assert len(desk.rows("SELECT id FROM conversations")) == 2
        assert {name for (name,) in desk.rows("SELECT organisation FROM reports")} == {"btp", "tram"}

    def test_r20_a_conversation_is_found_across_the_end_of_a_month(self, desk: Desk) -> None:
        desk.clock.at = 1_798_761_590.0  # 23:59:50 on 31 December 2026, UTC
        desk.say("hello")
        [(before,)] = desk.rows("SELECT address_index FROM conversations")
        desk.clock.move(20)
        desk.say(WHERE)
        [(after,)] = desk.rows("SELECT address_index FROM conversations")
        assert before != after, "the index moves to the new month's key"
        desk.clock.move(20)
        assert "happened" in (desk.say(TRAIN) or "")

    def test_r3_after_a_day_a_text_begins_a_new_report(self, desk: Desk) -> None:
        tell_all(desk)
        desk.clock.move(24 * 3600)
        desk.say("hello again")
        desk.say(WHERE)
        assert len(desk.documents()) == 2
        assert len(desk.rows("SELECT id FROM conversations")) == 1


class TestAtOnce:
    def test_f3_texts_of_many_phones_at_once_are_each_taken_in_turn(self, desk: Desk) -> None:
        """Eight carriers hand over six texts of each of ten phones; each phone's conversation saw all six."""
        texts = [
            desk.text(body, sender=f"+4477009000{phone:02d}")
            for phone in range(10)
            for body in ("hello", WHERE, TRAIN, WHAT, "1", "one more thing")
        ]
        hands = [texts[start::8] for start in range(8)]
        broken: list[BaseException] = []

        def carry(own: list) -> None:  # type: ignore[type-arg]
            try:
                for text in own:
                    desk.hand_over(text)
            except BaseException as error:  # noqa: BLE001 - shown below
                broken.append(error)
            finally:
                desk.service.database.close()

        carriers = [threading.Thread(target=carry, args=(own,)) for own in hands]
        for carrier in carriers:
            carrier.start()
        for carrier in carriers:
            carrier.join()
        assert broken == []
        assert desk.rows("SELECT state, count(*) FROM inbox GROUP BY state") == [("taken", 60)]
        assert len(desk.rows("SELECT id FROM conversations")) == 10
        for report in desk.documents():
            said = {entry["text"] for entry in report["account"]}
            assert said >= {WHERE, TRAIN, WHAT}


class BrokenSink(FakeSink):
    """Makes the turn itself raise, in the middle of its writes."""

    broken = True

    def wants(self, kind: str) -> bool:
        if self.broken:
            raise RuntimeError("secret words of a reporter")
        return True


class TestTurnThatFails:
    @pytest.fixture
    def sink(self) -> BrokenSink:
        return BrokenSink()

    @pytest.fixture
    def desk(self, database: Database, sink: BrokenSink) -> Desk:
        return Desk.build(database, sinks=[sink])

    def test_f12_the_text_is_kept_and_the_reporter_is_told_so(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk.say("hello")
        answer = desk.say(WHERE)
        assert answer == "Thanks, we have your text. We will answer shortly."
        assert desk.rows("SELECT state, attempts FROM inbox ORDER BY id")[1] == ("due", 1)
        assert desk.rows("SELECT revision FROM reports") == [(0,)], "nothing of the failed turn stays"
        assert "secret" not in caplog.text
        assert "clapham" not in caplog.text

    def test_the_same_sid_gets_the_same_neutral_sentence(self, desk: Desk) -> None:
        desk.say("hello")
        text = desk.text(WHERE)
        assert desk.hand_over(text) == desk.hand_over(text)
        assert len(desk.rows("SELECT id FROM inbox")) == 2

    def test_the_clock_takes_it_again_and_the_answer_goes_by_itself(self, desk: Desk, sink: BrokenSink) -> None:
        desk.say("hello")
        desk.say(WHERE)
        sink.broken = False
        desk.clock.move(4)
        assert retaking.retake_due(desk.service, desk.doorbell) == 0
        desk.clock.move(1)
        assert retaking.retake_due(desk.service, desk.doorbell) == 1
        assert desk.documents()[0]["said"]["place.at"][0]["text"] == WHERE
        assert outbound.send_due(desk.service) == 1
        [late] = desk.channel.sent
        assert "train" in late.body
        assert (late.recipient, late.sender) == ("+447700900001", "61016")

    def test_a_first_text_that_failed_is_taken_again_too(self, database: Database) -> None:
        class Flows:
            def __init__(self) -> None:
                from handlers.flow_store import StoredFlows

                self.real = StoredFlows()
                self.asked = 0

            def current(self, slug: str) -> Flow:
                self.asked += 1
                if self.asked <= 2:  # worked out beforehand, and once more in the transaction
                    raise LookupError(slug)
                return self.real.current(slug)

            def pinned(self, slug: str, version: int, digest: str) -> Flow | None:
                return self.real.pinned(slug, version, digest)

        desk = Desk.build(database, flows=Flows())
        assert "shortly" in (desk.say("hello") or "")
        assert desk.rows("SELECT count(*) FROM conversations") == [(0,)]
        desk.clock.move(5)
        retaking.retake_due(desk.service, desk.doorbell)
        outbound.send_due(desk.service)
        assert "Where" in desk.channel.sent[0].body

    def test_f12_after_three_tries_it_waits_for_a_person_and_the_next_text_works(
        self, desk: Desk, sink: BrokenSink
    ) -> None:
        desk.say("hello")
        desk.say(WHERE)
        for _ in range(4):
            desk.clock.move(60)
            retaking.retake_due(desk.service, desk.doorbell)
        assert desk.rows("SELECT state, attempts FROM inbox ORDER BY id")[1] == ("held", 3)
        sink.broken = False
        assert "train" in (desk.say("at hove") or "")

    def test_r4_the_late_answer_lapses_when_a_newer_text_came(self, desk: Desk, sink: BrokenSink) -> None:
        desk.say("hello")
        desk.say(WHERE)
        sink.broken = False
        desk.clock.move(5)
        retaking.retake_due(desk.service, desk.doorbell)
        desk.clock.move(1)
        desk.say(TRAIN)
        outbound.send_due(desk.service)
        assert desk.channel.sent == []
        assert desk.rows("SELECT state FROM texts") == [("lapsed",)]

    def test_r4_after_ten_minutes_it_is_kept_without_a_step_or_an_answer(self, desk: Desk, sink: BrokenSink) -> None:
        desk.say("hello")
        desk.say(WHERE)
        sink.broken = False
        desk.clock.move(601)
        retaking.retake_due(desk.service, desk.doorbell)
        outbound.send_due(desk.service)
        assert desk.channel.sent == []
        assert desk.rows("SELECT state FROM inbox WHERE state <> 'taken'") == []


class TestCarrierKeywords:
    def test_stop_that_the_carrier_answered_ends_the_conversation_without_a_word(self, desk: Desk) -> None:
        desk.say(WHERE)
        desk.say(WHERE + " platform 2")
        assert desk.say("STOP", carrier_answers="STOP") is None
        assert desk.documents()[0]["kind"] == "stopped"
        assert outbound.send_due(desk.service) == 0

    def test_rule_8_help_that_the_carrier_answered_alerts_and_is_answered_by_itself(self, desk: Desk) -> None:
        assert desk.say("HELP", carrier_answers="HELP") is None
        assert desk.rows("SELECT kind, priority FROM outbox") == [("alert", 0)]
        outbound.send_due(desk.service)
        assert "999" in desk.channel.sent[0].body


class TestStoreInTrouble:
    def test_e10_a_full_disk_stores_nothing_and_says_so(self, desk: Desk) -> None:
        if not desk.service.database.is_sqlite:
            pytest.skip("SQLite's injector")
        database = desk.service.database
        with database.write() as tx:
            tx._cursor.execute("PRAGMA max_page_count=1")
        database.close()
        desk.say("hello")
        with database.write() as tx:
            pages = tx._cursor.execute("PRAGMA page_count").fetchone()[0]
            tx._cursor.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoreError):
            [desk.say("x" * 1000) for _ in range(200)]
        database.close()
        count = len(desk.rows("SELECT id FROM inbox"))
        desk.say("works again")
        assert len(desk.rows("SELECT id FROM inbox")) == count + 1
        assert desk.rows("PRAGMA integrity_check") == [("ok",)]

    def test_f12_a_state_that_cannot_be_read_is_closed_and_a_new_conversation_begins(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk.say("hello")
        desk.change("UPDATE conversations SET flow_version = 99")
        assert "Where" in (desk.say("hello?") or "")
        assert "unknown" in caplog.text
        assert len(desk.rows("SELECT id FROM conversations")) == 1


class TestSendingLate:
    @pytest.fixture
    def waiting(self, desk: Desk) -> Desk:
        desk.say("HELP", carrier_answers="HELP")
        return desk

    def test_a_text_whose_sending_got_no_answer_is_looked_up_before_another_try(self, waiting: Desk) -> None:
        waiting.channel.refusals = [SendError(SendAction.UNKNOWN, "timeout")]
        outbound.send_due(waiting.service)
        assert waiting.rows("SELECT state FROM texts") == [("unknown",)]
        [(token,)] = waiting.rows("SELECT token FROM texts")
        waiting.channel.known[token] = "SM" + "f" * 32
        waiting.clock.move(60)
        outbound.send_due(waiting.service)
        assert waiting.channel.looked_up == 1
        assert waiting.channel.sent == [], "it had gone the first time"
        assert waiting.rows("SELECT state, external_id FROM texts") == [("sent", "SM" + "f" * 32)]

    @pytest.mark.parametrize(
        ("action", "state"),
        [
            (SendAction.RETRY, "due"),
            (SendAction.STOP_SENDING, "due"),
            (SendAction.OPTED_OUT, "failed"),
            (SendAction.STOP_ADDRESS, "failed"),
            (SendAction.DROP, "failed"),
            (SendAction.RETRY_ONCE, "failed"),
        ],
    )
    def test_a_refusal_is_retried_or_not_as_the_carrier_contract_says(
        self, waiting: Desk, action: SendAction, state: str
    ) -> None:
        waiting.channel.refusals = [SendError(action, "code")]
        outbound.send_due(waiting.service)
        assert waiting.rows("SELECT state FROM texts") == [(state,)]

    def test_r5_after_stop_nothing_more_goes_out(self, waiting: Desk) -> None:
        waiting.clock.move(1)
        waiting.say("STOP")
        outbound.send_due(waiting.service)
        assert waiting.channel.sent == []
