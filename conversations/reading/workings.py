"""Works patterns out into the tables by which they are found.

A pattern is words with blanks between. `a|b` is either, `@class` any word of a class, `word*` any word that begins
so, `?x` may be missing, `..` up to two words between and `..5` up to five, `!x` the next word is not x, `~x` the word
before is not x, `^` and `$` the ends of the text. Fillers (class `filler`) may stand anywhere; no pattern crosses the
end of a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from conversations.reading.lexicon import Lexicon
from conversations.reading.matching import BEGIN, END, GAP, MAYBE, NOT, NOT_BEFORE, WORD
from conversations.reading.rules import Tables

_LIGHT: Final = 60
_SOUGHT: Final = 2
"""How many of a pattern's other words are sought in the text before the pattern is tried."""

_NEAR: Final = 2
_TIGHT: Final = frozenset({"behaviours", "danger"})
"""The families whose patterns without wide gaps cross no comma: "bought her a shot, her lips are blue"."""


class RuleError(ValueError):
    """A pattern that cannot be read: the message says which."""


def work_out(lexicon: Lexicon, families: Mapping[str, Mapping[str, str]]) -> Tables:
    """The tables of `families`: label to patterns, a line each. Raises RuleError for a pattern that cannot be read."""
    return _Workings(lexicon, families).tables()


class _Workings:
    """Patterns while they are worked out."""

    def __init__(self, lexicon: Lexicon, families: Mapping[str, Mapping[str, str]]) -> None:
        self._lexicon = lexicon
        self._elements: dict[str, int] = {}
        self._entries: dict[str, frozenset[str]] = {}
        self._by_word: dict[str, list[int]] = {}
        self._by_prefix: dict[str, set[int]] = {}
        self._by_class: dict[str, set[int]] = {}
        self._classes_of: dict[str, list[str]] = {}
        self._class_costs: dict[str, int] = {}
        self._costs: list[int] = []
        self._light = lexicon.expand("light")
        self._lines: dict[int, list[str]] = {}
        self._sought: dict[int, None] = {}
        self._labels: dict[str, set[str]] = {}
        for family, rules in families.items():
            for label, block in rules.items():
                for line in str(block).splitlines():
                    if line.strip() and not line.lstrip().startswith("#"):
                        self._add(family, label, line.strip())
        self._spread_prefixes()

    def tables(self) -> Tables:
        """What was worked out."""
        return Tables(
            {word: _joined(sorted(set(numbers))) for word, numbers in sorted(self._by_word.items())},
            {prefix: _joined(sorted(numbers)) for prefix, numbers in sorted(self._by_prefix.items())},
            {name: _joined(sorted(numbers)) for name, numbers in sorted(self._by_class.items())},
            {word: _joined(sorted(set(names))) for word, names in sorted(self._classes_of.items())},
            {number: "\n".join(lines) for number, lines in sorted(self._lines.items())},
            list(self._sought),
            {family: sorted(labels) for family, labels in sorted(self._labels.items())},
        )

    def _spread_prefixes(self) -> None:
        """The words of classes that are beginnings of words, where beginnings are looked up."""
        for word in [w for w in self._classes_of if w[-1] == "*"]:
            for name in self._classes_of.pop(word):
                self._by_prefix.setdefault(word[:-1], set()).update(self._by_class[name])

    def _element(self, spec: str) -> int:
        if spec in self._elements:
            return self._elements[spec]
        number = self._elements[spec] = len(self._elements)
        cost = 0
        spellings = self._lexicon.spellings
        entries = spec.split("|")
        if spec.isascii() and "".join(entries).isalnum():
            words = {spellings.get(entry, entry) for entry in entries}
        else:
            words = set()
            for entry in entries:
                if entry[0] == "@":
                    cost += self._class(entry[1:], number)
                else:
                    words |= self._entry(entry)
        by_word = self._by_word
        for word in words:
            if word[-1] == "*":
                self._by_prefix.setdefault(word[:-1], set()).add(number)
            elif word in by_word:
                by_word[word].append(number)
            else:
                by_word[word] = [number]
        self._costs.append(cost + len(words) + (_LIGHT - 1) * len(words & self._light))
        return number

    def _class(self, name: str, number: int) -> int:
        """Notes that the element `number` takes the words of a class; gives what that costs."""
        if name not in self._by_class:
            words = self._lexicon.expand(name)
            self._by_class[name] = set()
            self._class_costs[name] = len(words) + (_LIGHT - 1) * len(words & self._light)
            for word in words:
                self._classes_of.setdefault(word, []).append(name)
        self._by_class[name].add(number)
        return self._class_costs[name]

    def _entry(self, entry: str) -> frozenset[str]:
        if entry not in self._entries:
            self._entries[entry] = frozenset(self._lexicon.words_for(entry))
        return self._entries[entry]

    def _add(self, family: str, label: str, source: str) -> None:
        steps: list[tuple[int, int]] = []
        try:
            for piece in source.split():
                steps.append(self._step(piece))
        except (KeyError, ValueError) as error:
            raise RuleError(f"{family}.{label}: {source!r}: {error}") from error
        words = [(self._costs[number], at) for at, (kind, number) in enumerate(steps) if kind == WORD]
        if not words:
            raise RuleError(f"{family}.{label}: {source!r}: no word that must be there")
        tight = family in _TIGHT and all(number <= _NEAR for kind, number in steps if kind == GAP)
        anchor = min(words)[1]
        others = {steps[at][1]: cost for cost, at in words if steps[at][1] != steps[anchor][1]}
        rarest = sorted(others, key=lambda number: (others[number], number))[:_SOUGHT]
        self._sought.update(dict.fromkeys(rarest))
        self._labels.setdefault(family, set()).add(label)
        flat = _joined(number for step in steps for number in step)
        line = "\t".join((str(anchor), str(int(tight)), _joined(rarest), family, label, source, flat))
        self._lines.setdefault(steps[anchor][1], []).append(line)

    def _step(self, piece: str) -> tuple[int, int]:
        if piece in {"^", "$"}:
            return (BEGIN if piece == "^" else END), 0
        if piece.startswith(".."):
            return GAP, int(piece[2:] or 2)
        kinds = {"?": MAYBE, "!": NOT, "~": NOT_BEFORE}
        if piece[0] in kinds:
            return kinds[piece[0]], self._element(piece[1:])
        return WORD, self._element(piece)


def _joined(parts: Iterable[object]) -> str:
    return " ".join(map(str, parts))
