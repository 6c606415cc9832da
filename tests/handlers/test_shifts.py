"""A shift without its pages: sessions that end, hand-over, presence of several processes, samples, erasure (R22)."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from handlers import (
    answer_clock,
    boards,
    colleagues,
    erasure,
    handling,
    promises,
    shifts,
    sign_in,
    unanswered,
)
from handlers.boards import percentile
from handlers.erasure import ErasureList
from handlers.handling import NotDone
from handlers.people import PersonError
from handlers.presence import Presence
from handlers.records.database import Database
from handlers.sign_in import SignedIn
from tests.fakes import Desk
from tests.handlers.desk_people import hire, signed_in
from tests.handlers.shift_desks import ABOUT_STAFF, NOW, built, person, reports


@pytest.fixture
def desk(lite: Database) -> Desk:
    return built(lite)


@pytest.fixture
def everywhere(database: Database) -> Desk:
    """The same on both kinds of database."""
    return built(database)


class TestSessions:
    def test_when_a_session_is_over_its_reports_go_back_and_the_clock_begins(self, everywhere: Desk) -> None:
        desk = everywhere
        rhian = person(desk, "rhian")
        desk.say(NOW)
        (report,) = reports(desk)
        handling.claim(desk.service, rhian, "btp", report)
        desk.clock.move(14 * 60)
        sign_in.forget_old(desk.service)
        assert shifts.release_gone(desk.service) == 0
        desk.clock.move(61)
        sign_in.forget_old(desk.service)
        assert shifts.release_gone(desk.service) == 1
        assert shifts.release_gone(desk.service) == 0
        assert desk.rows("SELECT holder, clock_due_at - clock_at FROM desk_items") == [(None, 60_000)]
        assert ("release", "session_over") in desk.rows("SELECT what, why FROM audit")

    def test_signing_off_in_one_of_two_browsers_keeps_the_reports(self, desk: Desk) -> None:
        rhian = person(desk, "rhian")
        signed_in(desk, "rhian")
        desk.say(NOW)
        handling.claim(desk.service, rhian, "btp", reports(desk)[0])
        shifts.sign_off(desk.service, rhian)
        assert desk.rows("SELECT holder IS NULL FROM desk_items") == [(0,)]


class TestHandOver:
    def test_of_two_who_accept_at_once_one_has_all_of_it(self, everywhere: Desk) -> None:
        desk = everywhere
        rhian, tom, ann = (person(desk, name) for name in ("rhian", "tom", "ann"))
        for number in range(3):
            desk.say(NOW, sender=f"+44770090000{number}")
        for report in reports(desk):
            handling.claim(desk.service, rhian, "btp", report)
        token = shifts.hand_over(desk.service, rhian, "btp", "desk", "", "")
        start, got = threading.Barrier(2), []

        def accepts(who: SignedIn) -> None:
            start.wait(10)
            try:
                got.append((who.person_id, shifts.accept(desk.service, who, "btp", "desk", token)))
            except NotDone:
                got.append((who.person_id, 0))
            finally:
                desk.service.database.close()

        threads = [threading.Thread(target=accepts, args=(who,)) for who in (tom, ann)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(count for _, count in got) == [0, 3]
        (winner,) = [who for who, count in got if count]
        assert desk.rows("SELECT DISTINCT holder FROM desk_items") == [(winner,)]

    def test_what_somebody_else_has_claimed_stays_theirs_and_what_was_taken_back_is_gone(self, desk: Desk) -> None:
        rhian, tom, ann = (person(desk, name) for name in ("rhian", "tom", "ann"))
        desk.say(NOW, sender="+447700900001")
        desk.say(NOW, sender="+447700900002")
        first, second = reports(desk)
        for report in (first, second):
            handling.claim(desk.service, rhian, "btp", report)
        old = shifts.hand_over(desk.service, rhian, "btp", "desk", tom.person_id, "first try")
        token = shifts.hand_over(desk.service, rhian, "btp", "desk", tom.person_id, "second try")
        with pytest.raises(NotDone):
            shifts.accept(desk.service, tom, "btp", "desk", old)
        handling.release(desk.service, rhian, "btp", first)
        handling.claim(desk.service, ann, "btp", first)
        with pytest.raises(NotDone):
            shifts.accept(desk.service, rhian, "btp", "desk", token)
        assert shifts.accept(desk.service, tom, "btp", "desk", token) == 1
        assert dict(desk.rows("SELECT report_id, holder FROM desk_items")) == {
            first: ann.person_id,
            second: tom.person_id,
        }

    def test_r7_r8_a_hand_over_is_its_organisations_and_its_audiences(self, desk: Desk) -> None:
        rhian, tom = person(desk, "rhian"), person(desk, "tom")
        eve = person(desk, "eve", "confidential")
        token = shifts.hand_over(desk.service, rhian, "btp", "desk", "", "keys are in the drawer")
        for where in (("btp", "confidential"), ("other", "desk")):
            with pytest.raises(NotDone):
                shifts.accept(desk.service, eve, *where, token)
        with pytest.raises(NotDone):
            shifts.hand_over(desk.service, rhian, "btp", "desk", eve.person_id, "to the wrong one")
        (offer,) = shifts.shift(desk.service, tom, "btp", "desk").offers
        assert offer.note == "keys are in the drawer"


class TestPresence:
    def test_two_processes_know_of_each_other_through_the_store(self, everywhere: Desk) -> None:
        desk = everywhere
        rhian, tom = person(desk, "rhian"), person(desk, "tom")
        here, there = Presence(desk.service), Presence(desk.service)
        at = ("btp", "desk")
        seat = here.sit(rhian.person_id, "Rhian", at)
        there.sit(tom.person_id, "Tom", at)
        here.write(rhian.person_id, "Rhian", at, "r1")
        assert here.sync() == {at: {"", "r1"}}
        assert there.sync() == {at: {"", "r1"}}
        assert [(one.shown, one.doing) for one in there.at_report(at, "r1", tom.person_id)] == [("Rhian", "writing")]
        assert there.people(at) == ["Rhian", "Tom"]
        assert there.sync() == {}
        here.rise(seat)
        desk.clock.move(31)
        here.sync()
        assert there.sync() == {at: {"", "r1"}}
        assert there.people(at) == ["Tom"]

    def test_what_a_killed_process_wrote_fades(self, desk: Desk) -> None:
        rhian = person(desk, "rhian")
        killed, other = Presence(desk.service), Presence(desk.service)
        killed.sit(rhian.person_id, "Rhian", ("btp", "desk"))
        killed.sync()
        other.sync()
        assert other.people(("btp", "desk")) == ["Rhian"]
        desk.clock.move(46)
        other.sync()
        assert other.people(("btp", "desk")) == []

    def test_nothing_is_written_while_nothing_changes(self, desk: Desk) -> None:
        rhian = person(desk, "rhian")
        presence = Presence(desk.service)
        presence.sit(rhian.person_id, "Rhian", ("btp", "desk"))
        presence.sync()
        desk.change("DELETE FROM desk_presence")
        for _ in range(19):
            desk.clock.move(1)
            presence.sync()
        assert desk.rows("SELECT * FROM desk_presence") == []
        desk.clock.move(1)
        presence.sync()
        assert len(desk.rows("SELECT * FROM desk_presence")) == 1


def test_r22_erasure_takes_all_that_a_shift_knows_of_a_report(desk: Desk, tmp_path: Path) -> None:
    rhian, sue = person(desk, "rhian"), person(desk, "sue", "supervisor")
    desk.say(NOW)
    (report,) = reports(desk)
    desk.clock.move(61)
    unanswered.run_due(desk.service, desk.doorbell)
    handling.claim(desk.service, rhian, "btp", report)
    promises.promise(desk.service, rhian, "btp", report, "ring back", 5, key="p")
    shifts.hand_over(desk.service, rhian, "btp", "desk", "", "")
    presence = Presence(desk.service)
    presence.read(rhian.person_id, "Rhian", ("btp", "desk"), report)
    presence.sync()
    handling.close(desk.service, rhian, "btp", report, "attended")
    desk.clock.move(86400)
    boards.draw(desk.service, "btp", "desk")
    tables = ("answers", "breaches", "promises", "handed", "samples", "presence")
    for table in tables:
        assert desk.rows(f"SELECT 1 FROM desk_{table} WHERE report_id = '{report}'"), table  # noqa: S608
    assert sue.name == "sue"
    erasure.erase(desk.service, ErasureList(tmp_path / "erased"), [report])
    for table in tables:
        assert not desk.rows(f"SELECT 1 FROM desk_{table} WHERE report_id = '{report}'"), table  # noqa: S608


def test_the_samples_of_a_day_are_five_of_all_and_the_same_for_whoever_draws(desk: Desk) -> None:
    rhian = person(desk, "rhian")
    for number in range(12):
        desk.say(NOW, sender=f"+4477009000{number:02d}")
    for report in reports(desk):
        handling.claim(desk.service, rhian, "btp", report)
        handling.close(desk.service, rhian, "btp", report, "recorded")
    desk.clock.move(86400)
    boards.draw(desk.service, "btp", "desk")
    drawn = desk.rows("SELECT report_id FROM desk_samples")
    desk.change("DELETE FROM desk_samples")
    for _ in range(2):
        boards.draw(desk.service, "btp", "desk")
    assert len(drawn) == boards.SAMPLES_A_DAY
    assert sorted(desk.rows("SELECT report_id FROM desk_samples")) == sorted(drawn)


def test_percentiles_are_of_the_nearest_rank() -> None:

    assert percentile([], 50) is None
    assert percentile([5000], 90) == 5
    assert [percentile([n * 1000 for n in range(1, 11)], share) for share in (50, 90)] == [5, 9]


def test_no_more_than_the_cap_by_transfer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rhian, tom = person(desk, "rhian"), person(desk, "tom")
    monkeypatch.setattr(handling, "MOST_HELD", 1)
    desk.say(NOW, sender="+447700900001")
    desk.say(NOW, sender="+447700900002")
    first, second = reports(desk)
    handling.claim(desk.service, rhian, "btp", first)
    handling.claim(desk.service, tom, "btp", second)
    with pytest.raises(NotDone) as refused:
        handling.transfer(desk.service, rhian, "btp", first, tom.person_id)
    assert refused.value.why == "full"
    assert answer_clock.WORDS == 120_000


def test_r8_who_is_of_both_teams_shows_each_only_that_teams_reports(desk: Desk) -> None:
    rhian, both = person(desk, "rhian"), person(desk, "both", "dispatcher", "confidential")
    desk.say(ABOUT_STAFF)
    ((hidden,),) = desk.rows("SELECT report_id FROM desk_items WHERE audience = 'confidential'")
    handling.claim(desk.service, both, "btp", hidden)
    with desk.service.database.read() as tx:
        listed = {
            audience: [one.load for one in colleagues.at_desk(tx, "btp", audience, rhian.person_id)]
            for audience in ("desk", "confidential")
        }
    assert listed == {"desk": [0], "confidential": [1]}


def test_who_speaks_what_is_noted_and_taken_back(desk: Desk) -> None:
    hire(desk, "sioned", "dispatcher")
    for _ in range(2):
        colleagues.change_language(desk.service, "sioned", "cy")
    assert list(colleagues.spoken_by(desk.service).values()) == [("cy",)]
    colleagues.change_language(desk.service, "sioned", "cy", spoken=False)
    assert colleagues.spoken_by(desk.service) == {}
    for name, language, spoken in (("sioned", "cy", False), ("nobody", "cy", True), ("sioned", "tlh", True)):
        with pytest.raises(PersonError):
            colleagues.change_language(desk.service, name, language, spoken=spoken)
