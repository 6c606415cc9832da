"""`quietline people`: accounts, made and unmade."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main


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
    assert _people("lock", "rhian").exit_code == 0

    listed = _people("list").output
    assert "Rhian Evans" in listed
    assert "demo:supervisor" in listed
    assert "demo:dispatcher" not in listed
    assert "yes" in listed
    again = _people("reset", "rhian").output
    assert again != made.output
    assert "yes" not in _people("list").output


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
def test_what_does_not_hold_is_refused_in_a_line(words: tuple[str, ...], typed: str | None) -> None:
    refused = _people(*words, typed=typed)

    assert refused.exit_code == 2
    assert "Traceback" not in refused.output
    assert refused.output.strip()
    assert "Nobody yet" in _people("list").output
