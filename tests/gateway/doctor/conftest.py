"""Somebody who asks the doctor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from conversations import lint
from gateway.doctor import examine
from gateway.doctor.advice import Severity
from gateway.secrets import new_key_ring
from tests.gateway.served import unused_address

ORGANISATIONS = """\
sinks:
  file: {kind: file, path: "data:reports.jsonl"}
  apart: {kind: file, path: "data:confidential.jsonl"}
organisations:
  - id: north
    name: Northern Police
    timezone: Europe/London
    languages: [en]
    flow: starter
    addresses: ["sms:61016"]
    sinks: [file]
    confidential: [police]
    confidential_sinks: [apart]
"""


@dataclass
class Patient:
    """An environment to be looked at."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def advice(self, severity: Severity | None = None) -> list[str]:
        """What the doctor says, of one severity or all."""
        return [one.text for one in examine(self.environ) if severity in (None, one.severity)]

    @property
    def musts(self) -> list[str]:
        return self.advice(Severity.MUST)

    @property
    def shoulds(self) -> list[str]:
        return self.advice(Severity.SHOULD)

    @property
    def infos(self) -> list[str]:
        return self.advice(Severity.INFO)

    def organisations(self, text: str) -> None:
        """Gives it an organisations file."""
        path = self.folder / "organisations.yaml"
        path.write_text(text, encoding="utf-8")
        self.environ["QUIETLINE_ORGANISATIONS"] = str(path)


_issues, _notices = cache(lint.lint), cache(lint.notices)


@pytest.fixture(autouse=True)
def _each_flow_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is by far the most of what the doctor does, and the shipped flows do not change meanwhile."""
    monkeypatch.setattr(lint, "lint", _issues)
    monkeypatch.setattr(lint, "notices", _notices)


@pytest.fixture
def newcomer(tmp_path: Path) -> Patient:
    """A fresh development installation; no gateway runs."""
    return Patient(tmp_path, {"QUIETLINE_DATA": str(tmp_path / "data"), "QUIETLINE_PUBLIC_URL": unused_address()})


@pytest.fixture
def production(tmp_path: Path) -> Patient:
    """A production installation with all that it needs; its address is given by the test."""
    patient = Patient(tmp_path, dict(PRODUCTION) | {"QUIETLINE_DATA": str(tmp_path / "data")})
    patient.organisations(ORGANISATIONS)
    (tmp_path / "data").mkdir(mode=0o700)
    return patient


PRODUCTION: Mapping[str, str] = {
    "QUIETLINE_ENV": "production",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "the-token",
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_API_SECRET": "api-secret",
    "QUIETLINE_DESK_URL": "https://desk.example.org",
    "QUIETLINE_DESK_PROXIES": "127.0.0.1",
    "QUIETLINE_KEYS": json.dumps(new_key_ring()),
}
