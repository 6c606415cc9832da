"""The wording of a text of ours: plain placeholders, parts that may be dropped, one template a language.

`{name}` is filled in; `[1:words]` may be left out when the whole would not fit one segment, lowest number first, and is
where what it names is empty.
Nothing else has a meaning: there are no expressions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from conversations.conditions import Condition, View
from conversations.texts import fits_one

_TOKEN = re.compile(r"\{(?P<name>[a-z_]+)\}|\[(?P<order>[1-9]):|(?P<close>\])|(?P<stray>[{}\[])|(?P<plain>[^{}\[\]]+)")


class Position(Struct, frozen=True):
    """Where something stands in its file; both count from 1, 0 where it stands in none."""

    line: int = 0
    column: int = 0


NOWHERE = Position()


class WordingError(ValueError):
    """A template that cannot be read. `offset` is where, in code points from its start."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Part(Struct, frozen=True):
    """A stretch of a template: literal text and placeholder names in turn; `order` 0 is never dropped."""

    pieces: tuple[tuple[str, bool], ...]
    order: int

    def fill(self, values: Mapping[str, str]) -> str:
        """The part with its placeholders filled in."""
        return "".join([values[text] if is_name else text for text, is_name in self.pieces])

    def lacks(self, values: Mapping[str, str]) -> bool:
        """Whether a placeholder of it has nothing to be filled in with."""
        return any(is_name and not values[text] for text, is_name in self.pieces)


class Template(Struct, frozen=True):
    """One text in one language. `fixed` is the text itself where nothing has to be filled in."""

    source: str
    parts: tuple[Part, ...]
    names: frozenset[str]
    fixed: str | None
    at: Position = NOWHERE

    def render(self, values: Mapping[str, str], before: str = "", after: str = "") -> str:
        """The text with `values` filled in, dropping marked parts, lowest number first, until it fits one segment.

        What has room beside the parts that stay comes back. A marked part with a placeholder that nothing fills is left
        out in any case. `before` and `after` are put round it as they are, and count. It may still be longer when
        nothing is left to drop: the lint sees to it that it is not.
        """
        if self.fixed is not None and not before and not after:
            return self.fixed
        return _render(self.parts, values, before, after)


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


def _render(parts: tuple[Part, ...], values: Mapping[str, str], before: str = "", after: str = "") -> str:
    filled = [(part.order, part.fill(values)) for part in parts if not (part.order and part.lacks(values))]
    text = before + "".join([said for _, said in filled]) + after
    if fits_one(text):
        return text
    kept = {order for order, _ in filled}
    for drop in sorted(kept - {0}):
        kept.discard(drop)
        if fits_one(text := _joined(filled, kept, before, after)):
            break
    for order in sorted({order for order, _ in filled} - kept, reverse=True):  # what still has room comes back
        if fits_one(more := _joined(filled, kept | {order}, before, after)):
            kept.add(order)
            text = more
    return text


def _joined(filled: Sequence[tuple[int, str]], kept: Collection[int], before: str, after: str) -> str:
    return before + "".join([said for order, said in filled if order in kept]) + after


Templates = Mapping[str, Template]
"""One text by language."""


class Wording(Struct, frozen=True):
    """One text in all languages of its flow.

    `variants` are said instead of `templates` where their condition holds, the first that does.
    """

    templates: Templates
    at: Position = NOWHERE
    variants: tuple[tuple[Condition, Templates], ...] = ()

    def template(self, language: str, view: View | None = None) -> Template:
        """The template in `language` that fits the view. Raises KeyError for a language the flow does not have."""
        if self.variants and view is not None:
            for when, templates in self.variants:
                if when.holds(view):
                    return templates[language]
        return self.templates[language]

    def render(
        self, language: str, values: Mapping[str, str], view: View | None = None, before: str = "", after: str = ""
    ) -> str:
        """The text in `language` that fits the view, filled in. Raises KeyError for a language it does not have."""
        return self.template(language, view).render(values, before, after)

    def every(self) -> Iterator[tuple[Condition | None, Templates]]:
        """All variants in order, the one without a condition last."""
        yield from self.variants
        yield None, self.templates
