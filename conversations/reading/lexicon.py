"""The words that rules speak of: classes, spellings, slips and Welsh mutations, as the data files list them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from conversations.reading.files import listed
from conversations.reading.gazetteer import gazetteer, words_in
from conversations.reading.normal import plain

_STRETCHED: Final = re.compile(r"(.)\1{2,}")
_NO_SLIPS: Final = listed("lexicon.no_slips") | words_in("not_slips.txt")
_SHORT: Final = 3
SLIP_FROM: Final = 5
"""The fewest letters of a word in which a slip is forgiven."""

MUTATIONS: Final = {
    "p": ("b", "ph", "mh"),
    "t": ("d", "th", "nh"),
    "c": ("g", "ch", "ngh"),
    "b": ("f", "m"),
    "d": ("dd", "n"),
    "g": ("", "ng"),
    "m": ("f",),
    "ll": ("l",),
    "rh": ("r",),
}
"""Welsh initial letters and what they become: soft, spirant, nasal."""


def mutated(word: str) -> Iterator[str]:
    """A Welsh word and its mutated forms."""
    yield word
    head = next((h for h in ("ll", "rh") if word.startswith(h)), word[:1])
    if head in {"c", "p", "t", "d"} and word[1:2] == "h" and head + "h" in {"ch", "ph", "th"}:
        return
    if word.startswith("dd"):
        return
    for changed in MUTATIONS.get(head, ()):
        yield changed + word[len(head) :]


def unmutated(word: str) -> Iterator[str]:
    """What a Welsh word may have been before its first letter changed."""
    for head, changes in MUTATIONS.items():
        for changed in changes:
            if changed and word.startswith(changed):
                yield head + word[len(changed) :]
    if word[:1] in "aeiouwylr":
        yield "g" + word


class Lexicon:
    """Classes of words and the way from a word as texted to the word meant."""

    def __init__(self, classes: Mapping[str, str], spellings: Mapping[str, str]) -> None:
        """`classes`: name to words (`word`, `word*`, `+word` mutated, `@class`); `spellings`: word to variants."""
        self.spellings = {plain(v): word for word, variants in spellings.items() for v in str(variants).split()}
        self._classes = {name: str(words).split() for name, words in classes.items()}
        self._expanded: dict[str, frozenset[str]] = {}
        self._vocabulary: set[str] = set()
        self._slips: dict[str, dict[str, str]] = {}

    def expand(self, name: str) -> frozenset[str]:
        """The words of a class; KeyError for an unknown one."""
        if name not in self._expanded:
            self._expanded[name] = frozenset(w for entry in self._classes[name] for w in self.words_for(entry))
        return self._expanded[name]

    def words_for(self, entry: str) -> Iterator[str]:
        """The words that one entry of a class or pattern stands for; a prefix keeps its star."""
        if entry.startswith("@"):
            yield from self.expand(entry[1:])
        elif entry.startswith("+"):
            yield from mutated(plain(entry[1:]))
        elif entry.endswith("*"):
            yield plain(entry[:-1]) + "*"
        else:
            word = plain(entry)
            yield self.spellings.get(word, word)

    def is_listed(self, word: str) -> bool:
        """Whether a word is very short, a known spelling, ordinary English or of a place's name: no reporter's own."""
        places = gazetteer()
        return len(word) <= _SHORT or word in self.spellings or word in places.common or word in places.first_words

    def learn(self, words: Iterable[str]) -> None:
        """Adds the words of rules, which slips may be read as."""
        self._vocabulary.update(words)
        self._slips.clear()

    def meant(self, word: str, known: frozenset[str] | set[str]) -> str:
        """The word meant by one as texted: its usual spelling, without stretched letters, or one slip away."""
        word = self.spellings.get(word, word)
        if word.endswith("in") and len(word) > 4 and word + "g" in known:
            return word + "g"
        if word in known or not word.isalpha():
            return word
        for letters in (r"\1", r"\1\1") if _STRETCHED.search(word) else ():
            short = _STRETCHED.sub(letters, word)
            short = self.spellings.get(short, short)
            if short in known:
                return short
        if (
            len(word) < SLIP_FROM
            or len(word) > 24
            or word in _NO_SLIPS
            or word in gazetteer().common
            or word in gazetteer().forms
        ):
            return word
        return self._slip(word)

    def _slip(self, word: str) -> str:
        slips = self._slips.get(word[0])
        if slips is None:
            slips = self._slips[word[0]] = self._slips_of(word[0])
        for short in (word, *_without_one(word)):
            target = slips.get(short)
            if target is not None and _one_slip(word, target):
                return target
        return word

    def _slips_of(self, letter: str) -> dict[str, str]:
        """The words with this first letter, each by itself and without one of its letters; longer words first."""
        slips: dict[str, str] = {}
        own = [w for w in self._vocabulary if w[0] == letter and len(w) >= SLIP_FROM and w.isalpha()]
        for known in sorted(own, key=lambda w: (-len(w), w)):
            for short in (known, *_without_one(known)):
                slips.setdefault(short, known)
        return slips


def _without_one(word: str) -> Iterator[str]:
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


def _one_slip(word: str, target: str) -> bool:
    """Whether one letter is missing, doubled, wrong or swapped with its neighbour; the first letter holds."""
    if abs(len(word) - len(target)) > 1 or word[0] != target[0]:
        return False
    short, long = sorted((word, target), key=len)
    same = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) != len(long):
        return short[same:] == long[same + 1 :]
    return short[same + 1 :] == long[same + 1 :] or (
        short[same + 2 :] == long[same + 2 :] and short[same : same + 2] == long[same : same + 2][::-1]
    )
