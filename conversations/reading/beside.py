"""What is said beside the incident: wishes, no train, whether the person is still near, and when it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from conversations.reading.files import listed
from conversations.reading.model import Value
from conversations.reading.normal import Words
from conversations.reading.rules import Hit
from conversations.reading.urgency import is_long_past
from conversations.reading.what import hits_of, negated, value_of

_ABOUT_THEM: Final = frozenset({"safe", "suspect", "suspect_is"})
"""Questions whose answers speak of the one who did it, however short."""

_TOLD: Final = frozenset({"past", "recent", "habit"})
_NOW: Final = listed("beside.now")
_DATES: Final = (listed("times.days") | listed("times.months") | listed("urgency.days")) - {"may", "sun", "mon", "sat"}
_FIRM: Final = listed("beside.person")
_NONE: Final = listed("beside.none")
_CLOSE: Final = 2
_ABOARD: Final = frozenset({"coach", "seat", "unit", "headcode"})
_UNDER_WAY: Final = frozenset({"next", "between"})


def talk_of(words: Words, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that wish for support: to speak to "a real person" or "an officer" is another wish."""
    talk = [h for h in hits_of(hits, "intent") if h.label == "talk"]
    if not talk:
        return talk
    persons = [h for h in hits_of(hits, "wishes") if h.label == "person" and _is_firm(words, h)]
    return [h for h in talk if not any(p.first < h.last + _CLOSE and h.first < p.last + _CLOSE for p in persons)]


def _is_firm(words: Words, hit: Hit) -> bool:
    return bool(_FIRM & set(words.words[hit.first : hit.last + 1]))


def wishes(
    words: Words, hits: Sequence[Hit], place: Mapping[str, Value], train: Mapping[str, Value], asks: str | None
) -> dict[str, Value]:
    """What the reporter asks for or says of themselves, by the names of `wishes.yaml`, each True with its spans."""
    found: dict[str, list[Hit]] = {}
    for hit in hits_of(hits, "wishes"):
        found.setdefault(hit.label, []).append(hit)
    if "person" in found and talk_of(words, hits):
        found["person"] = [hit for hit in found["person"] if _is_firm(words, hit)]
    if "platform" in found:
        found["platform"] = _off_train(words, found["platform"], place, train)
    out = {label: value_of(words, True, group, "wishes") for label, group in found.items() if group}
    if asks == "location" and "platform" in found and _only_platforms(words, found["platform"]):
        out.pop("platform", None)
    if asks == "location" and _is_at_station(words):
        out["platform"] = Value(True, (words.span(0, len(words)),), 0.7, "wishes.station")
    return out


def _only_platforms(words: Words, hits: Sequence[Hit]) -> bool:
    """ "meadowhall platform 3" tells where, and leaves open whether they came or go by train."""
    said = [set(words.words[hit.first : hit.last]) for hit in hits]
    return bool(said) and all(each & _PLATFORMS and not each & _NONE for each in said)


_PLATFORMS: Final = frozenset({"platform", "platforms", "plat", "platfform", "blatfform", "phlatfform"})


def _is_aboard(words: Words) -> bool:
    said = words.words
    on = (set(said[max(0, i - 3) : i]) & _ON for i, word in enumerate(said) if word in _TRAINS)
    return bool(_IN_TRAINS & set(said)) or any(on)


_TRAINS: Final = listed("beside.trains")
_IN_TRAINS: Final = listed("beside.aboard")
_ON: Final = listed("beside.on")


def _is_at_station(words: Words) -> bool:
    """ "stockport station": the whole answer is a station, with nothing of passing it."""
    said = words.words
    return len(said) <= _SHORT and bool(_STATION & set(said)) and not _PASSING & set(said)


_SHORT: Final = 5
_STATION: Final = frozenset({"station", "stn", "orsaf", "gorsaf", "ngorsaf"})
_PASSING: Final = listed("roles.strong_at") - {"platform", "platfform"} | listed("beside.passing")


def _off_train(words: Words, hits: list[Hit], place: Mapping[str, Value], train: Mapping[str, Value]) -> list[Hit]:
    """ "no train", "on the platform": the latter only where nothing tells of a train that they are on."""
    none = [hit for hit in hits if words.words[hit.first] in _NONE]
    moving = _UNDER_WAY & set(place) or (place.keys() & {"from", "to"} and "at" not in place)
    rides = "time_kind" in train and train["time_kind"].value == "train"
    if none or not (_is_aboard(words) or moving or rides or _ABOARD & set(train)):
        return none or hits
    return []


def still_there(words: Words, hits: Sequence[Hit], asks: str | None) -> Value:
    """True where the one who did it is still near, False where they are not; None where nothing tells."""
    asked = asks in _ABOUT_THEM
    found: list[Hit] = []
    for hit in hits_of(hits, "when"):
        there = hit.label == "there" or (hit.label == "there_soft" and asked)
        if hit.label == "away" or (there and not negated(words, hit) and (asked or not is_long_past(words, hits))):
            found.append(hit)
    if not found:
        return Value(None)
    last = max(found, key=lambda hit: (hit.first, hit.label == "away"))
    return value_of(words, last.label != "away", [last], "still_there")


def _is_year(word: str) -> bool:
    return len(word) == 4 and word[:2] in {"19", "20"} and word.isdecimal() and word > "1949"


def _is_vague(words: Words, hit: Hit) -> bool:
    """ "tonight", "this morning": a part of today, which leaves the time open."""
    return set(words.words[hit.first : hit.last]) <= _TODAY


_TODAY: Final = listed("beside.today")


_BARE: Final = _TODAY & {"today", "tonight", "heddiw", "heno"}
_NOW_OR_DATE: Final = _NOW | _DATES
_NOW_OR_LATER: Final = _NOW | (_DATES - _TODAY)


def when_told(words: Words, hits: Sequence[Hit], train: Mapping[str, Value], asks: str | None) -> Value:
    """True where a time, a date or a time from now is told, with the words that tell it; None where none is, with the
    words of a part of today ("tonight") where one is told."""
    found = [
        hit for hit in hits_of(hits, "when") if hit.label in _TOLD and (asks == "when" or not _is_vague(words, hit))
    ]
    if found:
        return value_of(words, True, found, "when")
    dates = _NOW_OR_DATE if asks == "when" else _NOW_OR_LATER
    now = [words.words.index(word) for word in dates.intersection(words.words)]
    now += [i for i in words.figures if _is_year(words.words[i])]
    if now:
        return Value(True, (words.span(min(now), min(now) + 1),), 0.8, "when.now")
    time = train.get("time")
    if time is not None and train["time_kind"].value == "event":
        return Value(True, time.spans, time.confidence, "when.time")
    vague = [words.span(hit.first, hit.last) for hit in hits_of(hits, "when") if hit.label in _TOLD]
    vague += [words.span(i, i + 1) for i, word in enumerate(words.words) if word in _BARE]
    return Value(None, tuple(vague), 0.8 if vague else 0.0, "when.part_of_today" if vague else "")
