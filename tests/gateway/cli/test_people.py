"""`quietline people`: accounts, made and unmade."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from handlers.records import audit
from handlers.records.database import Database
from tests.prepared import prepare


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIETLINE_DATA", str(tmp_path / "data"))


def _people(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["people", *words], input=typed)


def test_an_account_is_made_listed_changed_and_locked() -> None:
    made = _people("add", "rhian", "--shown", "Rhian Evans", "--role", "demo:dispatcher")
    assert made.exit_code == 0
    assert "otpauth://totp/Quietline:rhian" in made.output
    assert _people("role", "rhian", "demo:supervisor").exit_code == 0
    assert _people("role", "rhian", "demo:dispatcher", "--take").exit_code == 0
    assert _people("language", "rhian", "cy").exit_code == 0
    assert _people("lock", "rhian").exit_code == 0

    listed = _people("list").output
    assert "Rhian Evans" in listed
    assert "demo:supervisor" in listed
    assert "demo:dispatcher" not in listed
    assert " cy " in listed
    assert "yes" in listed
    again = _people("reset", "rhian").output
    assert again != made.output
    assert "yes" not in _people("list").output


def test_r10_who_changes_an_account_stands_in_the_audit_of_its_organisations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    _people("add", "rhian", "--role", "demo:dispatcher")
    _people("role", "rhian", "tram:auditor")
    _people("lock", "rhian")
    _people("lock", "nobody")
    _people("reset", "rhian")
    database = Database(f"sqlite:///{tmp_path / 'data' / 'quietline.sqlite3'}")
    with database.read() as tx:
        rows = [link.row for link in audit.chain(tx)]
    database.close()
    assert {row.to_whom for row in rows} == {"ann"}
    assert [(row.organisation, row.what.partition(": ")[2]) for row in rows] == [
        ("demo", "dispatcher given"),
        ("tram", "auditor given"),
        ("demo", "lock"),
        ("tram", "lock"),
        ("demo", "reset"),
        ("tram", "reset"),
    ]
    assert "rhian" not in "".join(row.what for row in rows)


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("add", "Rhian Evans"), None),
        (("add", "rhian", "--role", "demo"), None),
        (("add", "rhian", "--role", "nowhere:dispatcher"), None),
        (("add", "rhian", "--role", "demo:king"), None),
        (("add", "rhian", "--ask-password"), "short\nshort\n"),
        (("role", "nobody", "demo:dispatcher"), None),
        (("lock", "nobody"), None),
        (("reset", "nobody"), None),
    ],
)
def test_what_does_not_hold_is_refused_in_a_line(words: tuple[str, ...], typed: str | None, tmp_path: Path) -> None:
    prepare(Database(f"sqlite:///{tmp_path / 'data' / 'quietline.sqlite3'}"))
    refused = _people(*words, typed=typed)

    assert refused.exit_code == 2
    assert "Traceback" not in refused.output
    assert refused.output.strip()
    assert "Nobody yet" in _people("list").output
