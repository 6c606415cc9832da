"""Conditions of a flow file, read strictly. What they name is checked once the whole file is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import yaml
from msgspec import Struct, field

from conversations.conditions import (
    BEHAVIOURS,
    FLAGS,
    SLOTS,
    VALUES,
    Answered,
    AnyOf,
    Between,
    Condition,
    Happened,
    Is,
    Knows,
    Not,
    Test,
)
from conversations.flow import Step
from conversations.nodes import Nodes, position
from conversations.wording import Position

KEYS = (*VALUES, "behaviours", "language", "channel", "hour", *FLAGS, "known", "unknown", "answered", "any", "not")
"""The keys of a condition."""

_HOURS = re.compile(r"([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-4])\Z")
_YES_NO: Mapping[str, bool | None] = {"yes": True, "true": True, "no": False, "false": False, "unknown": None}
_MOST_CHOICES = 9


class Ground(Struct):
    """What the parts of a file are read against, and the answers that conditions ask for, to be checked at the end."""

    nodes: Nodes
    languages: tuple[str, ...] = ()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    answered: list[tuple[Position, str | None, Answered]] = field(default_factory=list)

    def check_answers(self, by_id: Mapping[str, Step]) -> None:
        """Notes conditions on answers that no question has."""
        for where, within, test in self.answered:
            self.nodes.step = within
            step = by_id.get(test.step)
            if step is None:
                self.nodes.problem_at(where, f"{test.step!r} is no step")
            elif max(test.numbers) > len(step.choices):
                self.nodes.problem_at(where, f"step {test.step!r} offers {len(step.choices)} choices")
        self.nodes.step = None


def condition(ground: Ground, node: yaml.Node) -> Condition:
    """A condition."""
    found = ground.nodes.mapping(node, optional=KEYS)
    if isinstance(node, yaml.MappingNode) and not node.value:
        ground.nodes.problem(node, f"name at least one of {', '.join(KEYS)}")
    return Condition(tuple(_READERS[key](ground, key, value) for key, value in found.items()))


def _values(ground: Ground, key: str, node: yaml.Node) -> Test:
    items = ground.nodes.one_or_more(node)
    return Is(key, tuple(ground.nodes.one_of(item, VALUES[key], key) for item in items))


def _flag(ground: Ground, key: str, node: yaml.Node) -> Test:
    known = ("yes", "no", "unknown") if key == "still_there" else ("yes", "no")
    found: list[bool | None] = []
    for item in ground.nodes.one_or_more(node):
        value = ground.nodes.text(item)
        if value not in known and (value not in _YES_NO or value == "unknown"):
            ground.nodes.problem(item, f"expected {' or '.join(known)}")
        found.append(_YES_NO.get(value))
    return Is(key, tuple(found))


def _behaviours(ground: Ground, key: str, node: yaml.Node) -> Test:
    found: set[str] = set()
    for item in ground.nodes.one_or_more(node):
        value = ground.nodes.one_of(item, (*ground.groups, *BEHAVIOURS), "behaviour")
        found |= ground.groups.get(value, {value})
    return Happened(frozenset(found))


def _language(ground: Ground, key: str, node: yaml.Node) -> Test:
    items = ground.nodes.one_or_more(node)
    return Is(key, tuple(ground.nodes.one_of(item, ground.languages, "language") for item in items))


def _channel(ground: Ground, key: str, node: yaml.Node) -> Test:
    return Is(key, tuple(ground.nodes.name(item) for item in ground.nodes.one_or_more(node)))


def _hour(ground: Ground, key: str, node: yaml.Node) -> Test:
    hours = _HOURS.match(ground.nodes.text(node))
    if hours is None or int(hours[1]) == int(hours[2]):
        ground.nodes.problem(node, "expected hours such as 22-6")
        return Between(0, 24)
    return Between(int(hours[1]), int(hours[2]))


def _slots(ground: Ground, key: str, node: yaml.Node) -> Test:
    items = ground.nodes.one_or_more(node)
    return Knows(tuple(ground.nodes.one_of(item, SLOTS, "slot") for item in items), key == "known")


def _answered(ground: Ground, key: str, node: yaml.Node) -> Test:
    found = ground.nodes.mapping(node, optional=None)
    if not found:
        ground.nodes.problem(node, "expected a step and the number chosen there")
    tests: list[Test] = []
    for step, value in found.items():
        numbers = tuple(_number(ground, item) for item in ground.nodes.one_or_more(value))
        test = Answered(step, numbers or (0,))
        ground.answered.append((position(value), ground.nodes.step, test))
        tests.append(test)
    return tests[0] if len(tests) == 1 else Condition(tuple(tests))


def _number(ground: Ground, node: yaml.Node) -> int:
    value = ground.nodes.integer(node)
    if value > _MOST_CHOICES:
        ground.nodes.problem(node, f"choices are numbered from 1 to {_MOST_CHOICES}")
        return 1
    return value


def _any(ground: Ground, key: str, node: yaml.Node) -> Test:
    items = ground.nodes.items(node)
    if not items:
        ground.nodes.problem(node, "name at least one condition")
    return AnyOf(tuple(condition(ground, item) for item in items))


def _not(ground: Ground, key: str, node: yaml.Node) -> Test:
    return Not(condition(ground, node))


_READERS: Mapping[str, Callable[[Ground, str, yaml.Node], Test]] = {
    **dict.fromkeys(VALUES, _values),
    **dict.fromkeys(FLAGS, _flag),
    "behaviours": _behaviours,
    "language": _language,
    "channel": _channel,
    "hour": _hour,
    "known": _slots,
    "unknown": _slots,
    "answered": _answered,
    "any": _any,
    "not": _not,
}
