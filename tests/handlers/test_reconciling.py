"""F20: the carrier never called us; its own list tells, over its real REST interface (the stand-in's)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from gateway.channels.twilio_archive import TwilioArchive
from gateway.reconciler import Reconciler
from gateway.standin.messages import Attachment, Message
from handlers import outbound, reconciling, retaking, spooling
from handlers.backups import back_up
from handlers.erasure import ErasureList
from handlers.ports import SendError
from handlers.records.database import Database
from handlers.spool import Spool
from tests.carrier import ACCOUNT, Carrier, Refuse
from tests.fakes import SHORT_CODE, Desk
from tests.waiting import until

HER = "+447700900001"


class Site:
    """An installation and the carrier that should call it."""

    def __init__(self, desk: Desk, carrier: Carrier) -> None:
        self.desk = desk
        self.carrier = carrier
        self.archive = TwilioArchive(ACCOUNT.sid, ACCOUNT.api_key, ACCOUNT.api_secret, base_url=carrier.url)

    def arrives(
        self, body: str, *, ago: float = 600.0, called: bool = False, sender: str = HER, **more: object
    ) -> Message:
        """A text at the carrier, which calls us or does not."""
        now = self.desk.clock.now()
        message = self.carrier.messages.receive(ACCOUNT.sid, sender, SHORT_CODE, body, created=now - ago, **more)
        if called:
            self.desk.say(body, external_id=message.sid, sender=sender)
        return message

    def reconcile(self) -> int:
        return reconciling.reconcile(self.desk.service, self.archive)

    def round(self) -> None:
        retaking.retake_due(self.desk.service, self.desk.doorbell)
        outbound.send_due(self.desk.service)

    def stored(self) -> set[str]:
        return {sid for (sid,) in self.desk.rows("SELECT external_id FROM inbox")}


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    with Carrier() as carrier:
        yield Site(Desk.build(database), carrier)


def test_f20_what_never_reached_us_is_taken_in_as_held_text(site: Site) -> None:
    site.arrives("hello", called=True)
    missed = site.arrives("just left clapham junction, he followed me", ago=300)
    assert site.reconcile() == 1
    site.round()
    assert missed.sid in site.stored()
    assert site.desk.channel.sent == [], "no answer: nobody knows who reads the phone by now"
    assert {state for (state,) in site.desk.rows("SELECT state FROM inbox")} == {"taken"}
    asked = site.desk.say("clapham junction platform 2")
    assert asked, "the question that was open is still the one that is answered"


def test_f20_danger_in_it_alerts_at_once(site: Site) -> None:
    site.arrives("he has a knife", ago=3000)
    site.reconcile()
    site.round()
    assert site.desk.rows("SELECT kind, priority FROM outbox WHERE kind = 'alert'") == [("alert", 0)]


def test_f20_again_and_again_changes_nothing(site: Site) -> None:
    site.arrives("hello", called=True)
    site.arrives("hello?", ago=300)
    assert [site.reconcile() for _ in range(3)] == [1, 0, 0]
    assert len(site.stored()) == 2


def test_f1_the_webhook_that_comes_after_all_moves_nothing(site: Site) -> None:
    missed = site.arrives("hello")
    site.reconcile()
    site.round()
    assert site.desk.say("hello", external_id=missed.sid) is None
    assert len(site.stored()) == 1


def test_a_webhook_that_is_under_way_is_not_missing(site: Site) -> None:
    site.arrives("hello", ago=60)
    assert site.reconcile() == 0
    site.desk.clock.move(120)
    assert site.reconcile() == 1


def test_what_we_sent_ourselves_is_not_taken_in(site: Site) -> None:
    site.carrier.messages.add(ACCOUNT.sid, SHORT_CODE, HER, "Where are you?", created=site.desk.clock.now() - 600)
    site.carrier.messages.add(ACCOUNT.sid, HER, SHORT_CODE, "sent", created=site.desk.clock.now() - 600)
    assert site.reconcile() == 0


def test_f20_a_long_list_comes_in_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.twilio_archive._PAGE", 7)
    for number in range(30):
        site.arrives("hello", sender=f"+4477009001{number:02d}")
    assert site.reconcile() == 30


def test_it_looks_back_to_the_last_time_and_a_day_at_first(site: Site) -> None:
    site.arrives("yesterday", ago=24 * 3600)
    site.arrives("the day before", ago=30 * 3600)
    assert site.reconcile() == 1
    site.desk.clock.move(5 * 3600)
    site.arrives("while the clock process was down", ago=4.5 * 3600)
    assert site.reconcile() == 1


def test_f19_after_a_restore_what_came_since_the_backup_is_taken_in(site: Site) -> None:
    """The restored database says when the list was compared last; all since then is looked through."""
    site.reconcile()
    site.desk.clock.move(12 * 3600)
    for number in range(5):
        site.arrives("hello", ago=3600 * (number + 1), sender=f"+44770090010{number}")
    assert site.reconcile() == 5


def test_pictures_come_along_by_address(site: Site) -> None:
    photo = Attachment("ME" + "1" * 32, "image/jpeg", b"...")
    missed = site.arrives("", media=(photo,))
    assert site.reconcile() == 1
    site.round()
    assert missed.sid in site.stored()


def test_a_carrier_that_refuses_is_an_error_and_nothing_counts_as_compared(site: Site) -> None:
    site.arrives("hello")
    site.carrier.next(Refuse(20003, 401))
    with pytest.raises(SendError):
        site.reconcile()
    assert reconciling.last_time(site.desk.service, site.archive) is None
    assert site.reconcile() == 1


class TestDeleting:
    def test_f19_only_what_a_backup_holds_is_deleted_there(self, site: Site, tmp_path: Path) -> None:
        kept = site.arrives("in the backup", ago=4000, called=True)
        back_up(site.desk.service, tmp_path, listed=ErasureList(tmp_path / "erased"))
        later = site.arrives("not in it", ago=3900, called=True)
        assert reconciling.delete_held(site.desk.service, site.archive) == 1
        assert site.carrier.messages.get(kept.sid) is None
        assert site.carrier.messages.get(later.sid) is not None

    def test_without_a_backup_nothing_is_deleted(self, site: Site) -> None:
        site.arrives("hello", ago=4000, called=True)
        assert reconciling.delete_held(site.desk.service, site.archive) == 0

    def test_what_is_too_new_or_too_early_stays(self, site: Site, tmp_path: Path) -> None:
        site.arrives("within the hour", ago=3000, called=True)
        early = site.arrives("too early for the carrier", ago=4000, called=True)
        back_up(site.desk.service, tmp_path, listed=ErasureList(tmp_path / "erased"))
        site.carrier.settle = 10**9
        assert reconciling.delete_held(site.desk.service, site.archive) == 0
        site.carrier.settle = -(10**9)
        assert reconciling.delete_held(site.desk.service, site.archive) == 1
        assert site.carrier.messages.get(early.sid) is None


class TestByTheHour:
    def test_f20_at_the_start_and_an_hour_later(self, site: Site, tmp_path: Path) -> None:
        reconciler = Reconciler(site.desk.service, site.archive, Spool(tmp_path))
        site.arrives("hello")
        reconciler.look()
        assert len(site.stored()) == 1
        site.desk.clock.move(1800)
        site.arrives("hello?", ago=200)
        reconciler.look()
        assert len(site.stored()) == 1
        site.desk.clock.move(1801)
        reconciler.look()
        assert len(site.stored()) == 2

    def test_it_is_overdue_while_the_carrier_refuses_and_tries_again(self, site: Site, tmp_path: Path) -> None:
        reconciler = Reconciler(site.desk.service, site.archive, Spool(tmp_path))
        site.carrier.next(Refuse(20003, 401))
        reconciler.look()
        site.desk.clock.move(4 * 3600)
        assert reconciler.overdue["twilio"] == 4 * 3600
        reconciler.look()
        assert reconciler.overdue["twilio"] == 0

    def test_what_is_in_the_spool_is_not_missing(self, site: Site, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        missed = site.arrives("hello")
        spooling.keep(site.desk.service, spool, site.desk.text("hello", external_id=missed.sid))
        reconciler = Reconciler(site.desk.service, site.archive, spool)
        reconciler.look()
        assert site.stored() == set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_f3_two_that_bring_the_same_texts_at_once_do_not_wait_in_a_circle(database: Database, tmp_path: Path) -> None:
    """The clock has written the first of three texts when a web process brings them too, from the other end."""
    desk, spool = Desk.build(database), Spool(tmp_path / "spool")
    records = [spooling.keep(desk.service, spool, desk.text(body)) for body in ("hello", "York", "he stared")]
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    add_due, brought = spooling.add_due, list[set[str]]()

    def from_the_other_end() -> None:
        try:
            brought.append(spooling.bring_home(desk.service, reversed(records)))
        finally:
            desk.service.database.close()

    web = threading.Thread(target=from_the_other_end)

    def with_the_other_behind(*args: Any, **values: Any) -> bool:
        added = add_due(*args, **values)
        if threading.current_thread() is not web and not web.ident:
            web.start()
            until(lambda: desk.rows(waiting), what="the other waits")
        return added

    with mock.patch.object(spooling, "add_due", with_the_other_behind):
        brought.append(spooling.bring_home(desk.service, records))
        web.join()
    assert brought == [{record.sid for record in records}] * 2
    assert desk.rows("SELECT state, count(*) FROM inbox GROUP BY state") == [("due", 3)]
