"""`quietline status` and `quietline dead`: the same figures to a person, and what to do about them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import secrets
from gateway.cli import main
from handlers import alarms
from handlers.alarms import Told
from handlers.conditions import Condition
from handlers.records import heartbeats
from handlers.records.database import Database
from handlers.service import milliseconds
from handlers.vault import KeyRing
from tests.fakes import Desk, FakeSink
from tests.gateway.served import always, served
from tests.handlers.waits import refused, report_waits, sink_refuses
from tests.prepared import prepare


@dataclass
class Installation:
    """An installation, and the command line of somebody who works there."""

    environ: dict[str, str]
    desk: Desk

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env=self.environ)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    environ = {"QUIETLINE_DATA": str(tmp_path)}
    config = secrets.load(environ)
    database = Database(config.database_url)
    prepare(database)
    desk = Desk.build(database, ring=KeyRing.from_json(config.keys), sinks=[FakeSink("room"), FakeSink("apart")])
    desk.clock.at = time.time()
    return Installation(environ, desk)


def test_an_idle_installation_is_well(installation: Installation) -> None:
    ran = installation.run("status")

    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == [
        "All is well.",
        "",
        "Reports: none on their way.",
        "Texts: none wait.",
        "The worker: never seen.",
        "The clock: never seen.",
        "Alarms: no way is set, nobody is told (QUIETLINE_ALARM_URLS).",
    ]


def test_what_is_wrong_is_said_in_words_and_by_the_exit_code(installation: Installation) -> None:
    desk = installation.desk
    desk.clock.move(-600)
    report_waits(desk, danger=True)
    refused(desk, report_waits(desk))
    sink_refuses(desk)
    desk.say("to nobody", recipient="99999")
    with desk.service.database.write() as tx:
        heartbeats.beat(tx, "worker", milliseconds(desk.clock.now() + 595))
        heartbeats.beat(tx, "synthetic.btp", milliseconds(desk.clock.now()))
    condition = Condition("danger:room", "desk", "1 report of danger not at room for 10 min.")
    alarms.keep(desk.service.database, [condition], "desk", desk.clock.now())
    alarms.tell_due(
        desk.service.database, lambda row: [Told("1 slack"), Told("2 mail", "refused")], "desk", desk.clock.now()
    )

    ran = installation.run("status")

    assert ran.exit_code == 1
    assert "  1 report of danger not at room for 10 min. Since " in ran.stdout
    assert ", told once." in ran.stdout
    assert (
        "Reports to room: 1 on their way, the oldest for 10 min; 1 of danger, the oldest for 10 min; "
        "1 parked for a person; paused for 10 min (http 401)." in ran.stdout
    )
    assert "Texts: 1 held for a person, the oldest for 10 min." in ran.stdout
    assert "Synthetic reporter: last through to btp 10 min ago." in ran.stdout
    assert "1 slack last went through " in ran.stdout
    assert "2 mail fails since " in ran.stdout


def test_json_says_the_same(installation: Installation) -> None:
    refused(installation.desk, report_waits(installation.desk))

    document = json.loads(installation.run("status", "--json").stdout)

    assert [(sink["sink"], sink["parked"]) for sink in document["sinks"]] == [("room", 1)]
    assert document["audience"] == "desk"


def test_r8_the_small_team_asks_for_its_own(installation: Installation) -> None:
    row = report_waits(installation.desk, "apart", audience="confidential")
    refused(installation.desk, row)

    assert "apart" not in installation.run("status").stdout + installation.run("status", "--json").stdout
    assert "Reports to apart: 1 parked for a person." in installation.run("status", "--confidential").stdout
    assert installation.run("dead", "list").stdout == "Nothing waits for a person.\n"
    assert f"delivery-{row}" in installation.run("dead", "list", "--confidential").stdout


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_the_alarms_ways_can_be_tried(installation: Installation) -> None:
    assert installation.run("status", "--test-alarm").exit_code == 2
    with served(always("200 OK")) as works, served(always("500 No")) as broken:
        installation.environ["QUIETLINE_ALARM_URLS"] = f"json://{works[7:]} json://{broken[7:]}"
        ran = installation.run("status", "--test-alarm")

    assert (ran.exit_code, ran.stdout) == (1, "1 json: it went out\n2 json: refused\n")


def test_r18_dead_letters_are_listed_shown_retried_and_put_aside_without_their_content(
    installation: Installation,
) -> None:
    installation.desk.say("canary words", sender="+447700900777", recipient="99999")
    row = report_waits(installation.desk)
    refused(installation.desk, row)
    name = f"delivery-{row}"

    shown = [
        installation.run("dead", "list"),
        installation.run("dead", "list", "--json"),
        installation.run("dead", "show", name),
        installation.run("dead", "retry", name),
        installation.run("dead", "park", name),
        installation.run("status"),
    ]

    assert [ran.exit_code for ran in shown] == [0] * 6
    assert [line.split()[0] for line in shown[0].stdout.splitlines()] == ["ID", "text-1", name]
    assert json.loads(shown[2].stdout)["cause"] == "http 422"
    assert (shown[3].stdout, shown[4].stdout) == (f"{name} is due now.\n", f"{name} is put aside.\n")
    assert not any(secret in ran.output for ran in shown for secret in ("canary", "900777"))


def test_content_is_shown_only_where_it_is_asked_for(installation: Installation) -> None:
    installation.desk.say("canary words", recipient="99999")

    ran = installation.run("dead", "show", "text-1", "--content")

    assert ran.stdout == "canary words\n"


@pytest.mark.parametrize(
    "words", [("show", "text-9"), ("retry", "x"), ("park", "delivery-9"), ("show", "x", "--content")]
)
def test_what_cannot_be_done_is_one_clear_line(installation: Installation, words: tuple[str, ...]) -> None:
    ran = installation.run("dead", *words)

    assert (ran.exit_code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("words", [("status",), ("dead", "list"), ("dead", "retry", "text-1")])
def test_without_a_database_none_is_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = CliRunner().invoke(main, words, env={"QUIETLINE_DATA": str(tmp_path / "data")})

    assert ran.exit_code == 2
    assert ran.stderr.startswith("There is no database")
