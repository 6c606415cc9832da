"""How like a text is to labelled texts of a kind: learned weights beside the rules, for what no rule foresaw.

`data/likeness.tsv` holds one line for each sign: a word, two words together, a class of words, or a rule found in the
text; the number of texts it was found in; and its weight for each label. The likeness of a text to a label is the
logistic function of their sum, each weighed by how rare the sign is (logistic regression over tf-idf, one label against
the rest). `tests/evaluate/train.py` writes the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt
from string import ascii_letters
from struct import Struct
from typing import Final, NamedTuple

from conversations.reading.files import DATA
from conversations.reading.gazetteer import GAP
from conversations.reading.normal import SENTENCE, Words
from conversations.reading.rules import Hit, Rules

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


class Sign(NamedTuple):
    """Something in a text that has weights: `name` as in the file, at words `first` to `last` (excluded)."""

    name: str
    first: int
    last: int


def signs(words: Words, hits: Sequence[Hit], rules: Rules) -> Iterator[Sign]:
    """The signs of a text: words as meant, pairs within a sentence, their classes, and the rules found."""
    before = ""
    classes: tuple[str, ...]
    for index, word in enumerate(words.words[:_LONGEST]):
        if word == GAP:
            meant, classes = _PLACE, ()
        elif word.isdigit():
            meant, classes = _FIGURE, ()
        else:
            meant, classes = rules.classes_of(word)
        yield Sign(meant, index, index + 1)
        for class_name in classes:
            yield Sign(class_name, index, index + 1)
        if before and words.breaks[index] < SENTENCE:
            yield Sign(f"{before} {meant}", index - 1, index + 1)
        before = meant
    for hit in hits:
        if hit.family in _RULES:
            yield Sign(f"{hit.family}.{hit.label}", hit.first, hit.last)


@dataclass(frozen=True, slots=True)
class Scores:
    """The likenesses of one text, 0 to 1 by label, and its signs by name."""

    by_label: dict[str, float]
    signs: dict[str, Sign]
    likeness: Likeness

    def of(self, label: str) -> float:
        """The likeness to a label; 0 for one that was not learned."""
        return self.by_label.get(label, 0.0)

    def hits(self, family: str, label: str, of: str) -> list[Hit]:
        """The signs that weighed most for `of`, as hits of a rule `family.label`, in the order of the text."""
        weighed = sorted((-self.likeness.weight(name, of), sign) for name, sign in self.signs.items())
        top = sorted({(sign.first, sign.last, sign.name) for weight, sign in weighed[:_TOP] if weight < 0})
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
        self._biases = [int(bias) / SCALE for _, _, bias in pairs]
        self._rows = {name: row for name, _, row in rows}
        self._read: dict[str, tuple[float, int]] = {}
        self._zero = sum(_HALF << (_LANE * lane) for lane in range(len(pairs)))
        self._lanes = Struct(f"<{len(pairs)}I")

    def weight(self, name: str, label: str) -> float:
        """The weight of one sign for one label, times how rare the sign is."""
        count, *entries = self._rows[name].split(" ")
        letter = LETTERS[self.labels.index(label)]
        tenths = next((int(entry[1:]) for entry in entries if entry[0] == letter), 0)
        return rarity(self._texts, int(count)) * tenths / SCALE

    def _packed(self, name: str) -> tuple[float, int]:
        """How rare a sign is, squared, and its weights in their lanes."""
        count, *entries = self._rows[name].split(" ")
        rare = rarity(self._texts, int(count))
        lanes = ((LETTERS.index(entry[0]), round(rare * int(entry[1:]) * _FINE)) for entry in entries)
        packed = self._read[name] = rare * rare, sum(value << (_LANE * lane) for lane, value in lanes)
        return packed

    def scores(self, found: Iterable[Sign]) -> Scores:
        """The likeness of a text with these signs to every label; each sign counts once."""
        by_name: dict[str, Sign] = {}
        known, read = self._rows, self._read
        total, squares = self._zero, 0.0
        for sign in found:
            name = sign[0]
            if name in known and name not in by_name:
                by_name[name] = sign
                square, packed = read.get(name) or self._packed(name)
                squares += square
                total += packed
        lanes = self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))
        unit = 1 / (SCALE * _FINE * (sqrt(squares) or 1.0))
        values = (bias + (lane - _HALF) * unit for bias, lane in zip(self._biases, lanes, strict=True))
        return Scores(dict(zip(self.labels, map(_logistic, values), strict=True)), by_name, self)


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
