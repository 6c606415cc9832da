"""The command line as a whole: it starts fast, helps, and says what is wrong in a line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from handlers.vault import KeyRing

QUIETLINE = Path(sys.executable).with_name("quietline")
COMMANDS = [
    "up",
    "web",
    "worker",
    "clock",
    "desk",
    "twin",
    "people",
    "phone",
    "reports",
    "flows",
    "status",
    "dead",
    "spool",
    "carrier",
    "understand",
    "keys",
    "audit",
    "backup",
    "restore",
    "erase",
    "hold",
    "doctor",
]


def test_the_help_names_every_command():
    ran = CliRunner().invoke(main, ["--help"])

    assert [line.split()[0] for line in ran.stdout.partition("Commands:\n")[2].splitlines()] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(command: str):
    ran = CliRunner().invoke(main, [command, "-h"])

    assert ran.exit_code == 0
    assert ran.stdout.startswith(f"Usage: main {command}")


def test_the_console_command_is_installed_and_knows_its_version():
    ran = subprocess.run([QUIETLINE, "--version"], capture_output=True, text=True, check=True)

    assert ran.stdout.startswith("quietline, version ")


def test_starting_imports_no_web_database_or_terminal_library():
    program = "import sys, gateway.cli, gateway.cli.processes; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert not loaded & {
        "flask",
        "sqlalchemy",
        "prompt_toolkit",
        "redis",
        "rq",
        "twilio",
        "cryptography",
        "statemachine",
    }


@pytest.mark.parametrize("command", [["web"], ["worker"], ["clock"], ["phone"], ["phone", "--json"], ["reports"]])
def test_wrong_settings_are_numbered_lines_and_exit_code_2(command: list[str], tmp_path: Path):
    environ = {"QUIETLINE_DATA": str(tmp_path / "data"), "PORT": "x", "REDIS_URL": "y"}

    ran = CliRunner().invoke(main, command, env=environ)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[:2] == [
        "1. REDIS_URL must begin with redis://, rediss:// or unix://.",
        "2. PORT must be a whole number from 1 to 65535.",
    ]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["web", "worker", "clock"])
def test_production_without_its_secrets_is_refused_with_all_that_is_missing(command: str, tmp_path: Path):
    environ = {"QUIETLINE_DATA": str(tmp_path / "data"), "QUIETLINE_ENV": "production"}

    ran = CliRunner().invoke(main, [command], env=environ)

    assert ran.exit_code == 2
    for name in ("QUIETLINE_PUBLIC_URL", "TWILIO_AUTH_TOKEN", "QUIETLINE_KEYS", "QUIETLINE_ORGANISATIONS"):
        assert f"{name} is missing." in ran.stderr


def test_a_mistake_of_ours_is_not_hidden():
    class Wrong(Exception):
        pass

    def stumble() -> None:
        raise Wrong

    group = type(main)("main", callback=stumble, invoke_without_command=True)

    assert isinstance(CliRunner().invoke(group, []).exception, Wrong)


def test_keys_are_a_fresh_ring_each_time():
    one, other = (CliRunner().invoke(main, ["keys"]).stdout for _ in range(2))

    KeyRing.from_json(one)
    assert json.loads(one).keys() == {
        "content",
        "confidential",
        "conversation",
        "index",
        "sending",
    }
    assert one != other


def test_phone_options_that_exclude_each_other_are_refused(tmp_path: Path):
    (tmp_path / "a.script").write_text("")
    for options in (["--json", "--script", f"{tmp_path}/a.script"], ["--json", "--url", "http://127.0.0.1:1"]):
        ran = CliRunner().invoke(main, ["phone", *options])

        assert ran.exit_code == 2
        assert "Usage:" in ran.stderr
