"""What happened, how urgent it is, to whom, and by whom: judged from the rules found in a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from conversations.reading.files import listed
from conversations.reading.knowledge import BESIDE, SOFT, Knowledge
from conversations.reading.model import Value
from conversations.reading.normal import SENTENCE, Words
from conversations.reading.rules import Hit

_NEGATIONS: Final = listed("what.negations")
_JOINING: Final = listed("what.joining")
_NO_NEGATION: Final = listed("what.no_negation")


class Hits(list[Hit]):
    """The hits of one text, which are asked for by family."""

    __slots__ = ("by_family",)

    def __init__(self, hits: Iterable[Hit]) -> None:
        super().__init__(hits)
        self.by_family: dict[str, list[Hit]] = {}
        for hit in self:
            self.by_family.setdefault(hit.family, []).append(hit)


def hits_of(hits: Sequence[Hit], family: str) -> list[Hit]:
    """The hits of one family."""
    if isinstance(hits, Hits):
        return hits.by_family.get(family) or []
    return [hit for hit in hits if hit.family == family]


def value_of(words: Words, label: object, hits: Sequence[Hit], prefix: str) -> Value:
    """A value with the spans of its hits; the first names the rule."""
    if len(hits) == 1:
        hit = hits[0]
        return Value(label, (words.span(hit.first, hit.last),), 0.8 + 0.05, f"{prefix}.{hit.label}")
    spans = tuple(dict.fromkeys([words.span(hit.first, hit.last) for hit in hits]))
    return Value(label, spans, min(0.99, 0.8 + 0.05 * len(hits)), f"{prefix}.{hits[0].label}" if hits else prefix)


@lru_cache(maxsize=8192)
def _denies(pattern: str) -> bool:
    """Whether a pattern of the rules says itself that something is not so."""
    return any(word in _NEGATIONS for word in pattern.replace("|", " ").split())


def negated(words: Words, hit: Hit) -> bool:
    """Whether the words right before say that it did not happen."""
    if _denies(hit.pattern):
        return False
    index = hit.first - 1
    for _ in range(3):
        if index < 0 or words.breaks[index + 1] >= SENTENCE:
            return False
        if words.words[index] in _JOINING:
            return False
        if words.words[index] in _NEGATIONS:
            return not _NO_NEGATION & set(words.words[index + 1 : hit.first + 1])
        index -= 1
    return False


def meant_otherwise(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether the alarming words are part of a phrase that means something else: "gun tattoo", "phone's dying"."""
    return any(
        other.label in {hit.label, hit.label.removesuffix(SOFT).removesuffix(BESIDE)}
        and other.first < hit.last
        and hit.first < other.last
        for other in hits_of(hits, "otherwise")
    )


def behaviours(words: Words, hits: Sequence[Hit], knowledge: Knowledge) -> list[tuple[str, list[Hit]]]:
    """The behaviours, each with its hits: without those denied, and those that a plainer reading covers."""
    found = [hit for hit in hits_of(hits, "behaviours") if not negated(words, hit) and not meant_otherwise(hit, hits)]
    kept = [hit for hit in found if not any(_covers(other, hit, knowledge) for other in found)]
    by_label: dict[str, list[Hit]] = {}
    for hit in sorted(kept, key=lambda h: h.first):
        by_label.setdefault(hit.label, []).append(hit)
    for weaker, stronger in _DISPLACED:
        if stronger in by_label:
            by_label.pop(weaker, None)
    return list(_weighed(by_label).items())


def _weighed(by_label: dict[str, list[Hit]]) -> dict[str, list[Hit]]:
    """`other` and the vague rules (`_soft`) count where nothing plainer does; `_beside` counts beside anything."""
    vague = {label: by_label.pop(label) for label in list(by_label) if label.endswith(SOFT)}
    beside = {label: by_label.pop(label) for label in list(by_label) if label.endswith(BESIDE)}
    if by_label.keys() - {"other"}:
        by_label.pop("other", None)
    if not by_label:
        for label, hits in vague.items():
            by_label.setdefault(label.removesuffix(SOFT), []).extend(hits)
    for label, hits in beside.items():
        by_label.setdefault(label.removesuffix(BESIDE), []).extend(hits)
    return by_label


_DISPLACED: Final = sorted((pair.split("<")[0], pair.split("<")[1]) for pair in listed("what.displaced"))
"""What a plainer reading takes away anywhere in the text, as `weaker<stronger`."""


def _covers(one: Hit, other: Hit, knowledge: Knowledge) -> bool:
    if other.label not in knowledge.precedence.get(one.label, frozenset()):
        return False
    if one.label in knowledge.precedence.get(other.label, frozenset()) and (one.last - one.first, -one.first) <= (
        other.last - other.first,
        -other.first,
    ):
        return False
    return one.first < other.last and other.first < one.last


def role_of(words: Words, hits: Sequence[Hit], found: Sequence[str]) -> Value:
    """self, behalf or witness."""
    who = hits_of(hits, "who")
    labels = {hit.label for hit in who}
    if "witness_said" in labels:
        return value_of(words, "witness", [h for h in who if h.label == "witness_said"], "role")
    if "self" in labels and ("behalf" not in labels or "joint" in labels or _mine(words, who)):
        return value_of(words, "self", [h for h in who if h.label == "self"], "role")
    if "behalf" in labels:
        return value_of(words, "behalf", [h for h in who if h.label == "behalf"], "role")
    if not found and any(hit.label == "bare" for hit in hits_of(hits, "danger")):
        return Value("self", (), 0.7, "role.help")
    if (
        set(found) & {"staring", "following", "touching", "rubbing", "comments"}
        and "witness" not in labels
        and not _others(words)
    ):
        return Value("self", (), 0.6, "role.unsaid")
    return value_of(words, "witness", [h for h in who if h.label == "witness"], "role")


def _others(words: Words) -> bool:
    return bool(_OTHERS & set(words.words))


_OTHERS: Final = listed("what.others")


def _mine(words: Words, who: Sequence[Hit]) -> bool:
    """Both: done to the reporter where more is said of me than of my friend."""
    own = [h for h in who if h.label == "self" and not _inside_relation(words, h)]
    theirs = [h for h in who if h.label == "behalf"]
    return len(own) > len(theirs) and min(h.first for h in own) < min(h.first for h in theirs)


def _inside_relation(words: Words, hit: Hit) -> bool:
    return words.words[hit.last - 1] in {"my", "ma", "fy"} or words.words[hit.first] in {"my", "ma", "fy"}
