"""How like a text is to labelled texts of a kind: learned weights beside the rules, for what no rule foresaw.

`data/likeness.tsv` holds one line for each sign: a word, two words together, a class of words, or a rule found in the
text; the number of texts it was found in; and its weight for each label. The likeness of a text to a label is the
logistic function of their sum, each weighed by how rare the sign is (logistic regression over tf-idf, one label against
the rest). `tests/evaluate/train.py` writes the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import exp, log, sqrt
from string import ascii_letters
from typing import Final

from msgspec import Struct

from conversations.reading.files import DATA
from conversations.reading.gazetteer import GAP
from conversations.reading.normal import SENTENCE, Words
from conversations.reading.rules import Hit, Word

FILE: Final = "likeness.tsv"
DANGER, STAFF, INTENT = "danger", "staff", "intent."
"""Labels beside those of the behaviours; `intent.` begins those of the intents."""

_RULES: Final = frozenset({"who", "when", "look", "intent", "answers", "otherwise", "suspect"})
"""The families whose hits are signs; the rules of behaviours and danger were written on texts that are learnt from."""

_PLACE: Final = "~"
_FIGURE: Final = "0"
_TOP: Final = 3
_LONGEST: Final = 400
"""The words of a text that are weighed: a text of ten parts has fewer."""


Sign = tuple[str, int, int]
"""Something in a text that may have weights: its name as in the file, at words first to last (excluded)."""


def signs(words: Words, hits: Sequence[Hit], looked: Sequence[Word]) -> list[Sign]:
    """The signs of a text: words as meant, pairs within a sentence, their classes, and the rules found.

    `looked`: the words as the rules see them.
    """
    before = ""
    found: list[Sign] = []
    add, breaks = found.append, words.breaks
    for index, word in enumerate(words.words[:_LONGEST]):
        classes: tuple[str, ...] = ()
        if word == GAP:
            meant = _PLACE
        elif word.isdigit():
            meant = _FIGURE
        else:
            meant, classes = looked[index][:2]
        add((meant, index, index + 1))
        for class_name in classes:
            add((class_name, index, index + 1))
        if before and breaks[index] < SENTENCE:
            add((f"{before} {meant}", index - 1, index + 1))
        before = meant
    found += [(f"{hit.family}.{hit.label}", hit.first, hit.last) for hit in hits if hit.family in _RULES]
    return found


class Scores(Struct, frozen=True):
    """The likenesses of one text, and its signs by name.

    `lanes`: for each label the sum of its weights, above `_HALF`, in parts of which `unit` is the worth.
    """

    likeness: Likeness
    lanes: tuple[int, ...]
    unit: float
    signs: dict[str, Sign]

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
        weights = self.likeness.weights(self.signs, of)
        weighed = sorted((-weight, self.signs[name]) for name, weight in weights.items() if weight > 0)
        top = sorted({(first, last, name) for _, (name, first, last) in weighed[:_TOP]})
        return [Hit(family, label, name, first, last) for first, last, name in top]


class Likeness:
    """The weights, read as they are needed.

    The weights of a sign for all labels are kept as one number of many digits, a lane of bits for each label, so that
    they are added up all at once.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines`: notes (#), `texts` with their number, `labels` with their biases, then a line for each sign."""
        rows = (line.rstrip("\n").partition("\t") for line in lines if line[0] != "#")
        _, _, texts = next(rows)
        self._texts = int(texts)
        _, _, head = next(rows)
        pairs = [entry.rpartition("=") for entry in head.split(" ")]
        self.labels: Final = [label for label, _, _ in pairs]
        self.lane_of: Final = {label: lane for lane, label in enumerate(self.labels)}
        self.biases: Final = [int(bias) / SCALE for _, _, bias in pairs]
        self._rows = {name: row for name, _, row in rows}
        self._read: dict[str, tuple[float, int]] = {}
        self._zero = sum(_HALF << (_LANE * lane) for lane in range(len(pairs)))
        self._lanes = struct.Struct(f"<{len(pairs)}I")

    def weights(self, names: Iterable[str], label: str) -> dict[str, float]:
        """Those of some signs that have a weight for a label, each with that times how rare the sign is."""
        rows, begins = self._rows, " " + LETTERS[self.lane_of[label]]
        found = {}
        for name in [name for name in names if begins in rows[name]]:
            count, _, entries = rows[name].partition(" ")
            tenths = int(f" {entries}".partition(begins)[2].partition(" ")[0])
            found[name] = rarity(self._texts, int(count)) * tenths / SCALE
        return found

    def _packed(self, name: str) -> tuple[float, int]:
        """How rare a sign is, squared, and its weights in their lanes."""
        count, *entries = self._rows[name].split(" ")
        rare = rarity(self._texts, int(count))
        lanes = ((LETTERS.index(entry[0]), round(rare * int(entry[1:]) * _FINE)) for entry in entries)
        packed = self._read[name] = rare * rare, sum(value << (_LANE * lane) for lane, value in lanes)
        return packed

    def scores(self, found: Iterable[Sign]) -> Scores:
        """The likeness of a text with these signs to every label; each sign counts once."""
        rows, read = self._rows, self._read
        by_name: dict[str, Sign] = {}
        for sign in found:
            name = sign[0]
            if name in rows and name not in by_name:
                by_name[name] = sign
        weighed = [read.get(name) or self._packed(name) for name in by_name]
        squares = sum([square for square, _ in weighed])
        total = sum([packed for _, packed in weighed], self._zero)
        lanes = self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))
        return Scores(self, lanes, 1 / (SCALE * _FINE * (sqrt(squares) or 1.0)), by_name)


_LANE: Final = 32
_HALF: Final = 1 << 31
_FINE: Final = 1000


def rarity(texts: int, count: int) -> float:
    """The inverse document frequency of a sign found in `count` of `texts` texts, smoothed (scikit-learn, tf-idf)."""
    return log((1 + texts) / (1 + count)) + 1


SCALE: Final = 10
"""Weights in the file are tenths."""

LETTERS: Final = ascii_letters
"""The letters that stand for the labels in the file, in their order."""


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if -40 < value < 40 else float(value > 0)


@lru_cache(maxsize=1)
def likeness() -> Likeness:
    """The weights this project ships."""
    with (DATA / FILE).open(encoding="utf-8") as file:
        return Likeness(file)
