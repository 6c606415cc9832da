"""`quietline reports`: what was made and where each delivery stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import secrets
from gateway.cli import main
from handlers.acknowledgements import Answer, acknowledge
from handlers.records import outbox
from handlers.records.database import Database, StoreError
from handlers.service import milliseconds
from handlers.vault import KeyRing
from tests.fakes import Desk, FakeSink, organisation
from tests.prepared import prepare


@dataclass
class Installation:
    """An installation with two forces, and the command line of somebody who works there."""

    environ: dict[str, str]
    desk: Desk

    def reports(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["reports", *options], env=self.environ)

    def documents(self, *options: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.reports("--json", *options).stdout.splitlines()]

    def forward(self, sink: str) -> list[outbox.Claimed]:
        """Claims what is due for a sink, as a forwarder does."""
        now = milliseconds(self.desk.clock.now())
        with self.desk.service.database.write() as tx:
            return outbox.claim(tx, sink, now=now, lease_until=now + 30_000, owner="me", most=9)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    environ = {"QUIETLINE_DATA": str(tmp_path)}
    config = secrets.load(environ)
    database = Database(config.database_url)
    prepare(database)
    forces = (
        organisation("north", "sms:61016", ("mail", "room")),
        organisation("trams", "sms:62022", ("room",)),
    )
    desk = Desk.build(
        database,
        ring=KeyRing.from_json(config.keys),
        sinks=[FakeSink("room"), FakeSink("mail", frozenset({"started"}))],
        organisations=forces,
    )
    return Installation(environ, desk)


def test_a_newcomer_is_told_how_to_make_the_first_report(installation: Installation):
    ran = installation.reports()

    assert ran.exit_code == 0
    assert ran.stdout == "No reports yet. Text the gateway with: quietline phone\n"
    assert installation.reports("--json").stdout == ""


def test_the_table_says_what_was_made_and_where_it_stands(installation: Installation):
    installation.desk.say("man staring")
    installation.desk.say("clapham j")
    installation.desk.clock.move(1)
    installation.desk.say("tram 5", sender="+447700900002", recipient="62022")
    installation.desk.say("bank", sender="+447700900002", recipient="62022")

    headings, first, second = installation.reports().stdout.splitlines()

    assert headings.split() == ["REF", "ORGANISATION", "STATE", "KIND", "REV", "STATUS", "MADE", "ANSWER", "DELIVERY"]
    assert re.fullmatch(
        r"[0-9A-Z]{4}  north +open +started +1 +live +\d{4}-\d\d-\d\d \d\d:\d\d  none +"
        r"room: due, 0 tries, next \d\d:\d\d:\d\d",
        first,
    )
    assert second.split()[1] == "trams"


def test_each_sink_has_its_line_with_tries_cause_and_next_try(installation: Installation):
    installation.desk.say("man staring")
    installation.desk.say("clapham j")
    installation.desk.say("1805")
    (mail,), (room,) = installation.forward("mail"), installation.forward("room")
    now = milliseconds(installation.desk.clock.now())
    with installation.desk.service.database.write() as tx:
        outbox.delivered(tx, mail.id, now)
        outbox.again(tx, room.id, owner="me", at=now + 5000, cause="http 503")

    _, first, second = installation.reports().stdout.splitlines()

    assert first.endswith("mail: delivered, 1 try")
    assert re.fullmatch(r" +room: due, 1 try \(http 503\), next \d\d:\d\d:\d\d", second)


def test_a_paused_sink_is_said(installation: Installation):
    installation.desk.say("man staring", recipient="62022")
    installation.desk.say("clapham j", recipient="62022")
    with installation.desk.service.database.write() as tx:
        outbox.pause(tx, "room", cause="http 401", now=0, probe_at=60_000)

    assert installation.reports().stdout.rstrip().endswith("room: due, 0 tries, sink paused (http 401)")
    (document,) = installation.documents()
    assert document["deliveries"][0]["sink_paused"] is True  # type: ignore[index]


def test_json_gives_the_full_document_with_all_its_deliveries(installation: Installation):
    installation.desk.say("man staring")
    installation.desk.say("clapham j")
    (claimed,) = installation.forward("room")
    installation.desk.say("1805 to brighton")

    (document,) = installation.documents()
    deliveries = document.pop("deliveries")
    assert (document.pop("acknowledgements"), document.pop("contacts_told")) == ([], 0)

    assert [document] == installation.desk.documents()
    assert document["revision"] == 2
    assert deliveries == [
        {
            "sink": "room",
            "revision": 1,
            "state": "leased",
            "attempts": claimed.attempts,
            "next_try": "2026-11-18T11:07:10Z",
            "delivered_at": None,
            "cause": None,
            "sink_paused": False,
        },
        {"sink": "mail", "revision": 2, "state": "due"} | _waiting,
        {"sink": "room", "revision": 2, "state": "due"} | _waiting,
    ]


_waiting = {
    "attempts": 0,
    "next_try": "2026-11-18T11:06:40Z",
    "delivered_at": None,
    "cause": None,
    "sink_paused": False,
}


def test_one_report_by_its_id_or_its_reference(installation: Installation):
    for sender in ("+447700900001", "+447700900002"):
        installation.desk.say("man staring", sender=sender)
        installation.desk.say("clapham j", sender=sender)
        installation.desk.clock.move(1)
    one, other = installation.documents()

    assert installation.documents("--id", str(one["id"])) == [one]
    assert installation.documents("--id", str(other["reference"]).lower()) == [other]
    assert len(installation.reports("--id", str(one["id"])).stdout.splitlines()) == 2


CONFIDENTIAL = {"flow": "railway", "confidential": ("police",), "confidential_sinks": ("apart",)}


def _apart(installation: Installation, **more: object) -> str:
    """A confidential report, in the same installation; its id."""
    force = organisation("standards", "sms:63033", ("room",), **CONFIDENTIAL | more)
    sinks = [FakeSink("room"), FakeSink("mail"), FakeSink("apart")]
    service = installation.desk.service
    desk = Desk.build(service.database, ring=service.ring, sinks=sinks, organisations=[force])
    desk.say("an officer touched me at leeds station just now", sender="+447700900005", recipient="63033")
    return str(desk.documents("confidential")[0]["id"])


def test_r8_a_confidential_report_is_listed_for_its_team_alone(installation: Installation):
    report_id = _apart(installation)

    assert report_id not in installation.reports("--json").stdout
    ran = installation.reports("--id", report_id)
    assert (ran.exit_code, ran.stderr) == (2, "There is no report with that id or reference.\n")
    (document,) = installation.documents("--confidential")
    assert (document["id"], document["audience"]) == (report_id, "confidential")
    assert installation.documents("--confidential", "--id", report_id) == [document]


def test_r8_the_team_is_told_what_is_held(installation: Installation, tmp_path: Path):
    report_id = _apart(installation, confidential_sinks=())
    file = tmp_path / "organisations.yaml"
    file.write_text(
        "sinks:\n  room: {kind: file, path: 'data:r.jsonl'}\norganisations:\n"
        "  - {id: standards, name: S, timezone: Europe/London, languages: [en], flow: railway,\n"
        "     addresses: ['sms:63033'], sinks: [room], confidential: [police]}\n"
    )
    installation.environ["QUIETLINE_ORGANISATIONS"] = str(file)
    (document,) = installation.documents("--confidential")

    assert document["id"] == report_id
    shown = installation.reports("--confidential").stdout
    assert f"Held, for want of a confidential sink (confidential_sinks): {document['reference']}." in shown
    assert "Held" not in installation.reports().stdout


def test_without_confidential_reports_that_is_said(installation: Installation):
    assert installation.reports("--confidential").stdout == "No confidential reports.\n"


def test_an_unknown_id_is_a_clear_line(installation: Installation):
    ran = installation.reports("--id", "0000")

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == "There is no report with that id or reference.\n"


def test_without_a_database_the_way_to_one_is_said_and_none_is_made(tmp_path: Path):
    for options in ([], ["--json"]):
        ran = CliRunner().invoke(main, ["reports", *options], env={"QUIETLINE_DATA": str(tmp_path / "data")})

        assert (ran.exit_code, ran.stdout) == (2, "")
        assert ran.stderr.startswith(f"There is no database in {tmp_path}/data yet.")
    assert not (tmp_path / "data").exists()


def test_a_database_that_does_not_answer_is_a_clear_line(tmp_path: Path):
    url = "postgresql://somebody:canary-5Nq8@127.0.0.1:1/none"

    ran = CliRunner().invoke(main, ["reports"], env={"QUIETLINE_DATA": str(tmp_path), "DATABASE_URL": url})

    assert ran.exit_code == 2
    assert ran.stderr.startswith("The database does not answer (")
    assert "canary" not in ran.output


def test_another_installations_keys_are_a_clear_line(installation: Installation):
    installation.desk.say("man staring")
    installation.desk.say("clapham j")
    installation.environ["QUIETLINE_KEYS"] = json.dumps(secrets.new_key_ring())

    ran = installation.reports("--json")

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("The key ring (QUIETLINE_KEYS) does not fit: ")


def test_r18_the_table_holds_no_word_and_no_number(installation: Installation):
    installation.desk.say("canary words", sender="+447700900777")
    installation.desk.say("clapham j", sender="+447700900777")

    shown = installation.reports().stdout

    assert "north" in shown
    assert not any(secret in shown for secret in ("canary", "clapham", "900777"))


def test_what_control_rooms_answered_is_seen_in_both(installation: Installation):
    installation.desk.say("man staring")
    installation.desk.say("clapham j")
    ((report,),) = installation.desk.rows("SELECT id FROM reports WHERE revision > 0")
    for status, reason in (("accepted", None), ("completed", "not_found")):
        answer = Answer(status, reason, "456 of 21/11")
        acknowledge(installation.desk.service, ["room"], report, status, answer)

    assert "completed, not found, 456 of 21/11  " in installation.reports().stdout
    (document,) = installation.documents()
    answers = [dict(one) for one in document["acknowledgements"]]  # type: ignore[attr-defined]
    assert [(one["sink"], one["status"], one.get("outcome"), one["incident"]) for one in answers] == [
        ("room", "accepted", None, "456 of 21/11"),
        ("room", "completed", "not_found", "456 of 21/11"),
    ]


def test_r10_who_sees_full_documents_by_command_stands_in_the_audit_first(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "rhian")
    installation.desk.say("hove")
    assert "hove" not in installation.reports().stdout.lower()
    looks = "SELECT to_whom, organisation, audience, kind, what, report_id, revision FROM audit"
    assert installation.desk.rows(looks) == [], "the list holds no content"
    [document] = installation.documents()
    [look] = installation.desk.rows(looks)
    assert look == ("rhian", "north", "desk", "consultation", "reports", document["id"], document["revision"])


def test_r10_what_the_audit_cannot_note_is_not_shown(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.desk.say("hove")

    def full(*_: object) -> None:
        raise StoreError("OperationalError")

    monkeypatch.setattr("handlers.records.audit.add_all", full)
    ran = installation.reports("--json")
    assert (ran.exit_code, ran.stdout) == (2, "")
