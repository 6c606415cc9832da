"""The condition language: what holds when, written as an operator writes it."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.conditions import FLAGS, SLOTS, VALUES, Condition, View
from conversations.flowfile import loads
from tests.conversations.small import changed


def condition(written: str) -> Condition:
    """A condition as the flow file reads it."""
    when = loads(changed("when: {not: {urgency: past}}", f"when: {written}")).by_id["side"].when
    assert when is not None
    return when


@pytest.mark.parametrize(
    ("written", "view", "holds"),
    [
        ("{urgency: now}", {"urgency": "now"}, True),
        ("{urgency: now}", {}, False),
        ("{urgency: unknown}", {}, True),
        ("{urgency: [emergency, now]}", {"urgency": "emergency"}, True),
        ("{urgency: [emergency, now]}", {"urgency": "past"}, False),
        ("{urgency: now, role: self}", {"urgency": "now", "role": "self"}, True),
        ("{urgency: now, role: self}", {"urgency": "now", "role": "witness"}, False),
        ("{suspect_is: [police, rail_staff]}", {"suspect_is": "rail_staff"}, True),
        ("{quiet: yes}", {"quiet": True}, True),
        ("{quiet: yes}", {}, False),
        ("{quiet: no}", {}, True),
        ("{quiet: true}", {"quiet": True}, True),
        ("{still_there: unknown}", {}, True),
        ("{still_there: [no, unknown]}", {"still_there": False}, True),
        ("{still_there: [no, unknown]}", {"still_there": True}, False),
        ("{behaviours: theft}", {"behaviours": frozenset({"theft", "threat"})}, True),
        ("{behaviours: goods}", {"behaviours": frozenset({"antisocial"})}, True),
        ("{behaviours: [goods, threat]}", {"behaviours": frozenset({"touching"})}, False),
        ("{behaviours: goods}", {}, False),
        ("{language: en}", {"language": "cy"}, False),
        ("{channel: [sms, whatsapp]}", {"channel": "whatsapp"}, True),
        ("{channel: chat}", {}, False),
        ("{hour: 22-6}", {"hour": 22}, True),
        ("{hour: 22-6}", {"hour": 5}, True),
        ("{hour: 22-6}", {"hour": 6}, False),
        ("{hour: 9-17}", {"hour": 9}, True),
        ("{hour: 9-17}", {"hour": 17}, False),
        ("{hour: 20-24}", {"hour": 23}, True),
        ("{hour: 20-24}", {"hour": 0}, False),
        ("{known: place}", {"known": frozenset({"place", "place.at"})}, True),
        ("{known: place.to}", {"known": frozenset({"place", "place.at"})}, False),
        ("{known: [place, service]}", {"known": frozenset({"service"})}, True),
        ("{unknown: [place, service]}", {"known": frozenset({"service"})}, True),
        ("{not: {known: [place, service]}}", {"known": frozenset({"service"})}, False),
        ("{not: {known: [place, service]}}", {}, True),
        ("{unknown: role}", {"role": "self"}, False),
        ("{known: still_there}", {"still_there": False}, True),
        ("{answered: {side: 2}}", {"answered": {"side": 2}}, True),
        ("{answered: {side: [1, 2]}}", {"answered": {"side": 1}}, True),
        ("{answered: {side: 2}}", {}, False),
        ("{answered: {side: 1, near: 2}}", {"answered": {"side": 1}}, False),
        ("{answered: {side: 1, near: 2}}", {"answered": {"side": 1, "near": 2}}, True),
        ("{any: [{urgency: now}, {alarmed: yes}]}", {"alarmed": True}, True),
        ("{any: [{urgency: now}, {alarmed: yes}]}", {}, False),
        ("{not: {any: [{deaf: yes}, {quiet: yes}]}, role: self}", {"role": "self"}, True),
        ("{not: {any: [{deaf: yes}, {quiet: yes}]}, role: self}", {"role": "self", "deaf": True}, False),
    ],
)
def test_a_condition_holds_or_does_not(written: str, view: dict[str, Any], holds: bool) -> None:
    assert condition(written).holds(View(**view)) is holds


def test_a_condition_without_tests_always_holds() -> None:
    assert Condition().holds(View())


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag != "still_there"])
def test_every_flag_is_told_apart(flag: str) -> None:
    yes, no = condition(f"{{{flag}: yes}}"), condition(f"{{{flag}: no}}")

    for value in (True, False):
        view = View(**{flag: value})
        assert (yes.holds(view), no.holds(view)) == (value, not value)


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in VALUES.items() for value in values])
def test_every_value_is_told_apart(key: str, value: str) -> None:
    told = [other for other in VALUES[key] if condition(f"{{{key}: {value}}}").holds(View(**{key: other}))]

    assert told == [value]


@pytest.mark.parametrize("slot", SLOTS)
def test_every_slot_is_known_or_not(slot: str) -> None:
    known, unknown = condition(f"{{known: {slot}}}"), condition(f"{{unknown: {slot}}}")

    assert known.holds(View(known=frozenset({slot})))
    assert not known.holds(View())
    assert unknown.holds(View())
