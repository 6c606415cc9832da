"""Compares what came of each person with what should."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.reporters.driver import Played

PLACE = ("at", "from", "to", "next", "line", "between")
SERVICE = ("time", "headcode", "operator", "coach", "seat", "unit")
_HELPLINE = re.compile(r"\b(?:0800|0808|0300|0345|116 ?\d{3}|111)\b")
_OFFER = re.compile(r"\b(?:SUPPORT|CYMORTH)\b")


@dataclass(frozen=True, slots=True)
class Score:
    """One person's: what was wrong in the report's place and service, and in the rest."""

    played: Played
    place: tuple[str, ...]
    service: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def ended_well(self) -> bool:
        """Whether the ending is one that is right."""
        return self.played.ended in self.played.person.endings

    @property
    def asked_too_much(self) -> bool:
        """Whether more was asked than `max_questions`."""
        return self.played.questions > self.played.person.expect.get("max_questions", 99)


@dataclass(frozen=True, slots=True)
class Figures:
    """Over everybody. `exact` and `reports`: reports whose place and service are exact, of how many."""

    endings: int
    people: int
    exact: int
    reports: int
    asked_too_much: int
    most_until_complete: int
    most_after_full: int
    median_texts: float


def score(played: Played) -> Score:
    """Compares one person's report, key by key; stations by their codes where there are any."""
    expect, facts = played.person.expect, played.report.get("facts") or {}
    if not played.person.reports:
        return Score(played, (), (), ("a report was made",) if played.report else ())
    place, wanted = facts.get("place") or {}, expect["place"]
    return Score(
        played,
        place=tuple(_misses("place", PLACE, _coded(wanted), _coded(place))),
        service=tuple(_misses("service", SERVICE, expect["service"], facts.get("service") or {})),
        rest=tuple(_rest(played, expect, facts)),
    )


def figures(scores: Sequence[Score]) -> Figures:
    """The figures over everybody."""
    full = [one.played for one in scores if one.played.person.tells_all]
    texts = [one.played.completed_after for one in scores]
    reports = [one for one in scores if one.played.person.reports]
    return Figures(
        endings=sum(one.ended_well for one in scores),
        people=len(scores),
        exact=sum(not (one.place or one.service) for one in reports),
        reports=len(reports),
        asked_too_much=sum(one.asked_too_much for one in scores),
        most_until_complete=max((one.questions_until_complete for one in full), default=0),
        most_after_full=max((one.questions for one in full), default=0),
        median_texts=statistics.median([count for count in texts if count is not None] or [99]),
    )


def _coded(place: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a place, stations by code where one is known."""
    ids = place.get("ids") or {}
    return {key: ids.get(key) or place.get(key) for key in PLACE}


def _misses(name: str, keys: Sequence[str], wanted: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}.{key}: wanted {wanted.get(key)}, got {got.get(key)}"
        for key in keys
        if (wanted.get(key) or None) != (got.get(key) or None)
    ]


def _rest(played: Played, expect: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    keys = ("language", "urgency", "role", "suspect_is", "describes_suspect")
    misses = _misses("facts", keys, expect, facts)
    wanted, got = sorted(expect["behaviours"]), sorted(facts.get("behaviours") or ())
    if wanted != got:
        misses.append(f"behaviours: wanted {wanted}, got {got}")
    found = {
        "anonymous": (played.report.get("consent") or {}).get("contact") not in ("may_text", "name"),
        "support_sent": _supported(played, expect["support_sent"]),
        "emergency_advice": bool(played.report.get("why_urgent")) and any("999" in text for text in played.replies),
    }
    misses += [
        f"{name}: wanted {expect[name]}, got {value}"
        for name, value in found.items()
        if expect.get(name) is not None and expect[name] != value
    ]
    return misses


def _supported(played: Played, wanted: bool | None) -> bool:
    """Whether services were offered: their numbers, or, where they must be, the word that brings them."""
    return any(_HELPLINE.search(text) or (wanted and _OFFER.search(text)) for text in played.replies)
