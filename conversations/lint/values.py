"""The longest values that a text of a flow may be filled in with, by language: taken from the data, not guessed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache

from conversations import asides, support
from conversations.reading.gazetteer import gazetteer
from conversations.support import AUDIENCES, Offer, Service
from conversations.texts import segments

REFERENCE = "W" * 8
_OFFERED = 2
_HOLIDAY = date(2026, 12, 25)
_WEEKDAY = date(2026, 11, 18)
_MOST_OPTIONS = 4


def weight(text: str) -> tuple[int, int]:
    """What a text costs: segments, then units; for finding the longest."""
    size = segments(text)
    return size.count, size.units


@cache
def services(language: str) -> str:
    """The longest `{services}`: the two longest numbers with their hours, at any hour, for any one audience."""
    found = [""]
    for audience in AUDIENCES:
        for by_text in (False, True):
            fitting = [one for one in support.shipped().services if audience in one.suits]
            said = [_longest(one, language, by_text) for one in fitting if one.sms or (one.phone and not by_text)]
            two = sorted(said, key=weight)[-_OFFERED:]
            found.append(support.joined([Offer("", text) for text in two], language))
    return max(found, key=weight)


def _longest(service: Service, language: str, by_text: bool) -> str:
    moments = [(day, minute) for day in range(7) for minute in sorted(_minutes(service, day))]
    texts = [
        service.say(language, day, minute, today, by_text=by_text)
        for day, minute in moments
        for today in (_WEEKDAY, _HOLIDAY)
    ]
    return max(texts, key=weight)


def _minutes(service: Service, day: int) -> set[int]:
    """Before, in and after each time it is open: what it says changes only there."""
    found = {0, 1439}
    for opening, closing in service.hours.days[day] if service.hours is not None else ():
        found |= {max(opening - 1, 0), opening, min(closing, 1439)}
    return found


@cache
def which() -> tuple[tuple[str, str], ...]:
    """`{name}` and `{options}` for stations that share a name: those that make the longest question."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for station in gazetteer().stations.values():
        for head in {station.label.partition(" (")[0], station.label.split()[0]}:
            groups[head].append(station.label)
    shared = [tuple(sorted(set(labels), key=weight)[-_MOST_OPTIONS:]) for labels in groups.values()]
    return tuple(
        max((_of(labels[-count:]) for labels in shared if len(labels) >= count), key=_whole)
        for count in range(2, _MOST_OPTIONS + 1)
    )


def _of(labels: tuple[str, ...]) -> tuple[str, str]:
    name, options = asides.apart(labels)
    return name, asides.numbered(options)


def _whole(pair: tuple[str, str]) -> tuple[int, int]:
    return weight(" ".join(pair))
