"""The steps of a flow file, read strictly, with what their kinds bring filled in."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from conversations.conditions import SLOTS
from conversations.flow import Choice, Kind, Repeat, Step, Words
from conversations.flowconditions import Ground, condition
from conversations.flowtexts import wording, words
from conversations.kinds import KINDS, SETTABLE, told_by
from conversations.nodes import Nodes, position
from conversations.session import ENDINGS
from conversations.wording import Wording

EVERY = ("id", "kind", "text")
"""The keys that every step has."""

MOST_CHOICES = 9
REPEATABLE = ("place", "service", "when")
"""What a play-back may repeat (R2)."""

_NAMES = {Kind.PLAYBACK: ("repeat",), Kind.END: ("reference",)}
_TELLS: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}


def id_of(node: yaml.Node) -> str | None:
    """The id of a step, None where it has none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return None


def step(ground: Ground, node: yaml.Node, keywords: Mapping[str, Words]) -> Step | None:
    """One step; None where it cannot be told what it is."""
    nodes = ground.nodes
    keys = nodes.mapping(node, required=EVERY, optional=None)
    if set(EVERY) - set(keys):
        return None
    kind_name = nodes.text(keys["kind"])
    if kind_name not in set(Kind):
        nodes.problem(keys["kind"], f"unknown kind {kind_name!r}; expected one of {', '.join(Kind)}")
        return None
    kind = Kind(kind_name)
    brings = KINDS[kind]
    keys = nodes.mapping(node, required=(*EVERY, *brings.needs), optional=brings.may)
    if {*EVERY, *brings.needs} - set(keys):
        return None
    return _build(ground, kind, keys, node, keywords)


def _build(
    ground: Ground, kind: Kind, keys: dict[str, yaml.Node], node: yaml.Node, keywords: Mapping[str, Words]
) -> Step:
    nodes, brings = ground.nodes, KINDS[kind]
    slot = nodes.one_of(keys["slot"], SLOTS, "slot") if "slot" in keys else brings.slot

    def text(key: str) -> Wording | None:
        return wording(ground, keys[key], _NAMES.get(kind, ()) if key == "text" else ()) if key in keys else None

    return Step(
        id=nodes.name(keys["id"]),
        kind=kind,
        text=wording(ground, keys["text"], _NAMES.get(kind, ())),
        asks=nodes.name(keys["asks"]) if "asks" in keys else brings.asks,
        slot=slot,
        when=condition(ground, keys["when"]) if "when" in keys else None,
        again=text("again"),
        short=text("short"),
        choices=_choices(ground, kind, keys, slot, keywords),
        repeats=_repeats(ground, keys["repeats"]) if "repeats" in keys else (),
        minutes=nodes.minutes(keys["minutes"]) if "minutes" in keys else None,
        ends=nodes.one_of(keys["ends"], sorted(ENDINGS), "ending") if "ends" in keys else None,
        at=position(node),
    )


def _choices(
    ground: Ground, kind: Kind, keys: dict[str, yaml.Node], slot: str | None, keywords: Mapping[str, Words]
) -> tuple[Choice, ...]:
    nodes, two = ground.nodes, KINDS[kind].two
    usual = [keywords.get("yes", Words({})), keywords.get("no", Words({}))] if two else []
    if "choices" not in keys:
        return tuple(Choice(number, said, told_by(kind, slot, number)) for number, said in enumerate(usual, 1))
    node = keys["choices"]
    items = nodes.items(node)
    if two and len(items) != 2:
        nodes.problem(node, "a yes_no question has 2 choices: yes, then no")
        return ()
    if not 2 <= len(items) <= MOST_CHOICES:
        nodes.problem(node, f"offer 2 to {MOST_CHOICES} choices")
        return ()
    found = []
    for number, item in enumerate(items, 1):
        usually = Choice(number, usual[number - 1] if two else Words({}), told_by(kind, slot, number))
        found.append(_choice(ground, item, usually, required=() if two else ("words",)))
    return tuple(found)


def _choice(ground: Ground, node: yaml.Node, usually: Choice, required: tuple[str, ...]) -> Choice:
    nodes = ground.nodes
    keys = nodes.mapping(node, required=required, optional=tuple({"words", "sets", "to"} - set(required)))
    return Choice(
        usually.number,
        words(ground, keys["words"]) if "words" in keys else usually.words,
        _sets(nodes, keys["sets"]) if "sets" in keys else usually.sets,
        nodes.name(keys["to"]) if "to" in keys else None,
        position(keys.get("to", node)),
    )


def _sets(nodes: Nodes, node: yaml.Node) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {}
    pairs = nodes.mapping(node, optional=tuple(SETTABLE))
    if isinstance(node, yaml.MappingNode) and not node.value:
        nodes.problem(node, f"name at least one of {', '.join(SETTABLE)}")
    for key, value_node in pairs.items():
        value, known = nodes.text(value_node), SETTABLE[key]
        told: str | bool = _TELLS.get(value, value) if True in known else value
        if told not in known:
            names = ["yes", "no"] if True in known else [str(each) for each in known]
            nodes.problem(value_node, f"expected {' or '.join(names)}")
        found[key] = told
    return found


def _repeats(ground: Ground, node: yaml.Node) -> tuple[Repeat, ...]:
    found: list[Repeat] = []
    items = ground.nodes.items(node)
    if not items:
        ground.nodes.problem(node, "name at least one")
    for item in items:
        keys = ground.nodes.mapping(item, required=("slot", "name", "unnamed"))
        if len(keys) == 3:
            slot = ground.nodes.one_of(keys["slot"], REPEATABLE, "thing to repeat (R2)")
            found.append(Repeat(slot, wording(ground, keys["name"]), wording(ground, keys["unnamed"])))
    return tuple(found)
