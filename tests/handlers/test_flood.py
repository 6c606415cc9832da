"""F16, F17: a flood of texts is stored to the last one, and costs neither other reporters nor the purse."""

from __future__ import annotations

import pytest

from handlers import inbound, outbound, status, stored_texts
from handlers.conditions import Surroundings, found
from handlers.flood import FirstAnswers, Tally, is_answered
from handlers.records import outbox
from handlers.records.database import Database
from tests.fakes import START, Desk, organisation

FLOODER, HER = "+447700900666", "+447700900001"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def flood(
    desk: Desk, texts: int, sender: str = FLOODER, body: str = "blah {}", seconds: float = 0.5
) -> list[str | None]:
    answers = []
    for number in range(texts):
        desk.clock.move(seconds)
        answers.append(desk.say(body.format(number), sender=sender))
    return answers


def states(desk: Desk) -> dict[str, int]:
    return dict(desk.rows("SELECT state, count(*) FROM inbox GROUP BY state"))


class TestOneNumber:
    def test_f16_all_are_stored_sixty_taken_and_twenty_answered(self, desk: Desk) -> None:
        answers = flood(desk, 100)
        assert states(desk) == {"taken": 60, "aside": 40}
        assert sum(answer is not None for answer in answers) <= 20
        assert answers[20:] == [None] * 80
        assert desk.rows("SELECT count(*) FROM inbox WHERE report_id IS NULL OR key IS NULL") == [(0,)]

    def test_f16_what_is_set_aside_can_be_read_later(self, desk: Desk) -> None:
        flood(desk, 61, body="words of a flooder {}")
        with desk.service.database.read() as tx:
            row = inbound.inbox.find(tx, "twilio", f"SM{61:032x}")
            assert row is not None
            key = stored_texts.row_key(desk.service, tx, row)
        assert b"words of a flooder 60" in key.open(row.body, inbound.inbox.place("twilio", row.external_id, "body"))

    def test_f16_the_same_words_over_and_over_count_too(self, desk: Desk) -> None:
        answers = flood(desk, 80, body="same")
        assert states(desk)["aside"] == 20
        assert sum(answer is not None for answer in answers) <= 20

    def test_f16_never_more_than_sixty_in_any_ten_minutes(self, desk: Desk) -> None:
        flood(desk, 150, seconds=7)  # 17.5 minutes
        taken = [at for (at,) in desk.rows("SELECT received_at FROM inbox WHERE state = 'taken' ORDER BY id")]
        assert all(later - first >= 599_000 for first, later in zip(taken, taken[60:], strict=False))
        assert len(taken) > 60, "ten minutes later it is heard again"

    def test_f16_danger_in_what_is_set_aside_alerts_once(self, desk: Desk) -> None:
        flood(desk, 60)
        assert desk.rows("SELECT count(*) FROM outbox WHERE kind = 'alert'") == [(0,)]
        flood(desk, 5, body="he has a knife {}")
        assert desk.rows("SELECT count(*) FROM outbox WHERE kind = 'alert'") == [(1,)]
        assert states(desk) == {"taken": 61, "aside": 4}

    def test_f16_new_danger_is_advised_even_when_twenty_were_answered(self, desk: Desk) -> None:
        assert flood(desk, 40)[-1] is None
        [advice] = flood(desk, 1, body="he has a knife {}")
        assert "999" in (advice or "")

    def test_f16_others_are_answered_meanwhile(self, desk: Desk) -> None:
        desk.say("hello", sender=HER)
        flood(desk, 70)
        assert desk.say("clapham junction", sender=HER) is not None

    def test_f16_twenty_honest_texts_are_all_answered(self, desk: Desk) -> None:
        desk.say("hello", sender=HER)
        for number in range(15):
            desk.clock.move(25)
            desk.say(f"and then he moved to seat {number}", sender=HER)
        assert states(desk) == {"taken": 16}

    def test_f16_redelivery_of_what_was_set_aside_changes_nothing(self, desk: Desk) -> None:
        flood(desk, 60)
        text = desk.text("once more", sender=FLOODER)
        assert desk.hand_over(text) is desk.hand_over(text) is None
        assert states(desk) == {"taken": 60, "aside": 1}

    def test_a_flood_is_an_alarm_that_ends_by_itself(self, desk: Desk) -> None:
        flood(desk, 61)
        read = status.read(desk.service.database, desk.clock.now())
        assert "flood:btp" in [each.id for each in found(read, desk.service.directory, Surroundings({}))]
        desk.clock.move(600)
        assert status.read(desk.service.database, desk.clock.now()).floods == ()

    def test_f16_a_conversation_without_an_end_takes_up_so_many_texts_and_begins_anew_a_day_later(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("handlers.flood.MOST_TEXTS", 30)
        flood(desk, 50, seconds=100)
        assert states(desk) == {"taken": 30, "aside": 20}
        read = status.read(desk.service.database, desk.clock.at)
        assert [each.id for each in found(read, desk.service.directory, Surroundings({}))] == [], "over by now"
        desk.clock.move(86400)
        flood(desk, 1)
        assert states(desk) == {"taken": 31, "aside": 20}

    def test_f16_long_texts_fill_a_conversation_sooner_and_danger_in_it_alerts_all_the_same(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("handlers.flood.MOST_CHARACTERS", 3000)
        flood(desk, 5, body="blah {} " + "x" * 990)
        assert states(desk) == {"taken": 4, "aside": 1}
        read = status.read(desk.service.database, desk.clock.at)
        assert [each.id for each in found(read, desk.service.directory, Surroundings({}))] == ["flood:btp"]
        desk.say("he has a knife", sender=FLOODER)
        assert desk.rows("SELECT count(*) FROM revisions WHERE kind = 'alert'") == [(1,)]

    def test_f11_after_a_clock_jump_nobody_is_set_aside_for_good(self, desk: Desk) -> None:
        flood(desk, 61)
        desk.clock.move(-86_400 * 365)
        assert desk.say("hello", sender=FLOODER) is not None
        assert states(desk)["aside"] == 1


class TestManyNumbers:
    def test_f17_other_countries_are_stored_and_forwarded_and_not_answered(self, database: Database) -> None:
        desk = Desk.build(database, organisations=[organisation(prefixes=("+44", "+353"))])
        for _ in range(2):
            assert desk.say("he groped me at clapham junction 5 minutes ago", sender="+15005550006") is None
            desk.clock.move(30)
        assert desk.say("hello", sender="+353861234567") is not None
        assert states(desk) == {"taken": 3}
        assert len(desk.documents()) >= 1
        assert outbound.send_due(desk.service) == 0

    @pytest.mark.parametrize(
        ("sender", "answered"),
        [("+447700900001", True), ("+15005550006", False), ("GB.1234", True), ("US.1234", False), ("61016", True)],
    )
    def test_f17_who_is_answered(self, sender: str, answered: bool) -> None:
        assert is_answered(organisation(), sender) is answered

    def test_f17_open_conversations_are_answered_when_new_ones_are_not_any_more(self, database: Database) -> None:
        desk = Desk.build(database)
        object.__setattr__(desk.service, "first_answers", FirstAnswers(5))
        assert desk.say("hello", sender=HER)
        crowd = [desk.say("hello", sender=f"+4477009001{number:02d}") for number in range(20)]
        assert sum(answer is not None for answer in crowd) == 4
        assert desk.say("clapham junction", sender=HER), "hers is open"
        assert desk.say("clapham junction", sender="+447700900119"), "and so is theirs by now"
        assert states(desk) == {"taken": 23}
        desk.clock.move(601)
        assert desk.say("hello", sender="+447700900200")

    def test_f17_danger_is_advised_however_many_there_are(self, database: Database) -> None:
        desk = Desk.build(database)
        object.__setattr__(desk.service, "first_answers", FirstAnswers(0))
        assert desk.say("hello", sender=HER) is None
        assert "999" in (desk.say("help he has a knife", sender="+447700900002") or "")

    def test_f11_a_clock_that_goes_back_does_not_silence(self) -> None:
        answers = FirstAnswers(1)
        assert answers.take(START)
        assert not answers.take(START)
        assert answers.take(START - 86_400)


def test_the_tally_forgets_what_is_ten_minutes_old() -> None:
    tally = Tally(tuple(range(0, 600, 10)), (5,))
    assert tally.recent(599).is_flood
    assert not tally.recent(600).is_flood
    assert tally.recent(605).answers == ()


def test_f16_of_a_long_report_the_last_revisions_stay_and_what_a_sink_has_not_had(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.dispatch.KEPT", 4)
    monkeypatch.setattr("handlers.dispatch._THINNED_EVERY", 2)
    desk = Desk.build(database)
    desk.say("he has a knife at hove", sender=HER)
    flood(desk, 19, sender=HER, body="and he said thing {} to somebody else")
    kept = [number for (number,) in desk.rows("SELECT revision FROM revisions ORDER BY revision")]
    assert kept[0] == 1, "the alert waits for its sink"
    assert 4 <= len(kept[1:]) <= 6
    assert kept[1:] == list(range(kept[1], kept[-1] + 1))
    with database.write() as tx:
        claimed = outbox.claim(tx, "room", now=2**50, lease_until=2**50, owner="me", most=9)
    assert {each.revision: each.kind for each in claimed} == {1: "alert", kept[-1]: "added"}
