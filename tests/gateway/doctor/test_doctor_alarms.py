"""The doctor asks whether anybody is told when something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Config
from gateway.doctor import alarms, examine

PRODUCTION = {"QUIETLINE_ENV": "production"}


def said(**settings: str) -> list[str]:
    return [one.text for one in alarms.check(Config.read(PRODUCTION | settings))]


def test_production_without_a_way_for_alarms_is_advised() -> None:
    assert [line.split()[0] for line in said()] == ["QUIETLINE_ALARM_URLS", "QUIETLINE_ALARM_HEARTBEAT_URL"]
    assert list(alarms.check(Config.read({}))) == []


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_an_address_that_cannot_be_read_is_named_by_its_number_alone(tmp_path: Path) -> None:
    given = {
        "QUIETLINE_ALARM_URLS": "json://check.example.org nonsense://canary-5Nq8",
        "QUIETLINE_ALARM_HEARTBEAT_URL": "https://check.example.org/ping",
    }

    assert said(**given) == ["QUIETLINE_ALARM_URLS: address 2 is none that Apprise can read."]
    everything = [one.text for one in examine(PRODUCTION | given | {"QUIETLINE_DATA": str(tmp_path)})]
    assert said(**given)[0] in everything
    assert "canary" not in " ".join(everything)
