"""What the words right after a place make of it: a club or coat, the next stop, somewhere long passed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.cues import cues
from conversations.reading.files import listed
from conversations.reading.names import STATION
from conversations.reading.normal import PART, SENTENCE, Words
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


_SOON: Final = 30
"""The most minutes that "X in 10" leaves open."""


def next_follows(words: Words, mention: Mention) -> bool:
    """Whether what follows says that the place comes next: "X next", "X in 4 min", "X is up next"."""
    tail = [w for w in words.words[mention.last : mention.last + 6] if w not in STATION and w not in _ROUGHLY]
    if not tail or (mention.last < len(words) and words.breaks[mention.last] >= SENTENCE):
        return False
    nexts = cues().nexts
    if tail[0] in nexts and words.breaks[mention.last] == PART and {"is", "yw", "ydy"} & set(tail[1:3]):
        return False
    if tail[0] in nexts and tail[1:2] not in (["to"], ["door"]):
        return True
    if tail[0] == "up" and tail[1:2] and tail[1] in nexts:
        return True
    if tail[:2] == ["is", "up"] and tail[2:3] and tail[2] in nexts:
        return True
    if (
        tail[0] in {"is", "coming", "stop", "yw", "ydy", "ydi"}
        and tail[1:2]
        and (tail[1] in nexts or tail[:2] == ["coming", "up"])
    ):
        return True
    if tail[:2] == ["in", "a"] and tail[2:3] and tail[2] in _A_MOMENT:
        return True
    if tail[0] == "in" and len(tail) == 2 and tail[1].isdigit() and int(tail[1]) <= _SOON:
        return True
    if tail[0] == "in" and len(tail) > 2 and (tail[1].isdigit() or tail[1] in _FEW or tail[1] in NUMBERS):
        return any(w in {"min", "mins", "minutes", "minute", "m"} for w in tail[2:4])
    return tail[:3] == ["is", "the", "next"] or tail[:3] == ["being", "the", "next"]


_ROUGHLY: Final = frozenset({"about", "abt", "bout", "around", "roughly", "like", "maybe", "another"})
_FEW: Final = frozenset({"a", "few"})
_A_MOMENT: Final = frozenset({"sec", "secs", "second", "moment", "mo", "tick", "bit", "jiffy"})


def is_ages_ago(after: Sequence[str]) -> bool:
    """ "X was ages ago"."""
    return after[:2] in {("was", "ages"), ("by", "now")} or (after[:1] == ("was",) and "ago" in after[1:4])
