"""YAML nodes read strictly: what is missing, doubled, unknown or of the wrong form becomes a problem with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import yaml
from msgspec import Struct

from conversations.wording import Position

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_NUMBER = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?\Z", re.ASCII)
_NO_NAMES = ("true", "false")
_DEEPEST = 24

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Loads plain data alone; the one in C, ten times as quick, where the library has it."""


class Problem(Struct, frozen=True):
    """One fault of a file: where (both count from 1), in which step if in one, and what to do about it."""

    line: int
    column: int
    step: str | None
    message: str

    def __str__(self) -> str:
        step = f" step {self.step}:" if self.step else ""
        return f"line {self.line}, column {self.column}:{step} {self.message}"


def position(node: yaml.Node) -> Position:
    """Where a node begins."""
    mark = node.start_mark
    return Position(mark.line + 1, mark.column + 1)


def plain(node: yaml.Node) -> Any:
    """The node as strings, lists and dictionaries."""
    if isinstance(node, yaml.MappingNode):
        return {str(plain(key)): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    return node.value


class Nodes:
    """Reads nodes and gathers problems, so that one look at the list mends the whole file."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.step: str | None = None

    def problem(self, node: yaml.Node, message: str) -> None:
        """Notes a fault where a node begins."""
        where = position(node)
        self.problems.append(Problem(where.line, where.column, self.step, message))

    def problem_at(self, where: Position, message: str) -> None:
        """Notes a fault at a place."""
        self.problems.append(Problem(where.line, where.column, self.step, message))

    def is_tree(self, root: yaml.Node) -> bool:
        """Whether no node is used twice. Aliases are refused: a small file could unfold without end."""
        seen: set[int] = set()
        waiting = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > _DEEPEST:
                self.problem(node, "this is nested too deeply")
                return False
            if id(node) in seen:
                self.problem(node, "anchors and aliases (& and *) are not used in flows; write it out")
                return False
            seen.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                waiting.extend((item, depth + 1) for item in node.value)
            elif isinstance(node, yaml.MappingNode):
                waiting.extend((part, depth + 1) for pair in node.value for part in pair)
        return True

    def mapping(
        self, node: yaml.Node, required: Sequence[str] = (), optional: Sequence[str] | None = ()
    ) -> dict[str, yaml.Node]:
        """The values by key; `optional` None allows any key."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"expected {self._keys(required)}")
            return {}
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_node, "a key must be a word")
            elif optional is not None and key not in required and key not in optional:
                self.problem(key_node, f"unknown key {key!r}; expected {self._keys([*required, *optional])}")
            elif key in found:
                self.problem(key_node, f"{key!r} is here twice")
            else:
                found[key] = value
        for key in required:
            if key not in found:
                self.problem(node, f"{key!r} is missing")
        return found

    def items(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.problem(node, "expected a list")
        return []

    def text(self, node: yaml.Node) -> str:
        """A text that is not blank."""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, "expected a text")
            return ""
        value: str = node.value
        if not value.strip():
            self.problem(node, "expected a text that is not blank")
        return value

    def name(self, node: yaml.Node) -> str:
        """An id."""
        value = self.text(node)
        if value.strip() and (not NAME.match(value) or value in _NO_NAMES):
            self.problem(node, f"{value!r} is no id; use small letters, figures and _, a letter first")
        return value

    def integer(self, node: yaml.Node) -> int:
        """A whole number from 1."""
        value = self.text(node)
        if _is_plain(node) and value.isascii() and value.isdigit() and 0 < len(value) < 10 and int(value):
            return int(value)
        self.problem(node, "expected a whole number from 1")
        return 0

    def minutes(self, node: yaml.Node) -> float:
        """Minutes, more than none and at most 60."""
        value = self.text(node)
        if _is_plain(node) and _NUMBER.match(value) and 0 < float(value) <= 60:
            return float(value)
        self.problem(node, "expected minutes, more than 0 and at most 60")
        return 0.0

    def yes_no(self, node: yaml.Node) -> bool:
        """yes or no."""
        value = _YES_NO.get(self.text(node))
        if value is None:
            self.problem(node, "expected yes or no")
        return bool(value)

    def one_or_more(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list that is not empty, or the one value that stands in its place."""
        if not isinstance(node, yaml.SequenceNode):
            return [node]
        if not node.value:
            self.problem(node, "name at least one")
        return list(node.value)

    def one_of(self, node: yaml.Node, values: Collection[str], what: str) -> str:
        """A text that is one of some values."""
        value = self.text(node)
        if value not in values:
            self.problem(node, f"unknown {what} {value!r}; expected one of {', '.join(values)}")
        return value

    def words(self, node: yaml.Node) -> tuple[str, ...]:
        """A list of texts, none twice."""
        found: list[str] = []
        for item in self.items(node):
            word = self.text(item)
            if word in found:
                self.problem(item, f"{word!r} is here twice")
            found.append(word)
        return tuple(found)

    @staticmethod
    def _keys(keys: Sequence[str]) -> str:
        return "keys " + ", ".join(keys) if keys else "keys and values"


def _is_plain(node: yaml.Node) -> bool:
    """Whether a value stands without quotes: quoted figures are a text, for an editor too."""
    return isinstance(node, yaml.ScalarNode) and not node.style
