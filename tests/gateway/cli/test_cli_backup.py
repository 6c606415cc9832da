"""`quietline backup`, `restore`, `erase`, `hold` and `keys`: what a person does with a running installation."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import runtime, secrets
from gateway.cli import main
from gateway.cli.keys import newest
from gateway.keyfile import RingFile
from handlers import audit_view, rotation, timers
from handlers.erasure import ErasureList
from handlers.records.audit import Wanted
from handlers.records.database import Database
from handlers.sign_in import SignedIn
from handlers.vault import KeyRing
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.fakes import Desk
from tests.prepared import prepare

WORDS, NUMBER = "he keeps following me", "+447700900777"


@dataclass
class Installation:
    """An installation, and the command line of somebody who works there."""

    data: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environ = {"QUIETLINE_DATA": str(self.data)}

    @property
    def desk(self) -> Desk:
        config = secrets.load(self.environ)
        database = Database(config.database_url)
        prepare(database)
        desk = Desk.build(database, ring=KeyRing.from_json(config.keys))
        desk.clock.at = time.time()
        return desk

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env=self.environ)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "data")


def tell(installation: Installation) -> str:
    desk = installation.desk
    desk.say(WORDS, sender=NUMBER)
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    return str(desk.documents()[-1]["id"])


def test_f19_a_host_is_lost_and_comes_back_from_a_backup_and_its_key_ring(
    installation: Installation, tmp_path: Path
) -> None:
    tell(installation)
    ran = installation.run("backup", str(tmp_path / "kept"))
    assert ran.exit_code == 0
    assert str(installation.data / "secrets.json") in ran.stdout, "the key ring is not in it"
    [file] = (tmp_path / "kept").glob("*.backup")
    ring = (installation.data / "secrets.json").read_bytes()
    shutil.rmtree(installation.data)

    refused = installation.run("restore", str(file))
    assert (refused.exit_code, installation.data.exists()) == (2, False)
    assert refused.stderr.startswith("There is no key ring yet.")

    installation.data.mkdir()
    (installation.data / "secrets.json").write_bytes(ring)
    assert installation.run("restore", str(file)).exit_code == 0
    assert [each["account"][0]["text"] for each in installation.desk.documents()] == [WORDS]

    again = installation.run("restore", str(file))
    assert (again.exit_code, len(again.stderr.splitlines())) == (2, 1)
    assert installation.run("restore", str(file), "--into", str(tmp_path / "aside")).exit_code == 0
    assert installation.run("restore", str(file), "--into", str(tmp_path / "aside")).exit_code == 2
    assert (tmp_path / "aside" / "quietline.sqlite3").stat().st_mode & 0o077 == 0


def test_f19_r22_erased_stays_erased_though_the_backup_is_older(installation: Installation, tmp_path: Path) -> None:
    report_id = tell(installation)
    installation.run("backup", str(tmp_path / "kept"))
    [file] = (tmp_path / "kept").glob("*.backup")
    assert installation.run("erase", report_id, "--yes").stdout == "1 erased.\n"
    assert ErasureList(installation.data / "erased.txt").ids() == {report_id}
    ran = installation.run("restore", str(file), "--into", str(tmp_path / "aside"))
    assert "1 erased report left out" in ran.stdout
    assert Desk.build(Database(f"sqlite:///{tmp_path / 'aside' / 'quietline.sqlite3'}")).documents() == []


def test_r23_neither_backup_nor_command_holds_a_word_or_a_number(installation: Installation, tmp_path: Path) -> None:
    report_id = tell(installation)
    ran = [
        installation.run("backup", str(tmp_path / "kept")),
        installation.run("hold", report_id),
        installation.run("hold"),
        installation.run("hold", report_id, "--release"),
        installation.run("keys", "rotate", "content", "--wait", "0"),
        installation.run("keys", "status"),
        installation.run("erase", report_id, "--yes"),
    ]
    assert [each.exit_code for each in ran] == [0] * len(ran), [each.output for each in ran]
    (tmp_path / "said").write_text("".join(each.output for each in ran))
    assert leaks(tmp_path, [*forms_of_words(WORDS), *forms_of_number(NUMBER)]) == []


def test_r22_nothing_is_erased_without_a_yes_or_under_a_legal_hold(installation: Installation) -> None:
    report_id = tell(installation)
    assert installation.run("erase", report_id).exit_code == 1
    installation.run("hold", report_id)
    held = installation.run("erase", report_id, "--yes")
    assert (held.exit_code, held.stderr) == (2, f"{report_id} is under a legal hold.\n")
    assert report_id in installation.run("hold").stdout
    assert len(installation.desk.documents()) == 1


def test_r10_who_holds_releases_and_erases_by_command_stands_in_the_audit_and_before_auditors(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "rhian")
    report_id = tell(installation)
    for words in (("hold", report_id), ("hold", report_id, "--release"), ("erase", report_id, "--yes")):
        assert installation.run(*words).exit_code == 0
    auditor = SignedIn("p1", "ann", "Ann", frozenset({("btp", "auditor")}), "s", "c")
    seen = audit_view.found(installation.desk.service, auditor, "btp", Wanted(), 1, 0).rows
    assert [(one.by, one.row.what, one.row.kind, one.row.report_id) for one in reversed(seen) if one.row.report_id] == [
        ("rhian", "hold", "alteration", report_id),
        ("rhian", "release hold", "alteration", report_id),
        ("rhian", "erase", "erasure", report_id),
    ]


@pytest.mark.parametrize("purpose", ["content", "confidential", "conversation", "index", "sending"])
def test_f14_a_key_is_changed_by_one_command(installation: Installation, purpose: str) -> None:
    tell(installation)
    before = KeyRing.from_json(secrets.load(installation.environ).keys).ids(purpose)
    ran = installation.run("keys", "rotate", purpose, "--wait", "0")
    assert ran.exit_code == 0, ran.output
    after = KeyRing.from_json(secrets.load(installation.environ).keys).ids(purpose)
    assert (len(after), after == before) == (1, False)
    assert installation.run("keys", "status").exit_code == 0
    listed = installation.run("keys", "list").stdout
    assert after[0] in listed
    retired = json.loads((installation.data / "keys.retired.json").read_text())
    assert list(retired[purpose]) == list(before)
    assert not any(secret in listed for secret in retired[purpose].values())
    desk = installation.desk
    desk.count = 50
    desk.say("coach 3", sender=NUMBER)
    assert desk.rows("SELECT count(*) FROM conversations") == [(1,)]
    assert len(desk.documents()) == 1


def test_f14_one_that_was_interrupted_or_prepared_goes_on_where_it_stood(installation: Installation) -> None:
    tell(installation)
    file = RingFile(installation.data / "secrets.json", "QUIETLINE_KEYS")
    assert "not in use yet" in installation.run("keys", "rotate", "content", "--prepare").stdout
    assert file.read()["content"]["current"] == "k1"
    assert installation.run("keys", "rotate", "content", "--wait", "0").exit_code == 0
    assert list(file.read()["content"]["keys"]) == ["k2"]
    file.add("content", current=True)  # and killed here
    assert installation.run("keys", "status").exit_code == 1
    assert installation.run("keys", "rotate", "content", "--wait", "0").exit_code == 0
    assert list(file.read()["content"]["keys"]) == ["k3"]
    assert len(installation.desk.documents()) == 1


def test_f14_a_ring_in_the_environment_is_changed_by_hand(installation: Installation) -> None:
    tell(installation)
    ring = json.loads(secrets.load(installation.environ).keys)
    ring["content"] = {"current": "k7", "keys": ring["content"]["keys"] | {"k7": ring["index"]["keys"]["i1"]}}
    installation.environ["QUIETLINE_KEYS"] = json.dumps(ring)
    refused = installation.run("keys", "rotate", "content")
    assert (refused.exit_code, "quietline keys rewrap" in refused.stderr) == (2, True)
    assert "content: 1 written, 0 left" in installation.run("keys", "rewrap").stdout
    del ring["content"]["keys"]["k1"]
    installation.environ["QUIETLINE_KEYS"] = json.dumps(ring)
    assert installation.run("keys", "status").exit_code == 0


def test_a_running_process_follows_the_file(installation: Installation) -> None:
    parts = runtime.build(secrets.load(installation.environ), installation.environ)
    prepare(parts.service.database)
    installation.run("keys", "rotate", "content", "--wait", "0")
    parts.service.ring._look_at = 0.0
    assert parts.service.ring.ids("content") == ("k2",)
    assert rotation.left(parts.service, "content") == 0


@pytest.mark.parametrize(("ids", "which"), [(("k1", "k2"), "k2"), (("k9", "k10"), "k10"), (("a", "b"), "a")])
def test_the_newest_key_is_the_one_with_the_highest_number(ids: tuple[str, ...], which: str) -> None:
    assert newest(ids) == which


def test_r11_f14_heads_from_before_a_key_was_changed_still_hold(installation: Installation) -> None:
    installation.run("hold", tell(installation))
    heads = installation.data / "audit-heads.txt"
    heads.write_text(
        "audit-head 2026-99-99T00:00:00Z 1 - " + "x" * 43 + "\n" + installation.run("audit", "head").stdout
    )
    assert installation.run("keys", "rotate", "index", "--wait", "0").exit_code == 0
    assert "holds: 1 rows, compared with 1 heads" in installation.run("audit", "verify").stdout
    heads.write_text(heads.read_text().replace("Z 1 ", "Z 2 "))
    assert installation.run("audit", "verify").exit_code == 2
