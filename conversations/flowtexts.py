"""The texts and words of a flow file, read strictly."""

from __future__ import annotations

import re
from collections.abc import Collection

import yaml

from conversations.conditions import Condition
from conversations.flow import Words
from conversations.flowconditions import Ground, condition
from conversations.nodes import Nodes, position
from conversations.wording import Position, Template, Templates, Wording, WordingError, parse

_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


def language(nodes: Nodes, node: yaml.Node, name: str) -> None:
    """Notes a name that is no language code (ISO 639)."""
    if not _LANGUAGE.match(name):
        nodes.problem(node, f"{name!r} is no language code such as en or cy")


def wording(ground: Ground, node: yaml.Node, names: Collection[str] = ()) -> Wording:
    """A text by language, or a list of such texts each with its `when`, the last without one.

    Only the placeholders in `names` are known.
    """
    if not isinstance(node, yaml.SequenceNode):
        return Wording(_templates(ground, node, names), position(node))
    variants: list[tuple[Condition, Templates]] = []
    templates: Templates = {}
    if not node.value:
        ground.nodes.problem(node, "expected a text for each language")
    for item in node.value:
        when, templates = _variant(ground, item, names)
        last = item is node.value[-1]
        if when is not None and not last:
            variants.append((when, templates))
        elif when is not None or not last:
            ground.nodes.problem(item, "the last text has no 'when'" if last else "'when' is missing")
    return Wording(templates, position(node), tuple(variants))


def _variant(ground: Ground, node: yaml.Node, names: Collection[str]) -> tuple[Condition | None, Templates]:
    if not isinstance(node, yaml.MappingNode):
        return None, _templates(ground, node, names)
    pairs = [pair for pair in node.value if pair[0].value != "when"]
    whens = [value for key, value in node.value if key.value == "when"]
    if len(whens) > 1:
        ground.nodes.problem(node, "'when' is here twice")
    when = condition(ground, whens[0]) if whens else None
    rest = yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
    return when, _templates(ground, rest, names)


def _templates(ground: Ground, node: yaml.Node, names: Collection[str]) -> Templates:
    found = ground.nodes.mapping(node, optional=None)
    if not found and isinstance(node, yaml.MappingNode):
        ground.nodes.problem(node, "expected a text for each language")
    for name, item in found.items():
        language(ground.nodes, item, name)
    return {name: _template(ground.nodes, item, names) for name, item in found.items()}


def _template(nodes: Nodes, node: yaml.Node, names: Collection[str]) -> Template:
    source, where = nodes.text(node), position(node)
    try:
        template = parse(source, where)
    except WordingError as error:
        nodes.problem_at(_within(node, where, source, error.offset), str(error))
        return parse("", where)
    for unknown in sorted(template.names - set(names)):
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


def words(ground: Ground, node: yaml.Node) -> Words:
    """Words by language."""
    found = ground.nodes.mapping(node, optional=None)
    for name, item in found.items():
        language(ground.nodes, item, name)
    return Words({name: ground.nodes.words(item) for name, item in found.items()}, position(node))
