"""Whether two reports may be of one incident, and why: same train, coach, headcode, place in time, described alike.

It only suggests: a person decides. Nothing is said of reports that contradict each other in train or hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

TRAIN_SECONDS: Final = 3 * 3600  # one headcode, or one train's time, is on its way so long
PLACE_SECONDS: Final = 15 * 60
LOOK_SECONDS: Final = 30 * 60
LEAST_WORDS: Final = 2
ENOUGH: Final = 2
_HEADCODE, _TRAIN, _COACH, _PLACE, _LOOK = 4, 3, 2, 2, 1
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_NO_WORDS: Final = """
    and the with has had was wearing wears looks like about man woman person guy bloke lady male female hair old
    years year his her him she they got very quite bit dyn menyw gyda gan
"""
_EMPTY: Final = frozenset(_NO_WORDS.split())


class Sight(Struct, frozen=True):
    """What of a report can be compared. `first` and `last` are Unix seconds; places are codes to names."""

    headcode: str | None
    time: str | None
    ends: frozenset[str]
    line: str | None
    coach: str | None
    places: Mapping[str, str]
    look: frozenset[str]
    first: float
    last: float


class Likeness(Struct, frozen=True):
    """Why two reports may be of one incident, in words, and how much that weighs."""

    reasons: tuple[str, ...]
    weight: int


def sight(document: Mapping[str, Any]) -> Sight:
    """What of a report's newest document can be compared."""
    facts = document.get("facts") or {}
    place, service = facts.get("place") or {}, facts.get("service") or {}
    ids = place.get("ids") or {}
    times = document["times"]
    spoken = [said["text"][slice(*said["span"])] for said in (document.get("said") or {}).get("look", [])]
    found = {word for words in spoken for word in _WORD.findall(words.casefold())}
    return Sight(
        headcode=service.get("headcode"),
        time=service.get("time") if service.get("time_kind", "train") == "train" else None,
        ends=frozenset(ids[end] for end in ("from", "to") if ids.get(end)),
        line=_first(place.get("line")),
        coach=_upper(service.get("coach")),
        places=_places(place, ids),
        look=frozenset(found - _EMPTY),
        first=_seconds(times["started"]),
        last=_seconds(times["last_text"]),
    )


def likeness(one: Sight, other: Sight) -> Likeness | None:
    """Why two reports may be of one incident; None where too little speaks for it, or something against."""
    apart = max(one.first - other.last, other.first - one.last, 0.0)
    if apart > TRAIN_SECONDS or (one.headcode and other.headcode and one.headcode != other.headcode):
        return None
    reasons: list[str] = []
    weight = _by_train(one, other, reasons)
    if not weight and one.time and other.time and one.time != other.time:
        return None
    if weight and one.coach and one.coach == other.coach:
        reasons.append(f"same coach, {one.coach}")
        weight += _COACH
    shared = [name for code, name in one.places.items() if code in other.places]
    if shared and apart <= PLACE_SECONDS:
        reasons.append(f"same place within {max(1, round(apart / 60))} min, {shared[0]}")
        weight += _PLACE
    words = sorted(one.look & other.look)
    if len(words) >= LEAST_WORDS and apart <= LOOK_SECONDS:
        reasons.append(f"described alike: {', '.join(words)}")
        weight += _LOOK * min(len(words), 3)
    return Likeness(tuple(reasons), weight) if weight >= ENOUGH else None


def _by_train(one: Sight, other: Sight, reasons: list[str]) -> int:
    if one.headcode and one.headcode == other.headcode:
        reasons.append(f"same headcode, {one.headcode}")
        return _HEADCODE
    same_way = bool(one.ends & other.ends) or bool(one.line and one.line == other.line)
    if one.time and one.time == other.time and same_way:
        reasons.append(f"same train, the {one.time}")
        return _TRAIN
    return 0


def _places(place: Mapping[str, Any], ids: Mapping[str, Any]) -> dict[str, str]:
    """Where it was said to be: codes to names."""
    found: dict[str, str] = {}
    for kind in ("at", "next", "between"):
        codes, names = ids.get(kind), place.get(kind)
        if isinstance(codes, str) and names:
            found[codes] = str(names)
        elif isinstance(codes, list) and isinstance(names, list):
            found |= {code: str(name) for code, name in zip(codes, names, strict=False)}
    return found


def _first(value: Any) -> str | None:
    return str(value[0]) if isinstance(value, list) and value else value or None


def _upper(value: Any) -> str | None:
    return str(value).upper() if value else None


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()
