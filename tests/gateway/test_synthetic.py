"""The synthetic reporter: by the real way from the signed webhook to a sink, and out of every count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest
import urllib3

from gateway.app import Parts, create_app
from gateway.channels.simulator import sign
from gateway.channels.synthetic import SyntheticChannel, secrets_of
from gateway.synthetic import INBOUND, SyntheticReporter
from gateway.web.webhook import one_by_one
from handlers import inbound, status, synthetic, timers
from handlers.conditions import Surroundings, found
from handlers.forwarding import Forwarder
from handlers.ports import Sink
from handlers.records.database import Database
from handlers.report_list import list_reports
from handlers.service import Directory, Service
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.served import served, unused_address
from tests.waiting import until

PERIOD = 300.0
TABLES = ("inbox", "conversations", "reports", "revisions", "outbox", "texts")


@dataclass
class Station:
    """An installation with its web edge behind a real socket, a forwarder that is rung, and the synthetic reporter."""

    desk: Desk
    service: Service
    forwarder: Forwarder
    reporter: SyntheticReporter
    address: str

    def round(self) -> dict[str, str | None]:
        """One round, with what the clock does for it: the silence after two minutes, and a bell."""
        answered = self.reporter.round()
        self.desk.clock.move(130)
        timers.run_due(self.service, self.desk.doorbell)
        self.forwarder.ring()
        return answered

    @property
    def absent(self) -> dict[str, float]:
        """Seconds since it last came through, by organisation."""
        return status.read(self.service.database, self.desk.clock.now()).synthetic

    def alarms(self) -> list[str]:
        now = status.read(self.service.database, self.desk.clock.now())
        return [each.words for each in found(now, self.service.directory, Surroundings({}, period=PERIOD))]

    def counts(self) -> dict[str, int]:
        """How many rows each table holds."""
        return {table: self.desk.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608

    def post(self, path: str, secret: str) -> int:
        body = json.dumps({"id": "1", "from": "+447700900001", "to": "synthetic:north", "text": "hi"}).encode()
        headers = sign(secret, path, body, self.desk.clock.now())
        return urllib3.request("POST", self.address + path, body=body, headers=headers).status


@pytest.fixture
def station(lite: Database) -> Iterator[Station]:
    forces = [organisation("north", "sms:61016", ("room", "asks")), organisation("south", "sms:62022", ("room",))]
    desk = Desk.build(lite, sinks=[FakeSink("room"), FakeSink("asks")], organisations=forces)
    channel = SyntheticChannel(secrets_of(desk.service.ring), desk.clock.now)
    sinks: dict[str, Sink] = {**desk.service.sinks, "synthetic": synthetic.SyntheticSink(lite, desk.clock)}
    service = replace(
        desk.service,
        directory=Directory([*forces, *synthetic.twins(forces, ["asks"])]),
        sinks=sinks,
        channels={**desk.service.channels, channel.name: channel},
    )
    app = create_app(Parts([channel], one_by_one(partial(inbound.receive, service, desk.doorbell)), lambda note: None))
    forwarder = Forwarder(service, sweeps=False)
    forwarder.start()
    with served(app) as address:
        reporter = SyntheticReporter(service, address, PERIOD)
        synthetic.begin(lite, synthetic.of(service.directory), desk.clock.now())
        yield Station(desk, service, forwarder, reporter, address)
    forwarder.stop(5)


def test_it_goes_the_whole_way_for_each_organisation(station: Station) -> None:
    station.desk.clock.move(1000)

    assert station.round() == {"synthetic.north": None, "synthetic.south": None}

    until(lambda: max(station.absent.values()) <= 130)
    assert set(station.absent) == {"north", "south"}


def test_it_counts_nowhere_and_only_the_sink_that_asked_gets_it_as_a_test(station: Station) -> None:
    station.round()
    until(lambda: station.desk.sinks["asks"].got)

    [delivery] = station.desk.sinks["asks"].got[:1]
    assert json.loads(delivery.document)["status"] == "test"
    assert delivery.organisation == "synthetic.north"
    assert station.desk.sinks["room"].got == []
    assert list_reports(station.service.database) == []
    assert status.read(station.service.database, station.desk.clock.now()).sinks == ()


def test_its_absence_alarms_each_organisation_by_name(station: Station) -> None:
    station.reporter._url = unused_address()
    station.desk.clock.move(800)
    assert set(station.round().values()) == {"NewConnectionError"}
    assert station.alarms() == [
        "The synthetic reporter has not come through to north for 16 min.",
        "The synthetic reporter has not come through to south for 16 min.",
    ]


def test_a_forwarder_that_is_gone_alarms_though_the_webhook_answers(station: Station) -> None:
    station.forwarder.stop(5)
    for _ in range(4):
        station.desk.clock.move(PERIOD)
        assert set(station.round().values()) == {None}

    assert len(station.alarms()) == 2


def test_an_installation_that_has_just_begun_is_given_its_time(station: Station) -> None:
    assert station.alarms() == []


def test_a_store_that_is_away_keeps_the_report_for_later(station: Station) -> None:
    station.desk.clock.move(1000)
    station.desk.change("ALTER TABLE heartbeats RENAME TO gone")
    station.round()
    until(lambda: station.desk.rows("SELECT count(*) FROM outbox WHERE cause = 'the store is away'") != [(0,)])
    station.desk.change("ALTER TABLE gone RENAME TO heartbeats")
    station.service.database.close()
    station.desk.clock.move(60)
    station.forwarder.ring()

    until(lambda: max(station.absent.values()) < 1000)


def test_what_it_made_is_deleted_and_nothing_else(station: Station) -> None:
    station.desk.say("man staring at me, clapham junction", sender="+447700900001")
    station.desk.clock.move(130)
    timers.run_due(station.service, station.desk.doorbell)
    kept = station.counts()
    station.round()
    until(lambda: station.desk.sinks["asks"].got)
    assert station.counts()["reports"] > kept["reports"]

    station.desk.clock.move(synthetic.KEEP_SECONDS)
    until(lambda: station.desk.rows("SELECT count(*) FROM outbox WHERE state = 'leased'") == [(0,)])
    assert synthetic.tidy(station.service.database, station.desk.clock.now()) == 2

    assert station.counts() == kept


def test_r15_only_this_installation_signs_as_the_synthetic_reporter(station: Station) -> None:
    assert station.post(INBOUND, "a guess") == 403
    assert station.post("/synthetic/status", "a guess") == 403
    assert station.post(INBOUND, secrets_of(station.service.ring)[0]) == 200


def test_an_organisation_that_is_gone_no_longer_alarms(station: Station) -> None:
    synthetic.begin(station.service.database, synthetic.twins([organisation("north")], ()), station.desk.clock.now())

    assert set(station.absent) == {"north"}
