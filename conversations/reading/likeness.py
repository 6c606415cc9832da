"""How like a text is to labelled texts of a kind: learned weights beside the rules, for what no rule foresaw.

`data/likeness.json` holds for each sign (a word, two words together, a class of words, or a rule found in the text) the
number of texts it was found in and its weight for each label. The likeness of a text to a label is the
logistic function of their sum, each weighed by how rare the sign is (logistic regression over tf-idf, one label against
the rest). `tests/evaluate/train.py` writes the file.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import exp, log, sqrt
from string import ascii_letters
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from conversations.reading.files import DATA
from conversations.reading.gazetteer import GAP, gazetteer
from conversations.reading.normal import SENTENCE, Words
from conversations.reading.rules import Hit, Word

FILE: Final = "likeness.json"
DANGER, STAFF, INTENT = "danger", "staff", "intent."
"""Labels beside those of the behaviours; `intent.` begins those of the intents."""

_RULES: Final = frozenset({"who", "when", "look", "intent", "answers", "otherwise", "suspect"})
"""The families whose hits are signs; the rules of behaviours and danger were written on texts that are learnt from."""

_PLACE: Final = "~"
_FIGURE: Final = "0"
_TOP: Final = 3
_SHORTEST, _LETTERS = 4, 24
_LONGEST: Final = 400
"""The words of a text that are weighed: a text of ten parts has fewer."""


Sign = tuple[str, int, int]
"""Something in a text that may have weights: its name as in the file, at words first to last (excluded)."""


def grams(meant: str) -> list[str]:
    """The runs of four and five letters in a word of four letters or more, its ends marked, each as `#run`."""
    if len(meant) < _SHORTEST or not meant.isalpha():
        return []
    ended = f"_{meant[:_LETTERS]}_"
    return [f"#{ended[at : at + length]}" for length in (4, 5) for at in range(len(ended) - length + 1)]


class Found(NamedTuple):
    """The signs of a text: each word meant once, with where it stands first and its classes; and all others."""

    words: dict[str, tuple[int, tuple[str, ...]]]
    others: list[Sign]

    def names(self) -> Counter[str]:
        """The signs, each as often as it counts: what words have in common counts once for each of them."""
        found = Counter({name for name, _, _ in self.others})
        for meant, (_, classes) in self.words.items():
            found.update((meant, *classes, *grams(meant)))
        return found


def signs(words: Words, hits: Sequence[Hit], looked: Sequence[Word]) -> Found:
    """The signs of a text: words as meant with their classes and letters, pairs within a sentence, the rules found.

    `looked`: the words as the rules see them.
    """
    before = ""
    each: dict[str, tuple[int, tuple[str, ...]]] = {}
    others: list[Sign] = []
    breaks = words.breaks
    for index, word in enumerate(words.words[:_LONGEST]):
        classes: tuple[str, ...] = ()
        if word == GAP:
            meant = _PLACE
        elif word.isdigit():
            meant = _FIGURE
        else:
            meant, classes = looked[index][:2]
        if meant not in each:
            each[meant] = index, classes
        if before and breaks[index] < SENTENCE:
            others.append((f"{before} {meant}", index - 1, index + 1))
        before = meant
    others += [(f"{hit.family}.{hit.label}", hit.first, hit.last) for hit in hits if hit.family in _RULES]
    return Found(each, others)


class Scores(Struct, frozen=True):
    """The likenesses of one text, and its signs.

    `lanes`: for each label the sum of its weights, above `_HALF`, in parts of which `unit` is the worth.
    """

    likeness: Likeness
    lanes: tuple[int, ...]
    unit: float
    found: Found

    def of(self, label: str) -> float:
        """The likeness to a label, 0 to 1; 0 for one that was not learned."""
        lane = self.likeness.lane_of.get(label)
        if lane is None:
            return 0.0
        return _logistic(self.likeness.biases[lane] + (self.lanes[lane] - _HALF) * self.unit)

    def over(self, least: float) -> list[str]:
        """The labels to which the likeness is more than `least`."""
        unit, enough = self.unit, log(least / (1 - least))
        sums = zip(self.likeness.labels, self.likeness.biases, self.lanes, strict=True)
        return [label for label, bias, lane in sums if bias + (lane - _HALF) * unit > enough]

    def likeliest(self, prefix: str) -> str:
        """The label that begins with `prefix` to which the text is most like."""
        return max((label for label in self.likeness.labels if label.startswith(prefix)), key=self.of)

    def hits(self, family: str, label: str, of: str) -> list[Hit]:
        """The signs that weighed most for `of`, as hits of a rule `family.label`, in the order of the text."""
        places = {name: (name, first, last) for name, first, last in reversed(self.found.others)}
        places |= {meant: (meant, index, index + 1) for meant, (index, _) in self.found.words.items()}
        weights = self.likeness.weights(self.found, of)
        weighed = sorted((-weight, places[name]) for name, weight in weights.items() if weight > 0)
        top = sorted({(first, last, name) for _, (name, first, last) in weighed[:_TOP]})
        return [Hit(family, label, name, first, last) for first, last, name in top]


class Learned(Struct, frozen=True):
    """What was learned.

    `source`: the SHA-256 of the labelled texts, `texts`: how many; `labels`: each with its bias in tenths; `signs`:
    each with the number of its texts and its weights in tenths, each after the letter of its label.
    """

    source: str
    texts: int
    labels: dict[str, int]
    signs: dict[str, str]


class Likeness:
    """The weights, read as they are needed.

    The weights of a sign for all labels are kept as one number of many digits, a lane of bits for each label, so that
    they are added up all at once.
    """

    def __init__(self, learned: Learned) -> None:
        self._texts = learned.texts
        self.labels: Final = list(learned.labels)
        self.lane_of: Final = {label: lane for lane, label in enumerate(self.labels)}
        self.biases: Final = [bias / SCALE for bias in learned.labels.values()]
        self._rows = learned.signs
        self._read: dict[str, tuple[float, int]] = {}
        self._words: dict[str, tuple[float, int]] = {}
        self._zero = sum(_HALF << (_LANE * lane) for lane in range(len(self.labels)))
        self._lanes = struct.Struct(f"<{len(self.labels)}I")

    def weights(self, found: Found, label: str) -> dict[str, float]:
        """What the words and the other signs of a text weigh for a label."""
        lane = _LANE * self.lane_of[label]
        packed = {meant: self._word(meant, classes)[1] for meant, (_, classes) in found.words.items()}
        packed |= {name: self._sign(name)[1] for name, _, _ in found.others}
        halves = self._zero
        return {
            name: ((((total + halves) >> lane) & _WHOLE) - _HALF) / (SCALE * _FINE)
            for name, total in packed.items()
            if total
        }

    def _sign(self, name: str) -> tuple[float, int]:
        """How rare a sign is, squared, and its weights in their lanes; nothing of one not learned."""
        read = self._read.get(name)
        if read is None:
            row = self._rows.get(name)
            if row is None:
                return _NOTHING
            count, *entries = row.split(" ")
            rare = rarity(self._texts, int(count), name)
            lanes = ((LETTERS.index(entry[0]), round(rare * int(entry[1:]) * _FINE)) for entry in entries)
            read = rare * rare, sum(value << (_LANE * lane) for lane, value in lanes)
            self._read[name] = read
        return read

    def _word(self, meant: str, classes: tuple[str, ...]) -> tuple[float, int]:
        """The like for a word with its classes and letters. Kept of words learned and of some ordinary ones (R18)."""
        read = self._words.get(meant)
        if read is None:
            rows = self._rows
            parts = [self._sign(name) for name in (meant, *classes, *grams(meant)) if name in rows]
            read = sum([square for square, _ in parts]), sum([packed for _, packed in parts])
            if meant in self._rows or (meant in gazetteer().common and len(self._words) < _MOST_WORDS):
                self._words[meant] = read
        return read

    def scores(self, found: Found) -> Scores:
        """The likeness of a text with these signs to every label."""
        words, read, rows = self._words, self._read, self._rows
        weighed = [words.get(meant) or self._word(meant, classes) for meant, (_, classes) in found.words.items()]
        names = {name for name, _, _ in found.others}
        weighed += [read.get(name) or self._sign(name) for name in names if name in rows]
        squares = sum([square for square, _ in weighed])
        total = sum([packed for _, packed in weighed], self._zero)
        lanes = self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))
        return Scores(self, lanes, 1 / (SCALE * _FINE * (sqrt(squares) or 1.0)), found)


_NOTHING: Final = (0.0, 0)
_MOST_WORDS: Final = 12_000
_LANE: Final = 32
_HALF: Final = 1 << 31
_WHOLE: Final = (1 << _LANE) - 1
_FINE: Final = 1000


def rarity(texts: int, count: int, name: str) -> float:
    """The inverse document frequency of a sign found in `count` of `texts` texts, smoothed (scikit-learn, tf-idf).

    Letters of a word count half: a word has many.
    """
    rare = log((1 + texts) / (1 + count)) + 1
    return rare / 2 if name[0] == "#" else rare


SCALE: Final = 10
"""Weights in the file are tenths."""

LETTERS: Final = ascii_letters
"""The letters that stand for the labels in the file, in their order."""


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if -40 < value < 40 else float(value > 0)


@lru_cache(maxsize=1)
def likeness() -> Likeness:
    """The weights this project ships."""
    return Likeness(msgspec.json.decode((DATA / FILE).read_bytes(), type=Learned))
