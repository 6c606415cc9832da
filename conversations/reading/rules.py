"""Rules over words: patterns that people can read, found in one pass over the words of a text.

A pattern is words with blanks between. `a|b` is either, `@class` any word of a class, `word*` any word that begins
so, `?x` may be missing, `..` up to two words between and `..5` up to five, `!x` the next word is not x, `~x` the word
before is not x, `^` and `$` the ends of the text. Fillers (class `filler`) may stand anywhere; no pattern crosses the
end of a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Any, Final, NamedTuple

from conversations.reading.lexicon import Lexicon
from conversations.reading.matching import BEGIN, END, GAP, MAYBE, NOT, NOT_BEFORE, WORD, Match, Steps
from conversations.reading.normal import PART, SENTENCE, Words

_ENOUGH: Final = 6
_LIGHT: Final = 60
_NEAR: Final = 2
_MOST_WORDS: Final = 20_000
_NONE: Final[frozenset[int]] = frozenset()
_TIGHT: Final = frozenset({"behaviours", "danger"})
"""The families whose patterns without wide gaps cross no comma: "bought her a shot, her lips are blue"."""


class Hit(NamedTuple):
    """A rule found: `family` and `label` of the file and rule, words `first` to `last` (excluded)."""

    family: str
    label: str
    pattern: str
    first: int
    last: int


class _Pattern(NamedTuple):
    """`anchor`: the step whose word it is looked for at. `needs`: the bit of the rarest other word that must be there.
    `after` and `before`: the element of the word that must stand right there, fillers apart, `second` that of the
    rarest other word; -1 where none must."""

    family: str
    label: str
    source: str
    steps: Steps
    anchor: int
    tight: bool
    rule: str
    needs: int
    after: int
    before: int
    second: int


class Word(NamedTuple):
    """A word as the rules see it: the word meant and its classes, each as `@class`; the elements it is of, their bits,
    the patterns to try at it, and whether it may stand anywhere."""

    meant: str
    classes: tuple[str, ...]
    keys: frozenset[int]
    bits: int
    patterns: tuple[_Pattern, ...]
    filler: bool


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
        self._anchored: dict[int, list[_Pattern]] = {}
        self._bits: dict[int, int] = {}
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
        self._heads = {prefix[:2] for prefix in self._by_prefix}
        self._words: dict[str, Word] = {}

    def tables(self) -> dict[str, Any]:
        """All that was worked out, as JSON-able data for `restored`."""
        return {
            "words": self._by_word,
            "prefixes": {prefix: sorted(numbers) for prefix, numbers in self._by_prefix.items()},
            "classes": {name: sorted(numbers) for name, numbers in self._by_class.items()},
            "classes_of": {word: sorted(set(names)) for word, names in sorted(self._classes_of.items())},
            "patterns": [
                [
                    number,
                    p.anchor,
                    p.family,
                    p.label,
                    p.source,
                    [n for step in p.steps for n in step],
                    p.tight,
                    p.second,
                ]
                for number, patterns in self._anchored.items()
                for p in patterns
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
        for _, at, family, label, source, flat, tight, second in tables["patterns"]:
            steps = tuple(zip(flat[::2], flat[1::2], strict=True))
            rules._anchor(intern(family), intern(label), source, steps, at, tight, second)
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
        words = [(self._costs[number], at) for at, (kind, number) in enumerate(steps) if kind == WORD]
        if not words:
            raise RuleError(f"{family}.{label}: {source!r}: no word that must be there")
        tight = family in _TIGHT and all(number <= _NEAR for kind, number in steps if kind == GAP)
        anchor = min(words)[1]
        others = [(cost, steps[at][1]) for cost, at in words if steps[at][1] != steps[anchor][1]]
        self._anchor(family, label, source, tuple(steps), anchor, tight, min(others)[1] if others else -1)

    def _anchor(
        self, family: str, label: str, source: str, steps: Steps, anchor: int, tight: bool, second: int
    ) -> None:
        """Notes a pattern at the word that it is looked for at, with the rarest of its other words, `second`."""
        needs = self._bits.setdefault(second, 1 << len(self._bits)) if second >= 0 else 0
        kind, after = steps[anchor + 1] if anchor + 1 < len(steps) else (END, -1)
        after = after if kind == WORD else -1
        kind, before = steps[anchor - 1] if anchor else (BEGIN, -1)
        before = before if kind == WORD else -1
        rule = intern(f"{family}.{label}")
        pattern = _Pattern(family, label, source, steps, anchor, tight, rule, needs, after, before, second)
        self._anchored.setdefault(steps[anchor][1], []).append(pattern)

    def _step(self, piece: str) -> tuple[int, int]:
        if piece in {"^", "$"}:
            return (BEGIN if piece == "^" else END), 0
        if piece.startswith(".."):
            return GAP, int(piece[2:] or 2)
        kinds = {"?": MAYBE, "!": NOT, "~": NOT_BEFORE}
        if piece[0] in kinds:
            return kinds[piece[0]], self._element(piece[1:])
        return WORD, self._element(piece)

    def _word(self, word: str) -> Word:
        """A word as the rules see it. Of the words of texts only those that some list holds are kept (R18)."""
        meant = self._lexicon.meant(word, self._known)
        numbers: set[int] = set()
        for form in (word, meant) if word != meant else (word,):
            numbers.update(self._by_word.get(form, ()))
            for name in self._classes_of.get(form, ()):
                numbers |= self._by_class[name]
            if form[:2] in self._heads:
                for end in range(2, len(form) + 1):
                    numbers |= self._by_prefix.get(form[:end], _NONE)
        filler = word in self._filler or meant in self._filler
        classes: tuple[str, ...] = ()
        if meant in self._classes_of:
            classes = tuple(["@" + name for name in sorted(set(self._classes_of[meant]))])
        bits = 0
        for number in numbers:
            bits |= self._bits.get(number, 0)
        patterns = tuple([p for number in sorted(numbers) for p in self._anchored.get(number, ())])
        entry = Word(meant, classes, frozenset(numbers), bits, patterns, filler)
        if len(self._words) < _MOST_WORDS and (word in self._known or self._lexicon.is_listed(word)):
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

    def labels(self, family: str) -> list[str]:
        """The labels of one family, in alphabetical order."""
        return sorted({p.label for patterns in self._anchored.values() for p in patterns if p.family == family})

    def prepare(self) -> None:
        """Loads what is else loaded with the first slip."""
        self._lexicon.meant("warmingupp", self._known)

    def knows(self, word: str) -> bool:
        """Whether some rule speaks of the word."""
        return bool((self._words.get(word) or self._word(word)).keys)

    def look(self, words: Words) -> list[Word]:
        """The words of a text as the rules see them."""
        known = self._words
        return [known.get(word) or self._word(word) for word in words.words]

    def find(self, words: Words, looked: list[Word] | None = None) -> list[Hit]:
        """The rules found, in the order of the text; each rule at most a few times. `looked`: what `look` gives."""
        entries = self.look(words) if looked is None else looked
        present = 0
        for entry in entries:
            present |= entry.bits
        keys, fillers = [entry.keys for entry in entries], [entry.filler for entry in entries]
        around, breaks = Match(words, keys, fillers).around, words.breaks
        counts: dict[str, int] = {}
        hits: list[Hit] = []
        end = len(entries) - 1
        for index, entry in enumerate(entries):
            if not entry.patterns:
                continue
            following = keys[index + 1] if index < end and breaks[index + 1] < SENTENCE else _NONE
            leading = keys[index - 1] if index and breaks[index] < SENTENCE else _NONE
            open_after = index < end and fillers[index + 1]
            open_before = index > 0 and fillers[index - 1]
            for family, label, source, steps, anchor, tight, rule, needs, after, before, _ in entry.patterns:
                if (
                    present & needs != needs
                    or (after >= 0 and after not in following and not open_after)
                    or (before >= 0 and before not in leading and not open_before)
                    or counts.get(rule, 0) >= _ENOUGH
                ):
                    continue
                first, last = around(steps, anchor, index)
                if first >= 0 and not (tight and PART in breaks[first + 1 : last]):
                    counts[rule] = counts.get(rule, 0) + 1
                    hits.append(Hit(family, label, source, first, last))
        return hits
