"""R22, R20: what is erased is gone for good, what is past its time goes by itself, and F1 still holds afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from handlers import erasure, retention, timers
from handlers.erasure import ErasureList, NotErased
from handlers.records import erasure as records
from handlers.records.database import Database
from handlers.records.schema import metadata
from handlers.records.sealed import TABLES
from handlers.retention import Policy
from tests.canary import forms_of_words, leaks
from tests.fakes import Desk, FakeSink
from tests.handlers.sent import confirm, tell
from tests.prepared import prepare
from tests.waiting import until

DAY = 86400.0
_TABLES = ("inbox", "conversations", "reports", "revisions", "outbox", "texts", "acknowledgements", "escalations")


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


@pytest.fixture
def listed(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path / "erased.txt")


def end(desk: Desk) -> None:
    """A day passes, and the conversations end."""
    desk.clock.move(DAY + 1)
    timers.run_due(desk.service, desk.doorbell)


def rows_of(desk: Desk, report_id: str) -> int:
    count = desk.rows(f"SELECT count(*) FROM reports WHERE id = '{report_id}'")[0][0]  # noqa: S608
    for table in _TABLES:
        if table != "reports":
            count += desk.rows(f"SELECT count(*) FROM {table} WHERE report_id = '{report_id}'")[0][0]  # noqa: S608
    return int(count)


def test_r22_an_erased_report_leaves_no_row_but_an_opaque_id_and_a_wordless_line(
    desk: Desk, listed: ErasureList
) -> None:
    gone, stays = tell(desk), tell(desk, "a man keeps staring at me", "+447700900002")
    assert erasure.erase(desk.service, listed, [gone]) == 1
    assert rows_of(desk, gone) == 0
    assert rows_of(desk, stays) > 3
    assert listed.ids() == {gone}
    [(organisation, audience, codes)] = desk.rows("SELECT organisation, audience, codes FROM statistics")
    assert (organisation, audience) == ("btp", "desk")
    assert '"behaviours":["following"]' in codes
    assert "keeps" not in codes
    assert gone not in codes


def test_f1_a_text_that_was_erased_is_answered_with_nothing_for_400_days(desk: Desk, listed: ErasureList) -> None:
    text = desk.text("he keeps following me")
    assert desk.hand_over(text)
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    erasure.erase(desk.service, listed, [desk.documents()[0]["id"]])
    desk.clock.move(399 * DAY)
    retention.run(desk.service, listed, Policy())
    assert desk.hand_over(text) is None
    assert desk.rows("SELECT count(*) FROM inbox") == [(0,)]
    assert text.external_id not in str(desk.rows("SELECT * FROM taken_before")), "the carrier's id is not kept"
    desk.clock.move(2 * DAY)
    retention.run(desk.service, listed, Policy())
    assert desk.rows("SELECT count(*) FROM taken_before") == [(0,)]


def test_e7_r22_nothing_of_it_is_left_on_the_disk(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data' / 'quietline.sqlite3'}")
    prepare(database)
    desk, listed = Desk.build(database), ErasureList(tmp_path / "erased.txt")
    report_id = tell(desk)
    [(key,)] = desk.rows(f"SELECT key FROM reports WHERE id = '{report_id}'")  # noqa: S608
    [(document,)] = desk.rows("SELECT document FROM revisions WHERE revision = 1")
    sealed = [bytes(key)[10:42], bytes(document)[:32]]
    assert leaks(tmp_path / "data", sealed), "it was there"
    erasure.erase(desk.service, listed, [report_id])
    assert leaks(tmp_path / "data", [*sealed, *forms_of_words("keeps following")]) == []
    assert leaks(tmp_path / "data", [f"SM{1:032x}".encode()]) == []


def test_r22_postgresql_takes_the_dead_rows_out(desk: Desk, listed: ErasureList) -> None:
    if desk.service.database.is_sqlite:
        assert desk.service.database.scrub()
        return
    erasure.erase(desk.service, listed, [tell(desk)])
    until(lambda: desk.rows("SELECT last_vacuum FROM pg_stat_user_tables WHERE relname = 'reports'")[0][0] is not None)
    assert desk.rows("SHOW statement_timeout") == [("0",)], "the engine's own connection"
    with desk.service.database.read() as tx:
        assert tx._cursor.execute("SHOW statement_timeout").fetchone() == ("5s",)


def test_r22_it_is_erased_while_its_conversation_is_open_and_the_next_text_begins_anew(
    desk: Desk, listed: ErasureList
) -> None:
    report_id = tell(desk)
    erasure.erase(desk.service, listed, [report_id])
    desk.clock.move(10)
    assert desk.say("a man keeps staring at me")
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    assert [each["account"][0]["text"] for each in desk.documents()] == ["a man keeps staring at me"]


def test_r22_a_run_that_was_killed_after_the_list_is_completed_by_the_next(desk: Desk, listed: ErasureList) -> None:
    report_id = tell(desk)
    listed.add([report_id])
    retention.run(desk.service, listed, Policy())
    assert rows_of(desk, report_id) == 0
    assert retention.run(desk.service, listed, Policy()) == 0


def test_what_the_store_alone_knows_gets_into_the_list(desk: Desk, listed: ErasureList, tmp_path: Path) -> None:
    report_id = tell(desk)
    erasure.erase(desk.service, ErasureList(tmp_path / "another.txt"), [report_id])
    erasure.apply(desk.service, listed)
    assert listed.ids() == {report_id}


def test_a_line_of_the_list_that_a_power_cut_left_spoils_no_other(listed: ErasureList) -> None:
    listed.path.write_bytes(b"aaaa\nbb\x00\xff")
    listed.add(["cccc", "aaaa"])
    assert listed.ids() == {"aaaa", "cccc"}
    assert oct(listed.path.stat().st_mode & 0o777) in ("0o600", "0o644")


def test_r22_a_confirmed_report_goes_after_30_days_and_one_that_no_sink_has_had_never(
    desk: Desk, listed: ErasureList
) -> None:
    had = tell(desk)
    confirm(desk)
    waits = tell(desk, "a man keeps staring at me", "+447700900002")
    end(desk)
    desk.clock.move(28 * DAY)
    assert retention.run(desk.service, listed, Policy()) == 0
    desk.clock.move(DAY)
    assert retention.run(desk.service, listed, Policy()) == 1
    assert (rows_of(desk, had), rows_of(desk, waits) > 0) == (0, True)
    desk.clock.move(365 * DAY)
    assert retention.run(desk.service, listed, Policy()) == 0
    confirm(desk)
    assert retention.run(desk.service, listed, Policy()) == 0, "30 days from its confirmation on"
    desk.clock.move(30 * DAY)
    assert retention.run(desk.service, listed, Policy()) == 1


def test_r22_a_legal_hold_stops_it_until_it_ends(desk: Desk, listed: ErasureList) -> None:
    report_id = tell(desk)
    confirm(desk)
    end(desk)
    erasure.hold(desk.service, report_id, "a person")
    desk.clock.move(400 * DAY)
    assert retention.run(desk.service, listed, Policy()) == 0
    with pytest.raises(NotErased):
        erasure.erase(desk.service, listed, [report_id])
    assert [hold.report_id for hold in erasure.holds(desk.service)] == [report_id]
    erasure.release(desk.service, report_id)
    assert retention.run(desk.service, listed, Policy()) == 1
    with pytest.raises(NotErased):
        erasure.hold(desk.service, report_id, "a person")


@pytest.mark.parametrize(("what", "kept_days"), [("other", 7), ("unsent", 1), ("sealed", 30), (None, 30)])
def test_r22_what_never_went_forward_goes_by_its_class(
    desk: Desk, listed: ErasureList, what: str | None, kept_days: int
) -> None:
    """None: of a conversation that could not be read when it ended."""
    desk.say("hello")
    end(desk)
    assert desk.rows("SELECT state FROM reports") == [("other",)]
    if what != "other":
        desk.change(f"UPDATE reports SET state = {repr(what) if what else 'NULL'}")  # noqa: S608
    desk.clock.move((kept_days - 1) * DAY - 10)
    early = retention.run(desk.service, listed, Policy())
    desk.clock.move(20)
    assert (early, retention.run(desk.service, listed, Policy())) == (0, 1)
    assert desk.rows("SELECT count(*) FROM inbox") == [(0,)]
    assert desk.rows("SELECT count(*) FROM statistics") == [(0,)], "it was no report"


def test_r22_an_account_that_is_not_to_be_passed_on_yet_stays_sealed_for_30_days(
    database: Database, listed: ErasureList
) -> None:
    from tests.fakes import organisation

    desk = Desk.build(database, organisations=(organisation(flow="railway"),))
    desk.say("i dont know if this counts but a man kept staring at me yesterday")
    desk.clock.move(5)
    desk.say("2")
    desk.clock.move(5)
    end(desk)
    assert desk.rows("SELECT revision, state FROM reports") == [(0, "sealed")]
    desk.clock.move(28 * DAY)
    assert retention.run(desk.service, listed, Policy()) == 0
    desk.clock.move(DAY)
    assert retention.run(desk.service, listed, Policy()) == 1


def test_r22_a_held_text_of_no_organisation_goes_too_and_is_known_again(desk: Desk, listed: ErasureList) -> None:
    text = desk.text("words for nobody", recipient="99999")
    desk.hand_over(text)
    desk.clock.move(31 * DAY)
    assert retention.run(desk.service, listed, Policy()) == 1
    desk.hand_over(text)
    assert desk.rows("SELECT count(*) FROM inbox") == [(0,)]


def test_r22_each_class_is_a_setting(desk: Desk, listed: ErasureList) -> None:
    tell(desk)
    confirm(desk)
    end(desk)
    desk.clock.move(2 * DAY)
    assert retention.run(desk.service, listed, Policy(confirmed_days=4)) == 0
    assert retention.run(desk.service, listed, Policy(confirmed_days=2)) == 1


def test_two_clocks_at_once_erase_once(desk: Desk, listed: ErasureList) -> None:
    report_id = tell(desk)
    assert [erasure.erase(desk.service, listed, [report_id]) for _ in range(2)] == [1, 0]
    assert desk.rows("SELECT count(*) FROM statistics") == [(1,)]


class TestContact:
    """R20: the sending copy of a number goes 24 h after the last text, unless contact was agreed."""

    def _told(self, database: Database, agrees: bool) -> Desk:
        desk = Desk.build(database, sinks=[FakeSink("room")])
        desk.say("he keeps following me, you can text me" if agrees else "he keeps following me")
        return desk

    def test_without_consent_no_copy_is_left(self, database: Database) -> None:
        desk = self._told(database, agrees=False)
        end(desk)
        assert desk.rows("SELECT count(*) FROM contacts") == [(0,)]
        assert desk.rows("SELECT count(*) FROM conversations") == [(0,)]

    def test_with_consent_it_stays_sealed_and_goes_with_its_report(
        self, database: Database, listed: ErasureList
    ) -> None:
        desk = self._told(database, agrees=True)
        end(desk)
        [(report_id,)] = desk.rows("SELECT report_id FROM contacts")
        with database.read() as tx:
            kept = records.contact(tx, report_id)
        assert kept is not None
        assert b"7700900001" not in kept.address
        assert desk.service.ring.open_address(kept.address, records.contact_place(report_id)) == "+447700900001"
        erasure.erase(desk.service, listed, [report_id])
        assert desk.rows("SELECT count(*) FROM contacts") == [(0,)]


def test_r22_every_table_that_holds_anything_sealed_of_a_report_is_scrubbed() -> None:
    of_people = {"people", "passkeys"}
    sealed = {table.name for table in metadata.sorted_tables if any(_is_sealed(each) for each in table.columns)}
    assert sealed - of_people == set(TABLES)


def _is_sealed(column: sa.Column[object]) -> bool:
    return isinstance(column.type, sa.LargeBinary)
