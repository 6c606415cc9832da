"""A text as words, once, with the way back to its own code points.

Nothing of the original is changed: words are found in it where they stand and each one is normalised by itself, so a
span of words is a span of the text. Breaks between words are kept as weights.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from msgspec import Struct

_JOINED: Final = "\u00ad\u0300-\u036f\u200b-\u200d\u2060\ufe0f\ufeff"
_TOKEN: Final = re.compile(
    rf"[^\W_](?:[^\W_]|[{_JOINED}]|['\u2018\u2019\u02bc\u0060\u00b4](?=[^\W_]))*|[&@?+£>\u2192\u27a1]"
)
_INVISIBLE: Final = re.compile(rf"[{_JOINED}]")
_APOSTROPHE: Final = re.compile("['\u2018\u2019\u02bc\u0060\u00b4]")
_CONTRACTED: Final = frozenset({"r", "n", "i", "u", "w", "ch"})
_SIGNS: Final = {"&": "and", "@": "at", "\u2192": ">", "\u27a1": ">"}
_STRONG: Final = frozenset(".!?;\n\u2026\u2028\u2029\r\u3002")
_WEAK: Final = frozenset(',:()/\\[]{}|"\u2013\u2014~*=<_\u2022')

WORD, PART, SENTENCE = 0, 1, 2
"""What stands before a word: nothing but space, a comma or the like, the end of a sentence."""

Span = tuple[int, int]


class Words(Struct, frozen=True):
    """The words of a text.

    `words` are lower case, without accents and apostrophes; `starts` and `ends` their code points in `text`; `breaks`
    what stands before each (WORD, PART, SENTENCE); `gaps` the very characters between each and the one before;
    `figures` which words begin with a figure.
    """

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    breaks: tuple[int, ...]
    gaps: tuple[str, ...]
    figures: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)

    def span(self, first: int, last: int) -> Span:
        """The code points from word `first` to word `last`, end excluded."""
        return self.starts[first], self.ends[last - 1]


def plain(word: str) -> str:
    """A word without case, accents and invisible characters."""
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFKD", _INVISIBLE.sub("", word)).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) or "?"


def _pieces(token: str) -> str:
    """A token with an apostrophe as one word: "he's" hes, "mae'r" mae, "James's" james."""
    parts = _APOSTROPHE.split(token)
    head, tail = plain(parts[0]), plain("".join(parts[1:]))
    if tail in _CONTRACTED or (tail == "s" and head.endswith("s")):
        return head
    return head + tail


def _break(gap: str) -> int:
    if gap in {" ", ""}:
        return WORD
    if not _STRONG.isdisjoint(gap):
        return SENTENCE
    if not _WEAK.isdisjoint(gap) or " - " in gap or any(ord(c) > 0x2190 for c in gap):
        return PART
    return WORD


def words_of(text: str) -> Words:
    """The words of a text. Linear in the text."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks: list[int] = []
    gaps: list[str] = []
    end = 0
    plainly = text.isascii()
    shown = text.lower() if plainly else text
    for found in _TOKEN.finditer(text):
        start, after = found.span()
        token, gap, end = shown[start:after], text[end:start], after
        if token.isalnum() and (plainly or token.isascii()):
            word = token if plainly else token.lower()
        elif token in _SIGNS:
            word = _SIGNS[token]
        else:
            word = _pieces(token) if _APOSTROPHE.search(token) else plain(token)
        words.append(word)
        starts.append(start)
        ends.append(end)
        breaks.append(WORD if gap == " " else _break(gap))
        gaps.append(gap)
    if breaks:
        breaks[0] = WORD
    figures = tuple([i for i, word in enumerate(words) if word[:1].isdigit()])
    return Words(text, tuple(words), tuple(starts), tuple(ends), tuple(breaks), tuple(gaps), figures)
