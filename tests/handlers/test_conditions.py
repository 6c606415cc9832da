"""What is worth an alarm, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handlers.conditions import Surroundings, found, minutes
from handlers.records.alarms import RouteRow
from handlers.service import Directory
from handlers.status import CONFIDENTIAL, DESK, SinkStatus, Status
from tests.fakes import organisation

QUIET = Status(DESK, 0.0, (), {}, {}, {"worker": 5.0, "clock": 5.0}, {}, {})
NOTHING = Surroundings({})
DIRECTORY = Directory([organisation(), organisation("trams", "sms:62022", confidential_sinks=("apart",))])


def alarms(status: Status, around: Surroundings = NOTHING) -> dict[str, str]:
    return {each.id: each.words for each in found(status, DIRECTORY, around)}


def with_sink(**values: Any) -> Status:
    return replace(QUIET, sinks=(SinkStatus("room", **values),))


def test_an_idle_installation_alarms_nobody() -> None:
    assert alarms(QUIET) == {}
    assert alarms(replace(QUIET, silent_for={"worker": None, "clock": None})) == {}, "it has only just begun"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"waiting": 1, "oldest": 119.9, "danger": 1, "danger_oldest": 119.9}, {}),
        (
            {"waiting": 1, "oldest": 120.0, "danger": 1, "danger_oldest": 120.0},
            {"danger:room": "1 report of danger not at room for 2 min."},
        ),
        ({"waiting": 3, "oldest": 899.0}, {}),
        ({"waiting": 3, "oldest": 900.0}, {"waiting:room": "3 reports not at room for 15 min."}),
        ({"parked": 2}, {"parked:room": "2 reports refused by room, parked for a person: quietline dead list"}),
        (
            {"paused_cause": "http 403", "paused_for": 1.0},
            {"paused:room": "room refuses everything (http 403); it is tried each minute."},
        ),
        (
            {"waiting": 1, "oldest": 120.0, "untouched": 120.0},
            {"untouched:room": "Nobody has tried room for 2 min: is the worker running?"},
        ),
    ],
)
def test_f8_f9_a_sink_alarms_at_its_limits(values: dict[str, Any], expected: dict[str, str]) -> None:
    assert alarms(with_sink(**values)) == expected


@pytest.mark.parametrize(
    ("status", "around", "expected"),
    [
        (replace(QUIET, silent_for={"worker": 121.0}), NOTHING, ["silent:worker"]),
        (replace(QUIET, texts={"held": (1, 0.0)}), NOTHING, ["held"]),
        (replace(QUIET, texts={"due": (1, 599.0)}), NOTHING, []),
        (replace(QUIET, texts={"due": (1, 600.0)}), NOTHING, ["turns"]),
        (QUIET, Surroundings({}, spooled=3), ["spool"]),
        (QUIET, Surroundings({}, spool_fault="OSError"), ["spool"]),
        (QUIET, Surroundings({"twilio": "20003"}), ["carrier:twilio"]),
        (replace(QUIET, synthetic={"synthetic.btp": 1e6}), NOTHING, []),
        (replace(QUIET, synthetic={"btp": 899.0}), Surroundings({}, period=300.0), []),
        (replace(QUIET, synthetic={"btp": 900.0}), Surroundings({}, period=300.0), ["synthetic:btp"]),
        (replace(QUIET, routes=(RouteRow("1 slack", DESK, None, 5, "refused"),)), NOTHING, ["routes"]),
        (replace(QUIET, routes=(RouteRow("1 slack", DESK, 5, None, None),)), NOTHING, []),
    ],
)
def test_everything_else_alarms_at_its_limits(status: Status, around: Surroundings, expected: list[str]) -> None:
    assert list(alarms(status, around)) == expected


def test_r8_a_confidential_report_without_a_sink_alarms_that_team_alone() -> None:
    theirs = replace(QUIET, audience=CONFIDENTIAL, nowhere={"btp": (1, 60.0), "trams": (1, 60.0)})

    (alarm,) = found(theirs, DIRECTORY, Surroundings({"twilio": "20003"}, spooled=9))

    assert (alarm.id, alarm.audience) == ("confidential:nowhere:btp", CONFIDENTIAL)
    assert alarm.words == "1 report held for 60 s: btp has no confidential sink."


def test_ages_are_short_words() -> None:
    assert [minutes(age) for age in (0, 119, 120, 7199, 7200, 172799, 172800)] == [
        "0 s", "119 s", "2 min", "120 min", "2 h", "48 h", "2 days",
    ]  # fmt: skip
