"""Whether police or rail staff did it, for certain or in doubt, and whether the person's looks are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.files import listed
from conversations.reading.model import Value
from conversations.reading.normal import Words
from conversations.reading.roles import DROP, Role
from conversations.reading.rules import Hit
from conversations.reading.what import hits_of, value_of

_NO_PERSON = frozenset({"fare", "theft"})


def suspect_of(words: Words, hits: Sequence[Hit], found: Sequence[str]) -> tuple[Value, bool]:
    """police, rail_staff or None, and whether that is in doubt: staff merely mentioned are no doubt."""
    family = hits_of(hits, "suspect")
    mentions = [h for h in family if h.label in {"police", "rail_staff"}]
    if not mentions:
        return Value(None), False
    weights: list[tuple[int, Hit]] = []
    for mention in mentions:
        acting = _touches(family, mention, "acting")
        uniform = _touches(family, mention, "in_uniform")
        away = _touches(family, mention, "helping") or _touches(family, mention, "victim")
        own = _touches(family, mention, "reporter_is")
        weight = 2 * acting + uniform - 2 * away - 4 * own + (0 if _led(words, mention, found) else -1)
        weights.append((weight, mention))
    weights.sort(key=lambda p: (-p[0], p[1].first))
    top, mention = weights[0]
    told = mention.last - mention.first >= 3 or _touches(family, mention, "in_uniform")
    if top < (-1 if told else 0) or (not found and top < 2):
        return Value(None), False
    kind = (
        "police"
        if any(m.label == "police" and w >= top - 1 and _same(m, mention) for w, m in weights)
        else mention.label
    )
    near = [m for w, m in weights if m.label == kind and w >= top - 1]
    return value_of(words, kind, near or [mention], "suspect"), top < 2


def _same(one: Hit, other: Hit) -> bool:
    return one.first < other.last and other.first < one.last


def _touches(family: Sequence[Hit], mention: Hit, label: str) -> int:
    return int(any(h.label == label and h.first < mention.last and mention.first < h.last for h in family))


def _led(words: Words, mention: Hit, found: Sequence[str]) -> bool:
    """Whether the mention leads its clause, as one who does something."""
    start = mention.first
    while start > 0 and words.words[start - 1] in _ARTICLES:
        start -= 1
    return start == 0 or words.breaks[start] > 0 or words.words[start - 1] in _LEADS


_ARTICLES: Final = listed("suspect.articles")
_LEADS: Final = listed("suspect.leads")


def describes(words: Words, hits: Sequence[Hit]) -> Value:
    """Whether the looks of the suspect are told; what is said of the one it was done to does not count."""
    look = [hit for hit in hits_of(hits, "look") if not _of_victim(words, hit)]
    if not look:
        return Value(False)
    return value_of(words, True, look, "look")


_NAMED = frozenset(["called", "named", "name", "names", "nametag"])
_WORN: Final = listed("suspect.worn")


def names_and_shirts(words: Words, roles: Sequence[Role]) -> list[Hit]:
    """Names of places that describe a person: "called Preston", "a Hull City shirt"."""
    hits = []
    for role in roles:
        first, last = role.mention.first, role.mention.last
        if role.role != DROP:
            continue
        worn = {"place.decoy"} & {role.rule} and _WORN & set(words.words[last : last + 3])
        if worn or (role.rule == "place.drop" and _NAMED & set(words.words[max(0, first - 3) : first])):
            hits.append(Hit("look", "name" if not worn else "wears", role.rule, first, last))
    return hits


_VICTIMS: Final = listed("suspect.victims")
_LINKS: Final = listed("suspect.links")


def _of_victim(words: Words, hit: Hit) -> bool:
    """ "at a woman in a hijab", "a girl with pink hair is crying", "my black bag"."""
    index = hit.first - 1
    while index >= 0 and words.words[index] in _LINKS:
        index -= 1
    if index < 0 or words.breaks[index + 1] > 0:
        return False
    word = words.words[index]
    before = words.words[max(0, index - 3) : index]
    if word in {"my", "our", "fy"}:
        return True
    return word in _VICTIMS and bool(before) and bool(_TOWARDS & set(before))


_TOWARDS: Final = listed("suspect.towards")
