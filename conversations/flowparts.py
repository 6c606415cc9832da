"""The parts of a flow file round its steps: lines, keywords, topics, orders, and how it all hangs together."""

from __future__ import annotations

import yaml

from conversations.conditions import BEHAVIOURS
from conversations.flow import BUILT_IN, KEYWORDS, LINES, Kind, Order, Step, Topic, Words
from conversations.flowconditions import Ground, condition
from conversations.flowsteps import id_of, step
from conversations.flowtexts import language, wording, words
from conversations.nodes import Nodes, position
from conversations.wording import Wording

TOPIC_NAMES = ("question",)
"""The placeholders that a topic's answer may use."""


def languages(nodes: Nodes, node: yaml.Node) -> tuple[str, ...]:
    """The languages of a flow, the first its own."""
    found = nodes.words(node)
    for name in found:
        language(nodes, node, name)
    if isinstance(node, yaml.SequenceNode) and not found:
        nodes.problem(node, "name at least one language")
    return found


def reviewed_by(ground: Ground, node: yaml.Node | None) -> dict[str, str]:
    """Who has read each language; an empty text for nobody yet."""
    found: dict[str, str] = {}
    for name, value in ground.nodes.mapping(node, optional=ground.languages).items() if node else ():
        if isinstance(value, yaml.ScalarNode):
            found[name] = value.value.strip()
        else:
            ground.nodes.problem(value, "expected a name")
    return found


def groups(nodes: Nodes, node: yaml.Node | None) -> dict[str, frozenset[str]]:
    """Names for several behaviours at once."""
    found: dict[str, frozenset[str]] = {}
    for name, value in nodes.mapping(node, optional=None).items() if node else ():
        if name in BEHAVIOURS:
            nodes.problem(value, f"{name!r} is a behaviour already")
        items = nodes.one_or_more(value)
        found[name] = frozenset(nodes.one_of(item, BEHAVIOURS, "behaviour") for item in items)
    return found


def lines(ground: Ground, node: yaml.Node) -> dict[str, Wording]:
    """The texts every flow has."""
    found = ground.nodes.mapping(node, required=tuple(LINES))
    return {name: wording(ground, value, LINES[name]) for name, value in found.items()}


def keywords(ground: Ground, node: yaml.Node) -> dict[str, Words]:
    """The words of every keyword."""
    found = ground.nodes.mapping(node, required=KEYWORDS)
    return {name: words(ground, value) for name, value in found.items()}


def topics(ground: Ground, node: yaml.Node | None) -> tuple[Topic, ...]:
    """The questions of the reporter's that are answered in one line."""
    found: list[Topic] = []
    for item in ground.nodes.items(node) if node else ():
        keys = ground.nodes.mapping(item, required=("id", "words", "text"))
        if len(keys) == 3:
            topic = Topic(
                ground.nodes.name(keys["id"]),
                words(ground, keys["words"]),
                wording(ground, keys["text"], TOPIC_NAMES),
                position(item),
            )
            if topic.id in {other.id for other in found}:
                ground.nodes.problem(item, f"a topic {topic.id!r} is here already")
            found.append(topic)
    return tuple(found)


def orders(ground: Ground, node: yaml.Node) -> tuple[tuple[Order, yaml.Node], ...]:
    """The orders with the nodes that list their questions; the last has no condition."""
    found: list[tuple[Order, yaml.Node]] = []
    items = ground.nodes.items(node)
    for item in items:
        keys = ground.nodes.mapping(item, required=("ask",), optional=("when",))
        if "ask" not in keys:
            continue
        last = item is items[-1]
        if last and "when" in keys:
            ground.nodes.problem(keys["when"], "the last order has no 'when', so that one always fits")
        if not last and "when" not in keys:
            ground.nodes.problem(item, "'when' is missing; only the last order does without")
        ask = ground.nodes.words(keys["ask"])
        if isinstance(keys["ask"], yaml.SequenceNode) and not ask:
            ground.nodes.problem(keys["ask"], "name at least one question")
        when = condition(ground, keys["when"]) if "when" in keys else None
        found.append((Order(when, ask, position(item)), keys["ask"]))
    if isinstance(node, yaml.SequenceNode) and not items:
        ground.nodes.problem(node, "name at least one order")
    return tuple(found)


def steps(ground: Ground, node: yaml.Node, known: dict[str, Words]) -> tuple[Step, ...] | None:
    """All steps; None where one of them cannot be read."""
    found: list[Step] = []
    items = ground.nodes.items(node)
    for item in items:
        ground.nodes.step = id_of(item)
        read = step(ground, item, known)
        ground.nodes.step = None
        if read is not None:
            found.append(read)
    return tuple(found) if items and len(found) == len(items) else None


def check_links(
    ground: Ground, node: yaml.Node, found: tuple[Step, ...], asked: tuple[tuple[Order, yaml.Node], ...]
) -> None:
    """Notes ids that are taken, links that lead nowhere, orders of things that are no steps."""
    by_id = _by_id(ground.nodes, found)
    for each in found:
        ground.nodes.step = each.id
        for choice in each.choices:
            if choice.to is not None and choice.to not in by_id:
                ground.nodes.problem_at(choice.at, f"leads to {choice.to!r}, which is no step")
    ground.nodes.step = None
    if not any(each.kind is Kind.END for each in found):
        ground.nodes.problem(node, "a step of kind end is missing")
    for order, listed in asked:
        _check_order(ground.nodes, order, listed, by_id)
    ground.check_answers(by_id)


def _by_id(nodes: Nodes, found: tuple[Step, ...]) -> dict[str, Step]:
    by_id: dict[str, Step] = {}
    for each in found:
        nodes.step = each.id
        if each.id in by_id:
            nodes.problem_at(each.at, f"a step {each.id!r} is here already")
        if each.id in BUILT_IN:
            nodes.problem_at(each.at, f"{each.id!r} is built in; choose another id")
        by_id.setdefault(each.id, each)
    return by_id


def _check_order(nodes: Nodes, order: Order, listed: yaml.Node, by_id: dict[str, Step]) -> None:
    for name, item in zip(order.ask, nodes.items(listed), strict=False):
        if name not in by_id:
            nodes.problem(item, f"{name!r} is no step")
    if order.ask and order.ask[0] in by_id and by_id[order.ask[0]].kind in (Kind.END, Kind.PLAYBACK):
        nodes.problem(listed, "an order begins with a question")
