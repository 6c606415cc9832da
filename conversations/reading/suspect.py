"""Whether police or rail staff did it, for certain or in doubt, and whether the person's looks are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.cues import DROP
from conversations.reading.files import listed
from conversations.reading.model import Value
from conversations.reading.normal import SENTENCE, Words
from conversations.reading.parts import Role
from conversations.reading.rules import Hit
from conversations.reading.what import hits_of, value_of

Acts = Sequence[tuple[str, list[Hit]]]
"""Behaviours, each with its hits."""

_GREETINGS: Final = listed("suspect.greetings")
_PRONOUNS: Final = frozenset({"he", "hes", "she", "shes", "they", "him", "her", "mae"})
_PERSONS: Final = listed("suspect.persons")


def suspect_of(words: Words, hits: Sequence[Hit], acts: Acts, asks: str | None = None) -> tuple[Value, bool]:
    """police, rail_staff or None, and whether that is in doubt: staff merely mentioned are no doubt.

    `asks`: the question put; an answer to what the person looked like speaks of that person.
    """
    family = hits_of(hits, "suspect")
    mentions = [h for h in family if h.label in {"police", "rail_staff"}]
    if not mentions:
        return Value(None), False
    found = [label for label, _ in acts]
    weights: list[tuple[int, Hit]] = []
    for mention in mentions:
        weights.append((_weight(words, family, mention, acts) + _asked(family, mention, asks), mention))
    weights.sort(key=lambda p: (-p[0], p[1].first))
    top, mention = weights[0]
    told = mention.last - mention.first >= 3 or any(_touches(family, mention, label) for label in _TELLING)
    either = any(hit.label == "either" for hit in family)
    if top < (-1 if told else 0) or (not found and top < 2 and not either):
        return Value(None), False
    kind = (
        "police"
        if any(m.label == "police" and w >= top - 1 and (either or _same(m, mention)) for w, m in weights)
        else mention.label
    )
    near = [m for w, m in weights if m.label == kind and w >= top - 1]
    uniform = all(_UNIFORM & set(said := words.words[m.first : m.last]) and not _WHOSE & set(said) for m in near)
    return value_of(words, kind, near or [mention], "suspect"), top < 2 or either or bool(near and uniform)


_UNIFORM: Final = frozenset({"uniform", "iwnifform", "hivis", "hi", "lanyard"})
_WHOSE: Final = listed("suspect.whose")
"""Words that say whose uniform it is; a bare one leaves that in doubt."""


def _weight(words: Words, family: Sequence[Hit], mention: Hit, acts: Acts) -> int:
    """How much speaks for the one mentioned as the one who did it."""
    if _introduces(words, mention, acts):
        return -4
    accused, cleared, on_me, either = (_says(words, family, mention, label) for label in _PLAIN)
    if accused or either:
        return 3
    acting = _touches(family, mention, "acting")
    away = _touches(family, mention, "helping") or (_touches(family, mention, "victim") and not on_me)
    suffers = _touches(family, mention, "victim") and not on_me and not _object(words, mention)
    return (
        2 * acting
        + _touches(family, mention, "in_uniform")
        + 2 * on_me
        - 2 * cleared * (1 + _sought(family, mention))
        - 2 * away
        - 2 * suffers
        - 4 * _touches(family, mention, "reporter_is")
        + (0 if _led(words, mention, [label for label, _ in acts]) else -1)
        + _agency(words, mention, acts)
    )


_PLAIN: Final = ("accused", "cleared", "on_me", "either")
_TELLING: Final = ("in_uniform", "accused", "either")


def _says(words: Words, family: Sequence[Hit], mention: Hit, label: str) -> bool:
    """Whether a rule that settles it holds for the one mentioned: nobody else comes in after them."""
    for hit in family:
        if hit.label != label or hit.first >= mention.last or mention.first >= hit.last:
            continue
        rest = range(mention.last, hit.last)
        if not any(words.breaks[i] > 0 or words.words[i] in _PERSONS for i in rest):
            return True
    return False


_ASKED: Final = frozenset({"suspect", "suspect_is"})


def _asked(family: Sequence[Hit], mention: Hit, asks: str | None) -> int:
    """What an answer to "what did they look like" adds to whoever it mentions."""
    away = is_cleared(family, mention)
    return 3 if asks in _ASKED and not away else 0


def is_cleared(hits: Sequence[Hit], mention: Hit) -> bool:
    """Whether a rule says that the one mentioned is told, sent for, helping, the victim, or writes the text."""
    family = hits_of(hits, "suspect")
    return any(_touches(family, mention, label) for label in ("cleared", "helping", "victim", "reporter_is"))


def _sought(family: Sequence[Hit], mention: Hit) -> bool:
    """Whether they are cleared by what comes before them: told, sent for, missing."""
    return any(h.label == "cleared" and h.first < mention.first < h.last for h in family)


def _object(words: Words, mention: Hit) -> bool:
    """Whether the mention ends its clause, as the object of something may."""
    return mention.last >= len(words) or words.breaks[mention.last] > 0


def _introduces(words: Words, mention: Hit, acts: Acts) -> bool:
    """ "Guard here on 2S31. A passenger spat at me": the text begins with who writes it and tells the rest later."""
    if mention.first > 0 and not set(words.words[: mention.first]) <= _GREETINGS:
        return False
    end = next((i for i in range(mention.last, len(words)) if words.breaks[i] >= SENTENCE), len(words))
    told = [hit for _, group in acts for hit in group]
    if end < len(words) and words.words[end] in _PRONOUNS:
        return False
    return end < len(words) and bool(told) and all(hit.first >= end for hit in told)


def _agency(words: Words, mention: Hit, acts: Acts) -> int:
    """1 where an act's nearest person before it is the one mentioned, -1 where it is always another."""
    nearest = [_doer(words, hit, mention) for _, group in acts for hit in group]
    if any(nearest):
        return 1
    return -1 if nearest and all(n is False for n in nearest) else 0


def _doer(words: Words, hit: Hit, mention: Hit) -> bool | None:
    """Whether the nearest person before the act is the one mentioned; None where nobody is named before it."""
    if mention.first <= hit.first < mention.last:
        return True
    for index in range(hit.first - 1, -1, -1):
        if mention.first <= index < mention.last:
            return True
        if words.words[index] in _PERSONS:
            return False
    return None


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
