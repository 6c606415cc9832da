"""The canonical report: one JSON document, held by its shipped schema."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import report
from tests.conversations.player import Player

VALIDATOR = jsonschema.Draft202012Validator(report.schema())


def document() -> dict[str, Any]:
    """A complete report."""
    player = Player()
    for text in ("man keeps staring at me", "victoria", "1805 to brighton", "in the next seat"):
        player.say(text)
    return player.report


def put(where: str, value: Any) -> dict[str, Any]:
    """The report with one value changed; `where` is a path such as `facts.place.at`."""
    changed = copy.deepcopy(document())
    *path, name = where.split(".")
    inner: Any = changed
    for part in path:
        inner = inner[int(part)] if part.isdigit() else inner[part]
    inner[name] = value
    return changed


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(report.schema())


def test_a_report_keeps_the_schema_and_holds_what_it_must():
    made = document()

    VALIDATOR.validate(made)
    assert list(made) == [
        "version",
        "id",
        "reference",
        "revision",
        "audience",
        "organisation",
        "status",
        "times",
        "state",
        "kind",
        "why_urgent",
        "marks",
        "facts",
        "said",
        "account",
        "consent",
        "channel",
        "flow",
    ]
    assert (made["id"], made["reference"], made["organisation"], made["channel"]) == ("r-1", "7KQ4", "demo", "sms")
    assert made["times"] == {
        "started": "2025-11-21T12:00:00Z",
        "last_text": "2025-11-21T12:01:20Z",
        "revised": "2025-11-21T12:01:20Z",
    }
    assert (made["status"], made["state"], made["kind"], made["revision"]) == ("live", "complete", "complete", 3)
    assert made["consent"] == {"contact": None, "name": None, "how": None}
    assert (made["flow"]["slug"], made["flow"]["version"], len(made["flow"]["hash"])) == ("starter", 2, 64)


def test_facts_may_hold_every_label():
    """The form of a single message's labels, optional ones included."""
    facts = {
        "language": "cy",
        "intent": "report",
        "place": {
            "at": None,
            "from": "London Victoria",
            "to": "Brighton",
            "next": None,
            "line": "Northern",
            "between": ["Belsize Park (Underground)", "Hampstead (Underground)"],
            "direction": "south",
            "ids": {"from": "VIC", "to": "BTN", "between": ["9400ZZLUBZP", "9400ZZLUHTD"]},
        },
        "service": {
            "time": "18:05",
            "time_kind": "train",
            "time_ambiguous": True,
            "headcode": "1A23",
            "operator": "Southern",
            "coach": "3 from front",
            "seat": "42A",
            "unit": "377142",
        },
        "behaviours": ["staring", "following"],
        "urgency": "now",
        "role": "witness",
        "suspect_is": "rail_staff",
        "describes_suspect": True,
    }

    VALIDATOR.validate(put("facts", facts))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("number", "+447700900123"),
        ("id", ""),
        ("revision", -1),
        ("revision", "1"),
        ("status", "practice"),
        ("state", "closed"),
        ("kind", "finished"),
        ("times.started", "2025-11-21 12:00"),
        ("times.started", "2025-11-21T12:00:00+00:00"),
        ("times.ended", "2025-11-21T12:00:00Z"),
        ("why_urgent", ["a", "a"]),
        ("facts.place", {}),
        ("facts.place.ids", {"near": "VIC"}),
        ("facts.place.between", ["one"]),
        ("facts.place.at", 7),
        ("facts.service.time", "25:00"),
        ("facts.service.time", "8:05"),
        ("facts.behaviours", ["shouting"]),
        ("facts.urgency", "soon"),
        ("facts.role", "bystander"),
        ("facts.suspect_is", "driver"),
        ("facts.describes_suspect", None),
        ("version", 1),
        ("audience", "everyone"),
        ("marks", ["tired"]),
        ("marks", ["silent", "silent"]),
        ("facts.mood", "calm"),
        ("said.Place", []),
        ("said.look", [{"text": "hat"}]),
        ("account.0.text", None),
        ("account.0.number", "+447700900123"),
        ("consent.contact", "ring"),
        ("consent.number", "+447700900123"),
        ("flow.hash", "abc"),
    ],
)
def test_what_does_not_belong_is_refused(where: str, value: Any):
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(put(where, value))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_763_726_400.999, "2025-11-21T12:00:00Z"),
        (-5, "1970-01-01T00:00:00Z"),
        (1e18, "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_utc_in_whole_seconds(moment: float, text: str):
    assert report.iso(moment) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_moment_is_a_time_of_the_schema(moment: float):
    times = jsonschema.Draft202012Validator(report.schema()["$defs"]["time"])

    times.validate(report.iso(moment))
