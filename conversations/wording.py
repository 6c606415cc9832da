"""The wording of a text of ours: plain placeholders, parts that may be dropped, one template a language.

`{name}` is filled in; `[1:words]` may be left out when the whole would not fit one segment, lowest number first.
Nothing else has a meaning: there are no expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from conversations.texts import fits_one

_TOKEN = re.compile(r"\{(?P<name>[a-z_]+)\}|\[(?P<order>[1-9]):|(?P<close>\])|(?P<stray>[{}\[])|(?P<plain>[^{}\[\]]+)")


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in its file; both count from 1, 0 where it stands in none."""

    line: int = 0
    column: int = 0


NOWHERE = Position()


class WordingError(ValueError):
    """A template that cannot be read. `offset` is where, in code points from its start."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a template: literal text and placeholder names in turn; `order` 0 is never dropped."""

    pieces: tuple[tuple[str, bool], ...]
    order: int

    def fill(self, values: Mapping[str, str]) -> str:
        """The part with its placeholders filled in."""
        return "".join(values[text] if is_name else text for text, is_name in self.pieces)


@dataclass(frozen=True, slots=True)
class Template:
    """One text in one language. `fixed` is the text itself where nothing has to be filled in."""

    source: str
    parts: tuple[Part, ...]
    names: frozenset[str]
    fixed: str | None
    at: Position = NOWHERE

    def render(self, values: Mapping[str, str]) -> str:
        """The text with `values` filled in, dropping marked parts, lowest number first, until it fits one segment.

        It may still be longer when nothing is left to drop: the lint sees to it that it is not.
        """
        if self.fixed is not None:
            return self.fixed
        return _render(self.parts, values)


def parse(source: str, at: Position = NOWHERE) -> Template:
    """Reads a template. Raises WordingError with the offset of the fault."""
    parts: list[Part] = []
    pieces: list[tuple[str, bool]] = []
    order, opened = 0, 0
    for token in _TOKEN.finditer(source):
        if token["plain"] is not None:
            pieces.append((token["plain"], False))
        elif token["name"] is not None:
            pieces.append((token["name"], True))
        elif token["order"] is not None and not order:
            parts.append(Part(tuple(pieces), 0))
            pieces, order, opened = [], int(token["order"]), token.start()
        elif token["close"] is not None and order:
            parts.append(Part(tuple(pieces), order))
            pieces, order = [], 0
        else:
            raise WordingError(f"{token[0]!r} has no meaning here; write {{name}} or [1:words]", token.start())
    if order:
        raise WordingError("this part is not closed with ]", opened)
    parts.append(Part(tuple(pieces), 0))
    whole = tuple(part for part in parts if part.pieces)
    names = frozenset(text for part in whole for text, is_name in part.pieces if is_name)
    return Template(source, whole, names, None if names else _render(whole, {}), at)


def _render(parts: tuple[Part, ...], values: Mapping[str, str]) -> str:
    text = "".join([part.fill(values) for part in parts])
    if fits_one(text):
        return text
    for drop in sorted({part.order for part in parts} - {0}):
        text = "".join([part.fill(values) for part in parts if not 0 < part.order <= drop])
        if fits_one(text):
            break
    return text


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in all languages of its flow."""

    templates: Mapping[str, Template]
    at: Position = NOWHERE

    def render(self, language: str, values: Mapping[str, str]) -> str:
        """The text in `language`. Raises KeyError for a language the flow does not have."""
        return self.templates[language].render(values)
