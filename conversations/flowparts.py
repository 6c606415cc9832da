"""The parts of a flow file: lines, keywords, steps, choices, repeats, and how they hang together."""

from __future__ import annotations

import yaml

from conversations.flow import BUILT_IN, Choice, Kind, Repeat, Step, Words
from conversations.nodes import Nodes, position
from conversations.session import ENDINGS
from conversations.wording import Position, Template, Wording, WordingError, parse

_EVERY = ("id", "kind", "text")
_QUESTION = ("asks", "again")
_REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.PLACE: (*_QUESTION, "slot"),
    Kind.TRAIN: (*_QUESTION, "slot"),
    Kind.WORDS: _QUESTION,
    Kind.CHOICE: (*_QUESTION, "choices"),
    Kind.PLAYBACK: (*_QUESTION, "choices", "repeats"),
    Kind.END: ("ends",),
}
_OPTIONAL: dict[Kind, tuple[str, ...]] = {
    Kind.PLACE: ("next", "in_danger", "short"),
    Kind.TRAIN: ("next", "in_danger", "short"),
    Kind.WORDS: ("next", "in_danger", "short", "slot"),
    Kind.CHOICE: ("next", "in_danger", "short"),
    Kind.PLAYBACK: ("next",),
    Kind.END: (),
}
_LINE_NAMES = {"greeting": {"question"}, "danger": {"question"}, "added": {"reference"}}
_MOST_CHOICES = 9


def line(nodes: Nodes, name: str, node: yaml.Node) -> Wording:
    """One of the texts every flow has."""
    return wording(nodes, node, _LINE_NAMES.get(name, set()))


def wording(nodes: Nodes, node: yaml.Node, names: set[str]) -> Wording:
    """A text by language; only the placeholders in `names` are known."""
    templates = {
        language: _template(nodes, item, names) for language, item in nodes.mapping(node, optional=None).items()
    }
    if not templates and isinstance(node, yaml.MappingNode):
        nodes.problem(node, "expected a text for each language")
    return Wording(templates, position(node))


def _template(nodes: Nodes, node: yaml.Node, names: set[str]) -> Template:
    source, where = nodes.text(node), position(node)
    try:
        template = parse(source, where)
    except WordingError as error:
        nodes.problem_at(_within(node, where, source, error.offset), str(error))
        return parse("", where)
    for unknown in sorted(template.names - names):
        known = ", ".join(f"{{{name}}}" for name in sorted(names)) or "none"
        offset = source.index(f"{{{unknown}}}")
        nodes.problem_at(
            _within(node, where, source, offset), f"unknown placeholder {{{unknown}}}; known here: {known}"
        )
    return template


def _within(node: yaml.Node, where: Position, source: str, offset: int) -> Position:
    """The place of an offset: exact in a one-line scalar without escapes, else where the scalar begins."""
    quoted = 1 if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') else 0
    width = node.end_mark.column - node.start_mark.column
    if node.start_mark.line == node.end_mark.line and width == len(source) + 2 * quoted:
        return Position(where.line, where.column + quoted + offset)
    return where


def words(nodes: Nodes, node: yaml.Node) -> Words:
    """Words by language."""
    by_language = {language: nodes.words(item) for language, item in nodes.mapping(node, optional=None).items()}
    return Words(by_language, position(node))


def steps(nodes: Nodes, node: yaml.Node) -> tuple[Step, ...]:
    """All steps, their links checked."""
    found: list[Step] = []
    items = nodes.items(node)
    for index, item in enumerate(items):
        following = _id_of(items[index + 1]) if index + 1 < len(items) else None
        step = _step(nodes, item, following)
        nodes.step = None
        if step is not None:
            found.append(step)
    if len(found) == len(items):
        _check_links(nodes, node, found)
    return tuple(found)


def _id_of(node: yaml.Node) -> str | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return None


def _step(nodes: Nodes, node: yaml.Node, following: str | None) -> Step | None:
    nodes.step = _id_of(node)
    keys = nodes.mapping(node, required=_EVERY, optional=None)
    if set(_EVERY) - set(keys):
        return None
    kind_name = nodes.text(keys["kind"])
    if kind_name not in set(Kind):
        nodes.problem(keys["kind"], f"unknown kind {kind_name!r}; expected one of {', '.join(Kind)}")
        return None
    kind = Kind(kind_name)
    keys = nodes.mapping(node, required=(*_EVERY, *_REQUIRED[kind]), optional=_OPTIONAL[kind])
    if (set(_EVERY) | set(_REQUIRED[kind])) - set(keys):
        return None
    return _build(nodes, kind, keys, following, position(node))


def _build(nodes: Nodes, kind: Kind, keys: dict[str, yaml.Node], following: str | None, at: Position) -> Step:
    names = {Kind.PLAYBACK: {"repeat"}, Kind.END: {"reference"}}.get(kind, set())
    ends = nodes.name(keys["ends"]) if "ends" in keys else None
    if ends is not None and ends not in ENDINGS:
        nodes.problem(keys["ends"], f"unknown ending {ends!r}; expected one of {', '.join(sorted(ENDINGS))}")
    after = None if kind is Kind.END else following
    return Step(
        id=nodes.name(keys["id"]),
        kind=kind,
        text=wording(nodes, keys["text"], names),
        asks=nodes.name(keys["asks"]) if "asks" in keys else None,
        slot=nodes.text(keys["slot"]) if "slot" in keys else None,
        again=wording(nodes, keys["again"], set()) if "again" in keys else None,
        short=wording(nodes, keys["short"], set()) if "short" in keys else None,
        choices=_choices(nodes, keys["choices"]) if "choices" in keys else (),
        repeats=_repeats(nodes, keys["repeats"]) if "repeats" in keys else (),
        next=nodes.name(keys["next"]) if "next" in keys else after,
        in_danger=nodes.yes_no(keys["in_danger"]) if "in_danger" in keys else False,
        ends=ends,
        at=at,
    )


def _choices(nodes: Nodes, node: yaml.Node) -> tuple[Choice, ...]:
    found = []
    items = nodes.items(node)
    for number, item in enumerate(items, 1):
        keys = nodes.mapping(item, required=("words", "to"))
        if len(keys) == 2:
            found.append(Choice(number, words(nodes, keys["words"]), nodes.name(keys["to"]), position(keys["to"])))
    if not 2 <= len(items) <= _MOST_CHOICES:
        nodes.problem(node, f"offer 2 to {_MOST_CHOICES} choices")
    return tuple(found)


def _repeats(nodes: Nodes, node: yaml.Node) -> tuple[Repeat, ...]:
    found = []
    for item in nodes.items(node):
        keys = nodes.mapping(item, required=("slot", "unnamed"))
        if len(keys) == 2:
            found.append(Repeat(nodes.text(keys["slot"]), wording(nodes, keys["unnamed"], set())))
    return tuple(found)


def _check_links(nodes: Nodes, node: yaml.Node, found: list[Step]) -> None:
    ids: set[str] = set()
    for step in found:
        nodes.step = step.id
        if step.id in ids:
            nodes.problem_at(step.at, f"a step {step.id!r} is here already")
        if step.id in BUILT_IN:
            nodes.problem_at(step.at, f"{step.id!r} is built in; choose another id")
        ids.add(step.id)
    for step in found:
        nodes.step = step.id
        links = [(choice.to, choice.at) for choice in step.choices]
        if step.kind is not Kind.END:
            links.append((step.next or "", step.at))
        for target, where in links:
            if target not in ids:
                nodes.problem_at(
                    where, f"leads to {target!r}, which is no step" if target else "leads nowhere; add next"
                )
    nodes.step = None
    if not found or found[0].kind not in (Kind.PLACE, Kind.TRAIN, Kind.WORDS):
        nodes.problem(node, "the first step must be a question of kind place, train or words")
