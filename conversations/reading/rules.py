"""Rules over words, found in one pass over the words of a text. How they are written: `workings`."""

from __future__ import annotations

from sys import intern
from typing import Final, NamedTuple

from msgspec import Struct

from conversations.reading.lexicon import Lexicon
from conversations.reading.matching import BEGIN, END, WORD, Match, Steps
from conversations.reading.normal import PART, SENTENCE, Words

_ENOUGH: Final = 6
_MOST_WORDS: Final = 20_000
_NONE: Final[frozenset[int]] = frozenset()


class Hit(NamedTuple):
    """A rule found: `family` and `label` of the file and rule, words `first` to `last` (excluded)."""

    family: str
    label: str
    pattern: str
    first: int
    last: int


class _Pattern(NamedTuple):
    """`needs`: the bits of the rarest other words that must be there. `anchor`: the step whose word it is looked for
    at. `after` and `before`: the element of the word that must stand right there, fillers apart; -1 where none must."""

    needs: int
    family: str
    label: str
    source: str
    steps: Steps
    anchor: int
    tight: bool
    rule: str
    after: int
    before: int


class Word(NamedTuple):
    """A word as the rules see it: the word meant and its classes, each as `@class`; the elements it is of, their bits,
    the patterns to try at it, and whether it may stand anywhere."""

    meant: str
    classes: tuple[str, ...]
    keys: frozenset[int]
    bits: int
    patterns: tuple[_Pattern, ...]
    filler: bool


class Tables(Struct, frozen=True):
    """The patterns as they are found: texts, taken apart only once a word calls for them.

    An element is what one step of a pattern takes; it goes by a number. `words`, `prefixes` and `classes`: the elements
    that a word, a beginning and a class are of, with blanks between. `classes_of`: the classes of a word. `patterns`:
    for the element of the word that it is looked for at, a line for each pattern: that step, whether it crosses no
    comma, the elements of the rarest of its other words, family, label, source and steps, with tabs between. `sought`:
    those rarest others.
    """

    words: dict[str, str]
    prefixes: dict[str, str]
    classes: dict[str, str]
    classes_of: dict[str, str]
    patterns: dict[int, str]
    sought: list[int]
    labels: dict[str, list[str]]


class Rules:
    """All patterns of all families, ready to be found."""

    def __init__(self, lexicon: Lexicon, tables: Tables) -> None:
        self._lexicon = lexicon
        self._tables = tables
        self._known = tables.words.keys() | tables.classes_of.keys() | lexicon.expand("filler")
        lexicon.learn(tables.words.keys() | tables.classes_of.keys())
        self._filler = lexicon.expand("filler")
        self._heads = {prefix[:2] for prefix in tables.prefixes}
        self._bits = {number: 1 << at for at, number in enumerate(tables.sought)}
        self._anchored: dict[int, list[_Pattern]] = {}
        self._words: dict[str, Word] = {}

    def _patterns(self, number: int) -> list[_Pattern]:
        """The patterns that are looked for at a word of this element."""
        found = self._anchored.get(number)
        if found is None:
            lines = self._tables.patterns.get(number)
            found = self._anchored[number] = [self._pattern(line) for line in lines.split("\n")] if lines else []
        return found

    def _pattern(self, line: str) -> _Pattern:
        at, tight, others, family, label, source, flat = line.split("\t")
        numbers = [int(number) for number in flat.split(" ")]
        steps = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        anchor, needs = int(at), sum(self._bits[int(other)] for other in others.split())
        kind, after = steps[anchor + 1] if anchor + 1 < len(steps) else (END, -1)
        after = after if kind == WORD else -1
        kind, before = steps[anchor - 1] if anchor else (BEGIN, -1)
        before = before if kind == WORD else -1
        rule = intern(f"{family}.{label}")
        return _Pattern(needs, intern(family), intern(label), source, steps, anchor, tight == "1", rule, after, before)

    def _elements(self, word: str, meant: str) -> str:
        """The elements that a word and the one meant by it are of, with blanks between."""
        tables, found = self._tables, []
        for form in (word, meant) if word != meant else (word,):
            found.append(tables.words.get(form, ""))
            found += [tables.classes[name] for name in tables.classes_of.get(form, "").split()]
            if form[:2] in self._heads:
                found += [tables.prefixes.get(form[:end], "") for end in range(2, len(form) + 1)]
        return " ".join(found).strip()

    def _word(self, word: str) -> Word:
        """A word as the rules see it. Of the words of texts only those that some list holds are kept (R18)."""
        tables = self._tables
        meant = self._lexicon.meant(word, self._known)
        numbers = frozenset(map(int, self._elements(word, meant).split()))
        filler = word in self._filler or meant in self._filler
        classes = tuple(["@" + name for name in tables.classes_of.get(meant, "").split()])
        bits = 0
        for number in numbers:
            bits |= self._bits.get(number, 0)
        patterns = tuple([p for number in sorted(numbers) for p in self._patterns(number)])
        entry = Word(meant, classes, numbers, bits, patterns, filler)
        if len(self._words) < _MOST_WORDS and (word in self._known or self._lexicon.is_listed(word)):
            self._words[word] = entry
        return entry

    def speaks_of(self, word: str) -> bool:
        """Whether a rule names the word itself, slips apart."""
        return (
            word in self._tables.words
            or word in self._tables.classes_of
            or any(word[:end] in self._tables.prefixes for end in range(4, len(word) + 1))
        )

    def meaning(self, word: str) -> str:
        """The word of the rules that a word as texted is read as."""
        return self._lexicon.meant(word, self._known)

    def labels(self, family: str) -> list[str]:
        """The labels of one family, in alphabetical order."""
        return self._tables.labels.get(family, [])

    def prepare(self) -> None:
        """Loads what is else loaded with the first slip."""
        self._lexicon.meant("warmingupp", self._known)

    def knows(self, word: str) -> bool:
        """Whether some rule speaks of the word."""
        known = self._words.get(word)
        return bool(known.keys if known else self._elements(word, self.meaning(word)))

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
            for pattern in entry.patterns:
                needs = pattern[0]
                if present & needs != needs:
                    continue
                _, family, label, source, steps, anchor, tight, rule, after, before = pattern
                if (
                    (after >= 0 and after not in following and not open_after)
                    or (before >= 0 and before not in leading and not open_before)
                    or counts.get(rule, 0) >= _ENOUGH
                ):
                    continue
                first, last = around(steps, anchor, index)
                if first >= 0 and not (tight and PART in breaks[first + 1 : last]):
                    counts[rule] = counts.get(rule, 0) + 1
                    hits.append(Hit(family, label, source, first, last))
        return hits
