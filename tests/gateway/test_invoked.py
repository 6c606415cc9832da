"""What a newcomer is told to type works as it stands there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.invoked import call


def test_the_command_is_typed_with_what_was_set_for_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("QUIETLINE_DATA", "my data")
    monkeypatch.setenv("PORT", "")
    typed = call("--version", "QUIETLINE_DATA", "PORT")
    assert typed.startswith("QUIETLINE_DATA='my data' /")
    assert typed.endswith("/quietline --version")
    assert subprocess.run(typed, shell=True, capture_output=True, text=True, check=True).stdout.startswith("quietline")  # noqa: S602


def test_the_name_alone_is_told_only_to_who_has_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert call("phone") == "quietline phone"
    assert call("phone", by_name=False).endswith("/quietline phone")
