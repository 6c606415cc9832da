"""`quietline phone` in process: the real turn, store and timers, on a database that is thrown away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from conversations import flows, report
from gateway.cli import main
from gateway.cli.phone import phone
from tests.canary import forms_of_number, forms_of_words, leaks

QUIETLINE = Path(sys.executable).with_name("quietline")


def _environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUIETLINE_", "TWILIO_"))}
    return kept | {"QUIETLINE_DATA": str(folder / "data"), "TMPDIR": str(folder)} | more


class Phone:
    """A program that talks to `quietline phone --json` a line at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, **line: Any) -> dict[str, Any]:
        """Writes one line and waits for its answer, which must come before the next is written."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def _phone(folder: Path, **more: str) -> Iterator[Phone]:
    command = [QUIETLINE, "phone", "--json"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, encoding="utf-8", env=_environment(folder, **more)) as process:  # type: ignore[call-overload]
        yield Phone(process)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, out, errors) == (0, "", "")


def test_a_report_from_a_first_text_to_its_end(tmp_path: Path):
    with _phone(tmp_path) as phone:
        first = phone(text="man rubbing against women", at="2026-11-21T18:05:00Z")
        phone(text="just past clapham junction")
        near = phone(text="1805 victoria to brighton coach 3")
        playback = phone(text="1 blue jacket, beard")
        more = phone(text="1")
        contact = phone(text="no")
        end = phone(text="2")

    assert (first["asks"], first["step"], first["ended"], first["report"]) == ("location", "where", None, None)
    assert near["report"]["state"] == "open"
    assert (playback["asks"], playback["report"]["state"]) == ("confirm", "complete")
    assert (more["asks"], contact["asks"]) == ("description", "contact")
    assert (end["ended"], end["asks"]) == ("complete", None)
    for answer in (first, near, playback, contact, end):
        assert answer["segments"] == [1]
    found = end["report"]
    jsonschema.validate(found, json.loads(Path(report.__file__).with_name("report.schema.json").read_text("utf-8")))
    assert (found["status"], found["organisation"]) == ("test", "demo")
    assert found["times"]["started"] == "2026-11-21T18:05:00Z"
    assert found["facts"]["place"]["ids"] == {"at": "CLJ", "from": "VIC", "to": "BTN"}
    assert [said["text"] for said in found["account"]][::3] == ["man rubbing against women", "1 blue jacket, beard"]


def test_silence_passes_on_what_is_known_at_its_own_time(tmp_path: Path):
    with _phone(tmp_path) as phone:
        phone(text="man staring", at="2026-11-21T18:05:00Z")
        before = phone(wait=119)
        after = phone(wait=600)

    assert before["report"] is None
    assert after["report"]["state"] == "unfinished"
    assert after["report"]["times"]["revised"][:16] == "2026-11-21T18:07"
    assert (after["replies"], after["ended"]) == ([], "partial")


def test_two_phones_never_mix(tmp_path: Path):
    with _phone(tmp_path) as phone:
        phone(text="at clapham", **{"from": "+447700900011"})
        other = phone(text="hello", **{"from": "+447700900022"})
        again = phone(text="clapham junction", **{"from": "+447700900011"})

    assert (other["asks"], again["report"]["facts"]["place"]["at"]) == ("description", "Clapham Junction")
    assert other["report"] is None


def test_a_bad_line_gets_its_error_and_the_next_is_answered(tmp_path: Path):
    with _phone(tmp_path) as phone:
        assert phone(nonsense=1) == {"error": "the line needs either text or wait"}
        assert phone(text="hello", to="+447700900888") == {"error": "no organisation takes texts there"}
        assert phone(text="hello", to="+447700900999")["asks"] == "description"


def test_r18_nothing_is_left_behind_and_no_data_folder_is_made(tmp_path: Path):
    with _phone(tmp_path) as phone:
        phone(text="canary words 5Nq8", **{"from": "+447700900777"})
        living = leaks(tmp_path, [*forms_of_words("canary words 5Nq8"), *forms_of_number("+447700900777")])

    assert living == []
    assert list(tmp_path.iterdir()) == []


def test_production_settings_without_their_secrets_do_not_matter(tmp_path: Path):
    from gateway.config import EXAMPLE_ORGANISATIONS

    text = EXAMPLE_ORGANISATIONS.read_text("utf-8").replace("path: data:reports.jsonl", "path: env:NOT_SET_HERE")
    (tmp_path / "mine.yaml").write_text(text)

    with _phone(tmp_path, QUIETLINE_ENV="production", QUIETLINE_ORGANISATIONS=str(tmp_path / "mine.yaml")) as phone:
        assert phone(text="hello")["asks"] == "description"


def _script(folder: Path, text: str | bytes) -> subprocess.CompletedProcess[str]:
    file = folder / "mine.script"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return subprocess.run(
        [QUIETLINE, "phone", "--script", file],
        capture_output=True,
        encoding="utf-8",
        env=_environment(folder),
        timeout=60,
        check=False,
    )


def test_the_shipped_script_goes_as_written(tmp_path: Path):
    ran = _script(tmp_path, flows.script("railway"))

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "mine.script: the conversation went as written.\n"


def test_a_departure_is_a_unified_diff_and_exit_code_1(tmp_path: Path):
    script = flows.script("railway")

    ran = _script(tmp_path, script.replace("= sent started", "= sent alert"))

    assert ran.returncode == 1
    assert ran.stdout.startswith("--- mine.script\n+++ mine.script as played\n@@ ")
    assert "\n-= sent alert\n+= sent started\n" in ran.stdout


@pytest.mark.parametrize(("text", "cause"), [("hello", "line 1: begin with one of"), (b"> caf\xe9", "it is not UTF-8")])
def test_a_script_that_cannot_be_played_is_a_clear_line(tmp_path: Path, text: str | bytes, cause: str):
    ran = _script(tmp_path, text)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"mine.script cannot be played: {cause}")


def _called(*arguments: str) -> click.Context:
    """The command as it is called from the whole command line: its options for help are those of its first caller."""
    return phone.make_context("phone", list(arguments), parent=main.make_context("quietline", ["phone"]))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("(07700) 900-123", "+447700900123"),
        ("+447700900123", "+447700900123"),
        ("whatsapp:+447700900123", "whatsapp:+447700900123"),
    ],
)
def test_a_number_may_be_written_as_people_write_it(written: str, meant: str):
    assert _called("--from", written).params["sender"] == meant


@pytest.mark.parametrize("written", ["0", "+44", "07700", "+999 1234567890123456789"])
def test_what_is_no_number_is_refused(written: str):
    with pytest.raises(click.BadParameter, match="no phone number"):
        _called("--from", written)
