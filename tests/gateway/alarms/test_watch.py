"""The watch: people hear of a fault by another way, without a word of a report; where they do not, somebody notices."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.alarms.heartbeat import Heartbeat
from gateway.alarms.routes import Routes
from gateway.alarms.watch import HEARTBEAT_ROUTE, Watch
from gateway.checks import checks
from gateway.config import Config
from gateway.web.health import CheckFailedError
from handlers import status
from handlers.conditions import Surroundings
from handlers.records import alarms, desk_items, outbox
from handlers.records.database import Database
from handlers.spool import Spool
from tests.fakes import Desk, FakeSink
from tests.gateway.served import served, unused_address
from tests.handlers.waits import report_in, report_waits

# Apprise's mail module asks for a module that newer Pythons have no more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Pager:
    """An HTTP service that people are told by; `says` is its answer."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.calls: list[str] = []
        self.says = "200 OK"

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.calls.append(environ["PATH_INFO"])
        if body and self.says == "200 OK":
            self.heard.append(json.loads(body)["message"])
        start_response(self.says, [("Content-Length", "0"), ("Location", "/elsewhere")])
        return [b""]


class Station:
    """An installation under watch, its two teams' pagers and its dead man's check."""

    def __init__(self, desk: Desk, enter: Callable[[Any], str]) -> None:
        self.desk = desk
        self.pager, self.theirs, self.check = Pager(), Pager(), Pager()
        self.surroundings = Surroundings({})
        addresses = [f"json://somebody:canary-5Nq8@{enter(served(each))[7:]}/" for each in (self.pager, self.theirs)]
        self.routes = {
            "desk": Routes(addresses[:1], "desk"),
            "confidential": Routes(addresses[1:], "confidential"),
        }
        self.heartbeat = Heartbeat(enter(served(self.check)) + "/ping/canary-5Nq8")
        self.watch = Watch(desk.service, self.routes, self.heartbeat, lambda: self.surroundings)

    def after(self, seconds: float) -> None:
        self.desk.clock.move(seconds)
        self.watch.look()

    def health(self) -> str | None:
        by_name = {check.name: check for check in checks(self.desk.service, Config.read({}), Spool(Path()))}
        return by_name["alarms"].probe()


@pytest.fixture
def station(lite: Database) -> Iterator[Station]:
    with ExitStack() as stack:
        yield Station(Desk.build(lite, sinks=[FakeSink("room"), FakeSink("apart")]), stack.enter_context)


def test_f8_danger_that_does_not_arrive_is_told_after_two_minutes_the_rest_after_fifteen(station: Station) -> None:
    report_waits(station.desk)
    report_waits(station.desk, danger=True)
    station.after(110)
    assert station.pager.heard == []

    station.after(10)
    assert station.pager.heard[0] == "1 report of danger not at room for 2 min."

    station.after(780)
    assert "2 reports not at room for 15 min." in station.pager.heard


def test_r18_no_alarm_and_no_log_line_holds_a_word_a_number_or_an_address(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    station.desk.say("canary words", sender="+447700900777", recipient="99999")
    report_waits(station.desk, danger=True)
    station.after(3600)
    station.pager.says = "500 Server Error"
    station.after(3600)

    assert len(station.pager.heard) >= 3
    kept = str(station.desk.rows("SELECT * FROM alarms")) + str(station.desk.rows("SELECT * FROM alarm_routes"))
    told = " ".join([*station.pager.heard, caplog.text, repr(station.routes["desk"]), kept])
    secret = base64.b64encode(b"somebody:canary-5Nq8").decode()
    assert not any(each in told for each in ("canary", "900777", "99999", "7KQ4", "127.0.0.1", secret))


def test_the_all_clear_follows(station: Station) -> None:
    row = report_waits(station.desk, danger=True)
    station.after(130)
    with station.desk.service.database.write() as tx:
        outbox.delivered(tx, row, 0)
    station.after(70)

    assert station.pager.heard[-1].startswith("All clear: ")


def test_r8_what_is_confidential_goes_to_that_team_by_its_own_way_alone(station: Station) -> None:
    report_in(station.desk, "nowhere", audience="confidential")
    report_waits(station.desk, "apart", audience="confidential", danger=True)
    station.after(180)

    assert station.pager.heard == []
    assert len(station.theirs.heard) == 3
    assert any("btp has no confidential sink" in words for words in station.theirs.heard)
    assert station.health() is None
    assert status.read(station.desk.service.database, station.desk.clock.now()).alarms == ()


def test_an_alarm_that_does_not_get_out_is_said_by_health_and_silences_the_dead_mans_check(station: Station) -> None:
    station.after(60)
    assert station.check.calls == ["/ping/canary-5Nq8"]

    station.pager.says = "403 Forbidden"
    report_waits(station.desk, danger=True)
    for _ in range(4):
        station.after(60)
    with pytest.raises(CheckFailedError, match=r"^1 json fails for 2 min \(refused\)$"):
        station.health()
    assert len(station.check.calls) == 2, "it called before there was anything to tell, and no more"

    station.pager.says = "200 OK"
    station.after(60)
    station.after(60)
    assert station.health() is not None, "what it tells is still so"
    assert len(station.check.calls) >= 3


def test_a_redirect_is_not_followed_and_counts_as_not_told(station: Station) -> None:
    station.pager.says = "302 Found"
    report_waits(station.desk, danger=True)
    station.after(130)

    assert set(station.pager.calls) == {"/"}
    assert station.pager.heard == []


def test_a_dead_mans_check_that_does_not_answer_is_an_alarm_itself(station: Station) -> None:
    station.check.says = "500 Server Error"
    station.after(60)
    station.after(60)

    assert f"Alarms do not get out by: {HEARTBEAT_ROUTE} (http 500)." in station.pager.heard
    assert Heartbeat(unused_address()).beat() is not None


def test_f7_a_database_that_is_away_is_told_from_memory_and_cleared(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "quietline.sqlite3"
    station.desk.service.database.close()
    path.rename(tmp_path / "away")
    path.mkdir()

    station.after(0)
    station.after(50)
    assert station.pager.heard == []
    station.after(10)
    station.after(60)
    station.after(240)
    assert station.pager.heard == [
        "The database has not answered for 60 s.",
        "The database has not answered for 6 min.",
    ]

    path.rmdir()
    (tmp_path / "away").rename(path)
    station.after(10)
    assert station.pager.heard[-1] == "All clear: the database answers again."


def test_a_carrier_that_refuses_our_key_a_spool_and_an_absent_synthetic_reporter_alarm(station: Station) -> None:
    station.surroundings = Surroundings({"twilio": "20003"}, spooled=2)
    station.after(10)

    assert sorted(station.pager.heard) == [
        "2 texts in the spool, not in the database.",
        "twilio does not accept our key or account (20003).",
    ]


def test_an_address_that_apprise_cannot_read_is_a_way_that_fails(station: Station) -> None:
    station.routes["desk"] = Routes(["canary-5Nq8", "nonsense://canary-5Nq8"], "desk")
    report_waits(station.desk, danger=True)
    station.after(130)

    with station.desk.service.database.read() as tx:
        assert [(row.route, row.cause) for row in alarms.routes(tx)] == [
            ("1", "cannot be read"),
            ("2", "cannot be read"),
        ]


def test_r8_danger_in_a_confidential_report_alarms_its_team_at_once_without_a_detail(station: Station) -> None:
    desk = station.desk
    report_in(desk, "c1", audience="confidential")
    desk.change("UPDATE revisions SET kind = 'alert' WHERE report_id = 'c1'")
    with desk.service.database.write() as tx:
        now = int(desk.clock.at * 1000)
        desk_items.note(
            tx, report_id="c1", organisation="btp", audience="confidential", rank=0, revision=1, now=now, due=None
        )
    station.after(0)
    [words] = [each for each in station.theirs.heard if "shows danger" in each]
    assert words == "A confidential report to btp shows danger. It is in the confidential list."
    assert station.pager.heard == []
    for _ in range(40):
        station.after(10)
    assert sum("shows danger" in each for each in station.theirs.heard) == 1, "told once, and no all-clear"
