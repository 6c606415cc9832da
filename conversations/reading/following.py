"""What the words right after a place make of it: a club or coat, the next stop, somewhere long passed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.cues import cues
from conversations.reading.files import listed
from conversations.reading.names import STATION
from conversations.reading.normal import PART, SENTENCE, WORD, Words
from conversations.reading.numbers import NUMBERS
from conversations.reading.places import Mention

_WORN: Final = listed("suspect.worn")


def is_decoy(after: Sequence[str], cued: bool) -> bool:
    """A club, paper, university or the like: "Hull City shirt", "Reading FC", "Bath Chronicle"."""
    decoys = cues().decoys
    if not after or after[0] not in decoys:
        return False
    worn = len(after) > 1 and after[1] in decoys
    return worn or not (after[0] == "wednesday" or (after[0] in {"city", "united"} and cued))


def on_clothes(words: Words, mention: Mention) -> bool:
    """ "in a Darlington Mowden Park rugby top"."""
    after = range(mention.last, min(mention.last + 4, len(words)))
    led = mention.first > 1 and words.words[mention.first - 1] in {"a", "an", "his"}
    return led and any(words.words[i] in _WORN for i in after if not any(words.breaks[mention.last : i + 1]))


def _goes_on(words: Words, index: int) -> bool:
    """ "X, next stop is Y", "X, next thing I know", not "X, next stop"."""
    while index < len(words) and words.words[index] in cues().nexts | STATION | {"stop"}:
        index += 1
    return index < len(words) and words.breaks[index] == WORD


_SOON: Final = 30
"""The most minutes that "X in 10" leaves open."""


def next_follows(words: Words, mention: Mention) -> bool:
    """Whether what follows says that the place comes next: "X next", "X in 4 min", "X is up next"."""
    tail = [w for w in words.words[mention.last : mention.last + 6] if w not in STATION and w not in _ROUGHLY]
    if not tail or (mention.last < len(words) and words.breaks[mention.last] >= SENTENCE):
        return False
    if tail[0] in cues().nexts:
        other = words.breaks[mention.last] == PART and _goes_on(words, mention.last)
        return not other and tail[1:2] not in (["to"], ["door"])
    return _said_next(tail) or _minutes_away(tail)


def _said_next(tail: list[str]) -> bool:
    """ "is next", "is up next", "up next", "coming up", "soon"."""
    nexts = cues().nexts
    if tail[0] == "soon" or tail[:3] in (["is", "the", "next"], ["being", "the", "next"]):
        return True
    if tail[:2] == ["is", "up"]:
        tail = tail[1:]
    if tail[0] not in _IS or len(tail) < 2:
        return False
    return tail[1] in nexts or tail[:2] == ["coming", "up"]


def _minutes_away(tail: list[str]) -> bool:
    """ "in 4 min", "in ten minutes", "in a sec", "in 10"."""
    if tail[0] != "in" or len(tail) < 2:
        return False
    if len(tail) == 2:
        return tail[1].isdigit() and int(tail[1]) <= _SOON
    if tail[1] == "a" and tail[2] in _A_MOMENT:
        return True
    counted = tail[1].isdigit() or tail[1] in _FEW or tail[1] in NUMBERS
    return counted and any(w in {"min", "mins", "minutes", "minute", "m"} for w in tail[2:4])


_IS: Final = frozenset({"is", "coming", "stop", "yw", "ydy", "ydi", "up"})
_ROUGHLY: Final = frozenset({"about", "abt", "bout", "around", "roughly", "like", "maybe", "another"})
_FEW: Final = frozenset({"a", "few"})
_A_MOMENT: Final = frozenset({"sec", "secs", "second", "moment", "mo", "tick", "bit", "jiffy"})


def is_ages_ago(after: Sequence[str]) -> bool:
    """ "X was ages ago"."""
    return after[:2] in {("was", "ages"), ("by", "now")} or (after[:1] == ("was",) and "ago" in after[1:4])
