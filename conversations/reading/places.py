"""Places in a text: exact names first, the longest that begins first; then Welsh mutations; then slips."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from conversations.reading.files import listed
from conversations.reading.gazetteer import GAP, Found, Gazetteer, gazetteer
from conversations.reading.knowledge import knowledge
from conversations.reading.lexicon import unmutated
from conversations.reading.names import STATION, key_word
from conversations.reading.normal import PART, SENTENCE, WORD, Words

CUED_SCORE: Final = 80.0
FREE_SCORE: Final = 88.0
_LOOKUPS: Final = 8
_LONGEST: Final = 34
_SHORTEST: Final = 5
_SHORT_NAMES: Final = frozenset({"st", "jn", "jamess"})

SLIP_CUES: Final = listed("places.slip_cues")
_MUTATING: Final = listed("places.mutating")


class Mention(Struct, frozen=True):
    """A place named at words `first` to `last` (excluded). `ids` are the stations it may be, `score` 100 when exact."""

    first: int
    last: int
    form: str
    ids: tuple[str, ...]
    score: float = 100.0


def keys_of(words: Words, taken: Iterable[tuple[int, int]] = ()) -> list[str]:
    """The words as names are compared; words already read become a gap."""
    keys = [key_word(word) for word in words.words]
    for first, last in taken:
        for index in range(first, last):
            keys[index] = GAP
    return keys


def _runs(keys: Sequence[str], words: Words) -> tuple[list[str], list[int]]:
    """The keys with a gap at every break that no name crosses, and each key's word."""
    broken: list[str] = []
    where: list[int] = []
    begin = 0
    for index in [at for at, mark in enumerate(words.breaks) if mark >= PART]:
        if index and index < len(keys) and key_word(words.words[index - 1]) not in _SHORT_NAMES:
            broken += keys[begin:index]
            broken.append(GAP)
            where += range(begin, index + 1)
            begin = index
    broken += keys[begin:]
    where += range(begin, len(keys))
    return broken, where


def find(words: Words, taken: Sequence[tuple[int, int]], welsh: bool) -> list[Mention]:
    """All places named, in the order of the text."""
    places = gazetteer()
    keys = keys_of(words, taken)
    broken, where = _runs(keys, words)
    mentions = [_mention(found, where, places) for found in places.names.find(broken)]
    mentions = [m for m in mentions if not _is_slip_of_speech(m, words)]
    if welsh or _is_short_welsh(words):
        mentions = _with_mutations(mentions, keys, words, places)
    mentions = _with_codes(mentions, keys, words, places)
    return _joined(sorted(_with_slips(mentions, keys, words, places), key=lambda m: m.first), words)


def _is_short_welsh(words: Words) -> bool:
    """ "14:02 i Gaer": a time, a Welsh preposition and a name in capitals, in words of no language."""
    said = words.words
    led = (i for i in range(1, len(said)) if said[i - 1] in _PREPOSITIONS and words.text[words.starts[i]].isupper())
    return len(said) <= _FEW and not words.text.isupper() and any(led)


_FEW: Final = 8
_PREPOSITIONS: Final = frozenset({"i", "o", "yn", "yng", "ym", "am", "tua", "at", "ger"})


def _joined(mentions: list[Mention], words: Words) -> list[Mention]:
    """A town and its station side by side are one place: "manchester picadilly", "Haymarket, Edinburgh"."""
    out: list[Mention] = []
    for mention in mentions:
        before = out[-1] if out else None
        if before is not None and before.last == mention.first and words.breaks[mention.first] < SENTENCE:
            both = tuple(i for i in before.ids if i in mention.ids)
            if both and before.form != mention.form:
                form = min((before, mention), key=lambda m: len(m.ids)).form
                out[-1] = Mention(before.first, mention.last, form, both, min(before.score, mention.score))
                continue
        out.append(mention)
    return out


def _mention(found: Found, where: list[int], places: Gazetteer) -> Mention:
    return Mention(where[found.first], where[found.last - 1] + 1, found.value, places.forms[found.value])


def _is_slip_of_speech(mention: Mention, words: Words) -> bool:
    """Short forms that are words: "st" alone, "par" and the like in lower case within a longer sentence."""
    return mention.form in {"st", "jn", "sta", "cross", "bank top"} and len(words) > 1


def _free(mentions: Sequence[Mention], first: int, last: int) -> bool:
    return all(last <= m.first or m.last <= first for m in mentions)


def _with_mutations(mentions: list[Mention], keys: list[str], words: Words, places: Gazetteer) -> list[Mention]:
    found = list(mentions)
    for index in range(len(words)):
        if keys[index] == GAP or not (index and words.words[index - 1] in _MUTATING):
            continue
        for last in range(min(index + 5, len(words)), index, -1):
            held = [m for m in found if m.first < last and index < m.last]
            if any(m.last - m.first >= last - index for m in held):
                break
            rest = keys[index + 1 : last]
            form = next((f for head in unmutated(keys[index]) if (f := " ".join([head, *rest])) in places.forms), None)
            if form and places.forms[form] and all(words.breaks[i] == WORD for i in range(index + 1, last)):
                found = [m for m in found if m not in held]
                found.append(Mention(index, last, form, places.forms[form]))
                break
    return found


def _with_codes(mentions: list[Mention], keys: list[str], words: Words, places: Gazetteer) -> list[Mention]:
    """Station codes in capitals ("CLJ") that are no English word, in a text that is not all capitals."""
    if words.text.isupper() and len(words) > 4:
        return mentions
    for index, word in [(at, word) for at, word in enumerate(words.words) if len(word) == 3]:
        start, end = words.starts[index], words.ends[index]
        if end - start == 3 and keys[index] != GAP and words.text[start:end].isupper():
            code = word.upper()
            if code in places.stations.ids and word not in _NOT_CODES and _free(mentions, index, index + 1):
                mentions.append(Mention(index, index + 1, word, (code,), 95.0))
    return mentions


_NOT_CODES: Final = listed("places.not_codes")


_NO_SLIPS: Final = listed("places.no_slips")
_JOINTS: Final = frozenset({"the", "on", "of", "an", "a", "and", "in", "my", "ar", "y", "yr"})


def _with_slips(mentions: list[Mention], keys: list[str], words: Words, places: Gazetteer) -> list[Mention]:
    """Names with slips: windows around a word that no list knows."""
    left = _LOOKUPS
    found = [_extended(mention, keys, words, places) for mention in mentions]
    common = places.common
    for index in [at for at, word in enumerate(words.words) if len(word) >= _SHORTEST and word not in common]:
        if left <= 0:
            break
        if not _unknown(words.words[index], keys[index], places):
            continue
        if not _free(found, index, index + 1):
            continue
        left -= 1
        best = _best_window(index, keys, words, found, places)
        if best is not None:
            found = [m for m in found if m.last <= best.first or best.last <= m.first]
            found.append(best)
    return found


def _extended(mention: Mention, keys: list[str], words: Words, places: Gazetteer) -> Mention:
    """A name whose next word belongs to a longer one with a slip before it: "tonbridge wells"."""
    last = mention.last
    if last >= len(words) or words.breaks[last] != WORD or len(keys[last]) < 4:
        return mention
    after = keys[last + 1] if last + 1 < len(words) else GAP
    if after in places.first_words and not {keys[last], after} & (SLIP_CUES | STATION):
        longer = nearest(" ".join(keys[mention.first : last + 2]), 91.0) if words.breaks[last + 1] == WORD else None
        if longer is not None and longer[0].split()[-1] == after:
            return Mention(mention.first, last + 2, longer[0], places.forms[longer[0]], longer[1])
    if keys[last] not in places.first_words or keys[last] in SLIP_CUES or keys[last] in STATION:
        return mention
    hit = nearest(" ".join(keys[mention.first : last + 1]), 91.0)
    if hit is None or hit[0].split()[-1] != keys[last]:
        return mention
    return Mention(mention.first, last + 1, hit[0], places.forms[hit[0]], hit[1])


def _unknown(word: str, key: str, places: Gazetteer) -> bool:
    return (
        len(word) <= 24
        and key != GAP
        and word.isalpha()
        and word not in _NO_SLIPS
        and word not in knowledge().welsh
        and not knowledge().rules.speaks_of(word)
        and (word not in places.first_words or len(word) > 6)
    )


def _best_window(
    index: int, keys: list[str], words: Words, mentions: list[Mention], places: Gazetteer
) -> Mention | None:
    best: Mention | None = None
    slip = knowledge().rules.knows(words.words[index])
    for first in range(max(0, index - 2), index + 1):
        for last in range(index + 1, min(len(keys), index + 3) + 1):
            if not _is_window(first, last, index, keys, words, places) or (slip and last - first == 1):
                continue
            said = " ".join(keys[first:last])
            cued = first == 0 or words.words[first - 1] in SLIP_CUES or _before(first, words) in SLIP_CUES
            beside = any(m.first == last + 1 or m.last == first - 1 for m in mentions)
            hit = nearest(said, CUED_SCORE if cued or beside else FREE_SCORE)
            if hit is None:
                continue
            form, score = hit
            score += 3.0 * (last - first - 1)
            if best is None or score > best.score:
                best = Mention(first, last, form, places.forms[form], score)
    return replace(best, score=min(best.score, 99.0)) if best else None


def _before(first: int, words: Words) -> str:
    """The word before, past an article."""
    at = first - 1
    while at > 0 and words.words[at] in {"the", "y", "yr", "just", "is"}:
        at -= 1
    return words.words[at] if at >= 0 else ""


def _is_window(first: int, last: int, index: int, keys: list[str], words: Words, places: Gazetteer) -> bool:
    if any(words.breaks[i] != WORD for i in range(first + 1, last)):
        return False
    around = [i for i in range(first, last) if i != index]
    if words.words[first] in _JOINTS or words.words[last - 1] in _JOINTS:
        return False
    if not all(keys[i] in places.first_words and len(keys[i]) > 1 and words.words[i] not in SLIP_CUES for i in around):
        return False
    return not (last - first > 1 and words.words[last - 1] in STATION)


@lru_cache(maxsize=4096)
def nearest(said: str, least: float = CUED_SCORE) -> tuple[str, float] | None:
    """The name most like this one and how like it is (0 to 100), or None below `least`.

    First among the names with the same first letter, then also among those that begin with a slip, longer ones with
    two: letters too many, too few or others. Each time of a length that can be so like.
    """
    if len(said) > _LONGEST:
        return None
    by_first, by_second, by_third = _by_letter(0), _by_letter(1), _by_letter(2)
    same = by_first.get(said[0])
    slipped = [same if least < FREE_SCORE else None, by_first.get(said[1:2])]
    two = len(said) * (100 - least) >= 200  # so long that it may be as like with two other letters
    slipped += map(by_second.get, set(said[: 3 if two else 2]))
    if two:
        slipped.append(by_third.get(said[0]))
    return _likest(said, [same], FREE_SCORE) or _likest(said, slipped, least)


def _likest(said: str, pools: Iterable[_ByLength | None], least: float) -> tuple[str, float] | None:
    from rapidfuzz import fuzz, process

    best: tuple[str, float] | None = None
    for pool in pools:
        found = pool and process.extractOne(said, pool.like(said, least), scorer=fuzz.ratio, score_cutoff=least)
        if found and (best is None or found[1] > best[1]):
            best = (found[0], found[1])
            least = found[1]
    return best


class _ByLength:
    """Names in the order of their length."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted(names, key=len)
        self._lengths = [len(name) for name in self._names]

    def like(self, said: str, least: float) -> list[str]:
        """Those whose length allows a ratio of `least`: 200 * shorter / (shorter + longer)."""
        stretch = (200 - least) / least
        first = bisect_left(self._lengths, len(said) / stretch)
        return self._names[first : bisect_right(self._lengths, len(said) * stretch)]


@lru_cache(maxsize=3)
def _by_letter(at: int) -> dict[str, _ByLength]:
    """The names by their letter at this place."""
    letters: dict[str, list[str]] = {}
    for name in gazetteer().long_forms:
        letters.setdefault(name[at : at + 1], []).append(name)
    return {letter: _ByLength(some) for letter, some in letters.items()}
