"""What the conversation adds to a text: stations known, networks and countries."""

from __future__ import annotations

from typing import Any, Final

from conversations.reading.choose import Hints
from conversations.reading.gazetteer import gazetteer
from conversations.reading.model import Context
from conversations.reading.normal import Words, words_of
from conversations.reading.service import Piece, country_of, network_of, networks_in, operators_in

_COUNTRIES = {"england": "England", "scotland": "Scotland", "wales": "Wales", "cymru": "Wales"}


def hints_for(words: Words, lines: list[Piece], context: Context) -> Hints:
    """The hints for choosing between stations of one name."""
    place = _mapping(_mapping(context.facts).get("place"))
    networks = set(networks_in(words))
    names = [p.value for p in lines]
    known = place.get("line")
    if isinstance(known, str) and not names:
        names = [known]
    for name in names:
        try:
            network = network_of(name)
        except KeyError:
            continue
        if network != "NR":
            networks.add(network)
    near: list[str] = []
    stations = gazetteer().stations
    for value in _mapping(place.get("ids")).values():
        for code in value if isinstance(value, list) else [value]:
            if isinstance(code, str) and code in stations.ids:
                near.append(code)
                if stations[code].network not in {"NR", "ELR"} and not networks:
                    networks.add(stations[code].network)
    denied = _denied(words)
    area = [a for a in context.area if a in stations.ids]
    countries = frozenset(_COUNTRIES[a.lower()] for a in context.area if a.lower() in _COUNTRIES)
    return Hints(
        frozenset(networks),
        frozenset(names),
        frozenset(words.words) - denied | {_CITIES[word] for word in _CITIES.keys() & set(words.words)},
        tuple(near + area[:4]),
        countries,
        denied,
    )


_CITIES: Final = {
    "glesga": "glasgow",
    "manc": "manchester",
    "mcr": "manchester",
    "brum": "birmingham",
    "bham": "birmingham",
}


def _denied(words: Words) -> frozenset[str]:
    """The words said not to be meant: "not the derbyshire one", "not elton"."""
    said = words.words
    after = (said[i + 1 + (said[i + 1 : i + 2] == ("the",))] for i, w in enumerate(said[:-2]) if w == "not")
    last = said[-1:] if said[-2:-1] == ("not",) else ()
    return frozenset((*after, *last))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def context_of(data: Any) -> Context:
    """A context from its JSON form `{"asks"?, "facts"?, "organisation"?, "at"?}`; what cannot be read is left out.

    `at` is `HH:MM` or an ISO time; `organisation` a name, of which nation words and operators are understood.
    """
    said = _mapping(data)
    asks = said.get("asks")
    choices = said.get("choices")
    return Context(
        asks=asks if isinstance(asks, str) else None,
        facts=_mapping(said.get("facts")),
        area=_area(said.get("organisation")),
        at=_minute(said.get("at")),
        choices=choices if isinstance(choices, int) else 0,
    )


def _minute(at: Any) -> int | None:
    if not isinstance(at, str):
        return None
    clock = at.partition("T")[2] or at
    hours, _, rest = clock.partition(":")
    minutes = rest[:2]
    if not (hours.isdecimal() and minutes.isdecimal() and hours.isascii() and minutes.isascii()):
        return None
    minute = int(hours[-2:]) * 60 + int(minutes)
    return minute if minute < 1440 else None


def _area(organisation: Any) -> tuple[str, ...]:
    if not isinstance(organisation, str):
        return ()
    words = words_of(organisation[:200])
    nations = {nation for word in words.words if (nation := _NATION_WORDS.get(word))}
    for piece in operators_in(words, [False] * len(words)):
        countries = country_of(piece.value)
        if len(countries) == 1:
            nations |= countries
    return tuple(sorted(nations))


_NATION_WORDS = {
    "wales": "wales",
    "cymru": "wales",
    "welsh": "wales",
    "tfw": "wales",
    "scotland": "scotland",
    "scottish": "scotland",
    "scotrail": "scotland",
    "england": "england",
}
