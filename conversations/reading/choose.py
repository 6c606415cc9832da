"""Which station a name means: by what the text says of networks, lines and counties, by its other places, by usage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import cos, hypot, log10, radians
from typing import Final

from msgspec import Struct

from conversations.reading.files import listed
from conversations.reading.gazetteer import Gazetteer, Station, gazetteer
from conversations.reading.names import key_word
from conversations.reading.normal import words_of
from conversations.reading.places import Mention

CERTAIN_GAP: Final = 0.3
"""Below this difference in weight two stations are equally likely: ask."""

_KM: Final = 111.2
_OTHER_NETWORKS: Final = listed("choose.other_networks")


class Hints(Struct, frozen=True):
    """What the text and the conversation say about where we are.

    `networks` spoken of ("tube"), `lines` named, `words` of the text, `near` stations known, `countries` of the
    organisation, `denied` the words said not to be meant.
    """

    networks: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    near: tuple[str, ...] = ()
    countries: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()


class Chosen(Struct, frozen=True):
    """A place decided: the station, None for a bare city or a draw, and those to ask about, likeliest first."""

    station: Station | None
    alternatives: tuple[Station, ...]
    confidence: float


def distance(a: Station, b: Station) -> float:
    """Kilometres between two stations, flat enough for Great Britain."""
    return hypot((a.lat - b.lat) * _KM, (a.lon - b.lon) * _KM * cos(radians(54.5)))


def choose(mention: Mention, others: Sequence[Mention], hints: Hints) -> Chosen:
    """The station that a mention means."""
    places = gazetteer()
    stations = [places.stations[i] for i in mention.ids if i in places.stations.ids]
    if not stations:
        return Chosen(None, (), 0.0)
    neighbours = _neighbours(mention, others, hints, places)
    scored = sorted(
        ((_score(s, mention, neighbours, hints, places), s) for s in stations), key=lambda p: (-p[0], p[1].id)
    )
    best_score, best = scored[0]
    rivals = [(score, s) for score, s in scored[1:] if s.hub != best.hub and score > best_score - 2.5]
    alternatives = tuple(s for _, s in rivals[:3])
    if places.towns.get(mention.form) == "" and not _settled(best, best_score, rivals, hints):
        return Chosen(None, (best, *alternatives), 0.3)
    if rivals and best_score - rivals[0][0] < CERTAIN_GAP:
        return Chosen(None, (best, *alternatives), 0.3)
    gap = best_score - rivals[0][0] if rivals else 3.0
    return Chosen(best, alternatives, round(min(mention.score / 100, 0.99, 0.6 + 0.13 * gap), 2))


def _settled(best: Station, score: float, rivals: Sequence[tuple[float, Station]], hints: Hints) -> bool:
    """Whether something beside usage tells which station of a town it is."""
    return bool(rivals) and score - rivals[0][0] > 3.5 and best.network in hints.networks


def _neighbours(mention: Mention, others: Sequence[Mention], hints: Hints, places: Gazetteer) -> list[list[Station]]:
    groups = [[places.stations[i] for i in m.ids if i in places.stations.ids] for m in others if m is not mention]
    groups += [[places.stations[i]] for i in hints.near if i in places.stations.ids]
    return [group for group in groups if group]


def _score(
    station: Station, mention: Mention, neighbours: Iterable[list[Station]], hints: Hints, places: Gazetteer
) -> float:
    score = station.weight
    score += _network_score(station, hints)
    for group in neighbours:
        near = min(distance(station, other) for other in group)
        score += 3.0 * max(0.0, 1 - log10(1 + near / 10) / 1.61)
        if station.network in _OTHER_NETWORKS and near < 30 and all(s.network == station.network for s in group):
            score += 4.0
    if any(line in station.lines for line in hints.lines):
        score += 4.0
    score += 3.0 * len(_qualifiers(station) & hints.words)
    if hints.denied and hints.denied & {*_qualifiers(station), *words_of(station.label).words[1:]}:
        score -= 6.0
    if mention.form == _own_name(station):
        score += _own_name_score(station, mention, places)
    if hints.countries and station.country in hints.countries:
        score += 1.5
    if places.towns.get(mention.form) == station.id:
        score += 2.5
    return score


def _network_score(station: Station, hints: Hints) -> float:
    if hints.networks:
        if station.network in hints.networks:
            return 12.0
        return 3.0 if station.network in {"NR", "ELR"} else 0.0
    return 3.0 if station.network in {"NR", "ELR"} else 0.0


@cache
def _own_name(station: Station) -> str:
    """The name itself as compared, without its county, network and "London"."""
    name = station.label.partition(" (")[0].removeprefix("London ")
    return " ".join(key_word(word) for word in words_of(name).words)


def _own_name_score(station: Station, mention: Mention, places: Gazetteer) -> float:
    """A station's very name outweighs a short form of another: Ruislip is not South Ruislip."""
    if station.network in {"NR", "ELR"}:
        return 0.0 if "(" in station.label else 3.5
    rivals = [places.stations[i] for i in mention.ids]
    return 0.0 if any(s.network in {"NR", "ELR"} and _own_name(s) == mention.form for s in rivals) else 5.0


_COMMON_PARTS: Final = listed("choose.common_parts")


@cache
def _qualifiers(station: Station) -> frozenset[str]:
    """The bracketed county or town of a name, and the country where it is not England."""
    inside = station.label.partition("(")[2].rstrip(")") if station.network in {"NR", "ELR"} else ""
    words = {word for word in words_of(inside).words if word not in _COMMON_PARTS}
    city, *rest = words_of(station.label).words
    if rest and city in gazetteer().towns:
        words.add(city)
    if station.country != "England":
        words.add(station.country.lower())
        if station.country == "Wales":
            words |= {"cymru", "welsh"}
    return frozenset(words)
