"""Rules over words: patterns that people can read, found in one pass over the words of a text.

A pattern is words with blanks between. `a|b` is either, `@class` any word of a class, `word*` any word that begins
so, `?x` may be missing, `..` up to two words between and `..5` up to five, `!x` the next word is not x, `~x` the word
before is not x, `^` and `$` the ends of the text. Fillers (class `filler`) may stand anywhere; no pattern crosses the
end of a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from conversations.reading.lexicon import Lexicon
from conversations.reading.normal import PART, SENTENCE, Words

_WORD, _MAYBE, _GAP, _NOT, _NOT_BEFORE, _BEGIN, _END = range(7)
_BUDGET: Final = 60_000
_ENOUGH: Final = 6
_LIGHT: Final = 60
_NEAR: Final = 2
_MOST_WORDS: Final = 20_000
_TIGHT: Final = frozenset({"behaviours", "danger"})
"""The families whose patterns without wide gaps cross no comma: "bought her a shot, her lips are blue"."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule found: `family` and `label` of the file and rule, words `first` to `last` (excluded)."""

    family: str
    label: str
    pattern: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    family: str
    label: str
    source: str
    steps: tuple[tuple[int, int], ...]
    needs: frozenset[int]
    tight: bool


class RuleError(ValueError):
    """A pattern that cannot be read: the message says which."""


class Rules:
    """All patterns of all families, ready to be found."""

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
        self._filler = lexicon.expand("filler")
        self._anchored: dict[int, list[tuple[_Pattern, int]]] = {}
        for family, rules in families.items():
            for label, block in rules.items():
                for line in str(block).splitlines():
                    if line.strip() and not line.lstrip().startswith("#"):
                        self._add(family, label, line.strip())
        self._spread_prefixes()
        self._finish()

    def _finish(self) -> None:
        self._known = set(self._by_word) | set(self._classes_of) | self._filler
        self._lexicon.learn(set(self._by_word) | set(self._classes_of))
        self._words: dict[str, tuple[frozenset[int], tuple[tuple[_Pattern, int], ...], bool]] = {}
        self._meanings: dict[str, tuple[str, tuple[str, ...]]] = {}

    def tables(self) -> dict[str, Any]:
        """All that was worked out, as JSON-able data for `restored`."""
        return {
            "words": self._by_word,
            "prefixes": {prefix: sorted(numbers) for prefix, numbers in self._by_prefix.items()},
            "classes": {name: sorted(numbers) for name, numbers in self._by_class.items()},
            "classes_of": {word: sorted(set(names)) for word, names in sorted(self._classes_of.items())},
            "patterns": [
                [number, at, p.family, p.label, p.source, [part for step in p.steps for part in step], p.tight]
                for number, pairs in self._anchored.items()
                for p, at in pairs
            ],
        }

    @classmethod
    def restored(cls, lexicon: Lexicon, tables: Mapping[str, Any]) -> Rules:
        """The rules of `tables`, without working them out again."""
        rules = cls(lexicon, {})
        rules._by_word = tables["words"]
        rules._by_prefix = {prefix: set(numbers) for prefix, numbers in tables["prefixes"].items()}
        rules._by_class = {name: set(numbers) for name, numbers in tables["classes"].items()}
        rules._classes_of = tables["classes_of"]
        for number, at, family, label, source, flat, tight in tables["patterns"]:
            steps = tuple(zip(flat[::2], flat[1::2], strict=True))
            needs = frozenset(which for kind, which in steps if kind == _WORD)
            pattern = _Pattern(intern(family), intern(label), source, steps, needs, tight)
            rules._anchored.setdefault(number, []).append((pattern, at))
        rules._finish()
        return rules

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
        words = [(self._costs[number], at) for at, (kind, number) in enumerate(steps) if kind == _WORD]
        if not words:
            raise RuleError(f"{family}.{label}: {source!r}: no word that must be there")
        anchor = min(words)[1]
        pattern = _Pattern(
            family,
            label,
            source,
            tuple(steps),
            frozenset(number for kind, number in steps if kind == _WORD),
            family in _TIGHT and all(number <= _NEAR for kind, number in steps if kind == _GAP),
        )
        self._anchored.setdefault(steps[anchor][1], []).append((pattern, anchor))

    def _step(self, piece: str) -> tuple[int, int]:
        if piece in {"^", "$"}:
            return (_BEGIN if piece == "^" else _END), 0
        if piece.startswith(".."):
            return _GAP, int(piece[2:] or 2)
        kinds = {"?": _MAYBE, "!": _NOT, "~": _NOT_BEFORE}
        if piece[0] in kinds:
            return kinds[piece[0]], self._element(piece[1:])
        return _WORD, self._element(piece)

    def _look_up(self, word: str) -> tuple[frozenset[int], tuple[tuple[_Pattern, int], ...], bool]:
        meant = self._lexicon.meant(word, self._known)
        numbers: set[int] = set()
        for form in {word, meant}:
            numbers.update(self._by_word.get(form, ()))
            for name in self._classes_of.get(form, ()):
                numbers |= self._by_class[name]
            for end in range(2, len(form) + 1):
                numbers |= self._by_prefix.get(form[:end], set())
        entry = (
            frozenset(numbers),
            tuple(pair for number in sorted(numbers) for pair in self._anchored.get(number, ())),
            word in self._filler or meant in self._filler,
        )
        if len(self._words) < _MOST_WORDS:
            self._words[word] = entry
        return entry

    def speaks_of(self, word: str) -> bool:
        """Whether a rule names the word itself, slips apart."""
        return (
            word in self._by_word
            or word in self._classes_of
            or any(word[:end] in self._by_prefix for end in range(4, len(word) + 1))
        )

    def meaning(self, word: str) -> str:
        """The word of the rules that a word as texted is read as."""
        return self._lexicon.meant(word, self._known)

    def classes_of(self, word: str) -> tuple[str, tuple[str, ...]]:
        """The word of the rules that a word is read as, and its classes, each as `@class`."""
        entry = self._meanings.get(word)
        if entry is None:
            meant = self.meaning(word)
            entry = meant, tuple("@" + name for name in sorted(set(self._classes_of.get(meant, ()))))
            if len(self._meanings) < _MOST_WORDS:
                self._meanings[word] = entry
        return entry

    def labels(self, family: str) -> list[str]:
        """The labels of one family, in alphabetical order."""
        return sorted({p.label for pairs in self._anchored.values() for p, _ in pairs if p.family == family})

    def prepare(self) -> None:
        """Loads what is else loaded with the first slip."""
        self._lexicon.meant("warmingupp", self._known)

    def knows(self, word: str) -> bool:
        """Whether some rule speaks of the word."""
        return bool((self._words.get(word) or self._look_up(word))[0])

    def find(self, words: Words, families: Sequence[str] | None = None) -> list[Hit]:
        """The rules found, in the order of the text; each rule at most a few times."""
        cache = self._words
        entries = [cache.get(word) or self._look_up(word) for word in words.words]
        present: set[int] = set().union(*[entry[0] for entry in entries]) if entries else set()
        match = _Match(words, [entry[0] for entry in entries], [entry[2] for entry in entries])
        counts: dict[tuple[str, str], int] = {}
        hits: list[Hit] = []
        for index, entry in enumerate(entries):
            for pattern, anchor in entry[1]:
                if not pattern.needs <= present or (families is not None and pattern.family not in families):
                    continue
                key = (pattern.family, pattern.label)
                if counts.get(key, 0) >= _ENOUGH:
                    continue
                first, last = match.around(pattern.steps, anchor, index)
                if first >= 0 and not (pattern.tight and PART in words.breaks[first + 1 : last]):
                    counts[key] = counts.get(key, 0) + 1
                    hits.append(Hit(pattern.family, pattern.label, pattern.source, first, last))
        return hits


class _Match:
    """One text while patterns are tried on it. Steps are counted, so that no text takes long."""

    def __init__(self, words: Words, keys: list[frozenset[int]], fillers: list[bool]) -> None:
        self._keys = keys
        self._breaks = words.breaks
        self._fillers = fillers
        self._end = len(keys)
        self._left = _BUDGET

    def around(self, steps: tuple[tuple[int, int], ...], anchor: int, index: int) -> tuple[int, int]:
        """The words of a match whose step `anchor` is word `index`; (-1, -1) for none."""
        last = self._forward(steps, anchor + 1, index + 1)
        if last < 0:
            return -1, -1
        first = self._back(steps, anchor - 1, index - 1)
        return (first, last) if first >= 0 else (-1, -1)

    def _forward(self, steps: tuple[tuple[int, int], ...], at: int, index: int) -> int:
        self._left -= 1
        if at == len(steps):
            return index
        if self._left < 0:
            return -1
        kind, number = steps[at]
        if kind == _GAP:
            return self._skip_forward(steps, at + 1, index, number)
        if kind == _NOT:
            seen = index < self._end and self._breaks[index] < SENTENCE and number in self._keys[index]
            return -1 if seen else self._forward(steps, at + 1, index)
        if kind == _END:
            return self._forward(steps, at + 1, index) if self._only_fillers(index) else -1
        return self._word_forward(steps, at, index)

    def _word_forward(self, steps: tuple[tuple[int, int], ...], at: int, index: int) -> int:
        kind, number = steps[at]
        open_here = index < self._end and self._breaks[index] < SENTENCE
        if open_here and number in self._keys[index]:
            found = self._forward(steps, at + 1, index + 1)
            if found >= 0:
                return found
        if kind == _MAYBE:
            found = self._forward(steps, at + 1, index)
            if found >= 0:
                return found
        if open_here and self._fillers[index]:
            return self._forward(steps, at, index + 1)
        return -1

    def _skip_forward(self, steps: tuple[tuple[int, int], ...], at: int, index: int, most: int) -> int:
        for skipped in range(most + 1):
            found = self._forward(steps, at, index + skipped)
            if found >= 0:
                return found
            if index + skipped >= self._end or self._breaks[index + skipped] >= SENTENCE:
                return -1
        return -1

    def _back(self, steps: tuple[tuple[int, int], ...], at: int, index: int) -> int:
        self._left -= 1
        if at < 0:
            return index + 1
        if self._left < 0:
            return -1
        kind, number = steps[at]
        if kind == _GAP:
            return self._skip_back(steps, at - 1, index, number)
        if kind in {_NOT, _NOT_BEFORE}:
            seen = index >= 0 and self._breaks[index + 1] < SENTENCE and number in self._keys[index]
            if kind == _NOT:
                seen = index + 1 < self._end and number in self._keys[index + 1]
            return -1 if seen else self._back(steps, at - 1, index)
        if kind == _BEGIN:
            return self._back(steps, at - 1, index) if all(self._fillers[: index + 1]) else -1
        return self._word_back(steps, at, index)

    def _word_back(self, steps: tuple[tuple[int, int], ...], at: int, index: int) -> int:
        kind, number = steps[at]
        open_here = index >= 0 and self._breaks[index + 1] < SENTENCE
        if open_here and number in self._keys[index]:
            found = self._back(steps, at - 1, index - 1)
            if found >= 0:
                return found
        if kind == _MAYBE:
            found = self._back(steps, at - 1, index)
            if found >= 0:
                return found
        if open_here and self._fillers[index]:
            return self._back(steps, at, index - 1)
        return -1

    def _skip_back(self, steps: tuple[tuple[int, int], ...], at: int, index: int, most: int) -> int:
        for skipped in range(most + 1):
            found = self._back(steps, at, index - skipped)
            if found >= 0:
                return found
            if index - skipped < 0 or self._breaks[index - skipped + 1] >= SENTENCE:
                return -1
        return -1

    def _only_fillers(self, index: int) -> bool:
        return all(self._fillers[index:])


def labels(hits: Sequence[Hit], family: str) -> Iterator[Hit]:
    """The hits of one family."""
    return (hit for hit in hits if hit.family == family)
