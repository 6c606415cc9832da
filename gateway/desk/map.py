"""A report's place on a map of lines and coast, drawn here from our own data, without any other host.

The window is chosen around what is known: the place itself, else the next stop or the two stations between, else the
way from and to. What lies outside it is pointed at from the edge. Everything on the map is said in words too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from gateway.desk.atlas import CREDIT, LEVELS, SCALE, Box, Line, Point, Station, atlas, clipped, kilometres, meets
from gateway.desk.labels import Label, placed

WIDTH: Final = 960
HEIGHT: Final = 640
NARROWEST_KM: Final = 18.0
NEXT_KM: Final = 25.0
MAIN_KM: Final = 120.0  # in a wider window only the most used stations are looked at
NEAREST: Final = 5
AROUND: Final = 1_500  # units, 17 km: stations further off are not near
MOST_DOTS: Final = 60
_KINDS: Final = ("at", "between", "next", "from", "to")
_PLAIN: Final = ("at", "between")  # kinds whose marks bear the name alone
_SAID: Final = {"at": "at", "between": "between", "next": "next stop", "from": "from", "to": "to"}
_COMPASS: Final = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_RAIL: Final = frozenset({"NR", "ELR"})


class Mark(Struct, frozen=True):
    """A station of the report, where it is in the picture. `kind` is at, between, next, from or to."""

    kind: str
    x: int
    y: int


class Arrow(Struct, frozen=True):
    """What lies outside the picture: where its edge is crossed, which way (degrees from east, clockwise), the words."""

    x: int
    y: int
    turn: int
    words: str
    anchor: str


class Map(Struct, frozen=True):
    """A picture of `WIDTH` by `HEIGHT` units, and the same in words."""

    title: str
    said: str
    near: tuple[str, ...]
    land: str
    rail: str
    tube: str
    dots: tuple[Point, ...]
    marks: tuple[Mark, ...]
    arrows: tuple[Arrow, ...]
    labels: tuple[Label, ...]
    bar: int
    bar_km: int
    credit: str = CREDIT
    width: int = WIDTH
    height: int = HEIGHT


class View(Struct, frozen=True):
    """A window: its middle, and how many units of the picture a unit of latitude takes."""

    middle: Point
    units: float
    shrink: float

    @property
    def box(self) -> Box:
        """The window with a little around it."""
        across, up = WIDTH / 2 / self.units / self.shrink * 1.04, HEIGHT / 2 / self.units * 1.04
        x, y = self.middle
        return round(x - across), round(y - up), round(x + across), round(y + up)

    @property
    def km(self) -> float:
        """How wide it is."""
        return WIDTH / self.units / SCALE * 111.32

    def at(self, point: Point) -> Point:
        """Where a point is in the picture."""
        return (
            round(WIDTH / 2 + (point[0] - self.middle[0]) * self.shrink * self.units),
            round(HEIGHT / 2 - (point[1] - self.middle[1]) * self.units),
        )


def of(document: Mapping[str, Any]) -> Map | None:
    """The map of a report's newest document; None where no station is known."""
    ids = (document.get("facts", {}).get("place") or {}).get("ids") or {}
    known: list[tuple[str, str]] = []
    for kind in _KINDS:
        found = ids.get(kind)
        codes = found if isinstance(found, list) else [found] if found else []
        known += [(kind, code) for code in codes if code in atlas().stations]
    return _drawn(tuple(known)) if known else None


@lru_cache(maxsize=256)
def _drawn(known: tuple[tuple[str, str], ...]) -> Map:
    stations = [(kind, atlas().stations[code]) for kind, code in known]
    view = _view(stations)
    inside = [(kind, one, view.at(one.at)) for kind, one in stations if _is_inside(view.at(one.at))]
    centre = stations[0][1]
    around = atlas().stations_within(view.box) if view.km <= MAIN_KM else list(atlas().main)
    dots = _dots(around, {one.code for _, one in stations}, view, {one.network for _, one in stations})
    far = next(number for number, (km, _) in enumerate(LEVELS) if view.km <= km)
    level = atlas().levels[far]
    bar_km = max(km for km in (1, 2, 5, 10, 20, 50, 100) if km <= max(1.0, view.km / 4))
    arrows = tuple(_arrow(view, kind, one, centre) for kind, one in stations if not _is_inside(view.at(one.at)))
    return Map(
        title="Map: " + _joined(stations),
        said=_said(stations, view),
        near=_nearest(centre),
        land="".join(_path(ring, view) + "Z" for ring in _land(view.box, far)),
        rail="".join(_path(line, view) for line in level["rail"].within(view.box)),
        tube="".join(_path(line, view) for line in level["tube"].within(view.box)),
        dots=tuple(view.at(station.at) for station in dots),
        marks=tuple(Mark(kind, *place) for kind, _, place in reversed(inside)),
        arrows=arrows,
        labels=placed(
            [(one.name if kind in _PLAIN else f"{_SAID[kind]} {one.name}", place) for kind, one, place in inside],
            [(station.name, view.at(station.at)) for station in dots],
            [(arrow.x, arrow.y, arrow.words, arrow.anchor) for arrow in arrows],
        ),
        bar=round(bar_km / view.km * WIDTH),
        bar_km=bar_km,
    )  # fmt: skip


def _view(stations: list[tuple[str, Station]]) -> View:
    """The window around what is known best."""
    kinds = {kind for kind, _ in stations}
    best = next(group for group in ({"at"}, {"between"}, {"next"}, {"from", "to"}) if group & kinds)
    points = [one.at for kind, one in stations if kind in best]
    points += [one.at for kind, one in stations if kind == "next" and kilometres(points[0], one.at) < NEXT_KM]
    west, east = min(point[0] for point in points), max(point[0] for point in points)
    south, north = min(point[1] for point in points), max(point[1] for point in points)
    middle = ((west + east) // 2, (south + north) // 2)
    shrink = math.cos(math.radians(middle[1] / SCALE))
    wide = max(NARROWEST_KM / 111.32 * SCALE, (east - west) * shrink * 1.5, (north - south) * 1.4 * WIDTH / HEIGHT)
    return View(middle, WIDTH / wide, shrink)


def _land(window: Box, far: int) -> list[Line]:
    found = [clipped(ring, window) for box, ring in atlas().land[far] if meets(box, window)]
    return [ring for ring in found if len(ring) > 2]


def _path(line: Line, view: View) -> str:
    """The line as SVG path data; what would be drawn twice at one place is drawn once."""
    points = [view.at(point) for point in line]
    kept = points[:1] + [after for before, after in pairwise(points) if before != after]
    return "M" + "L".join(f"{x} {y}" for x, y in kept)


def _dots(around: list[Station], marked: set[str], view: View, networks: set[str]) -> list[Station]:
    """Stations worth a dot: railway ones, and those of a network that the report is about."""
    shown = _RAIL | networks if view.km <= 30 else _RAIL
    taken: set[Point] = set()
    found: list[Station] = []
    for station in around:
        x, y = view.at(station.at)
        cell = (x // 24, y // 24)
        if station.code not in marked and station.network in shown and _is_inside((x, y)) and cell not in taken:
            taken.add(cell)
            found.append(station)
    return found[:MOST_DOTS]


def _is_inside(place: Point) -> bool:
    return 12 <= place[0] <= WIDTH - 12 and 12 <= place[1] <= HEIGHT - 12


def _arrow(view: View, kind: str, station: Station, centre: Station) -> Arrow:
    """Where the straight way from the middle to a station crosses the picture's edge."""
    x, y = view.at(station.at)
    dx, dy = x - WIDTH / 2, y - HEIGHT / 2
    part = min((WIDTH / 2 - 26) / abs(dx) if dx else math.inf, (HEIGHT / 2 - 26) / abs(dy) if dy else math.inf)
    left, top = round(WIDTH / 2 + dx * part), round(HEIGHT / 2 + dy * part)
    words = f"{_SAID[kind]} {station.name}, {kilometres(centre.at, station.at):.0f} km"
    anchor = "start" if left < WIDTH / 4 else "end" if left > WIDTH * 3 / 4 else "middle"
    return Arrow(left, top, round(math.degrees(math.atan2(dy, dx))), words, anchor)


def _joined(stations: list[tuple[str, Station]]) -> str:
    between = [one.name for kind, one in stations if kind == "between"]
    parts = [f"{_SAID[kind]} {one.name}" for kind, one in stations if kind != "between"]
    return ", ".join(([f"between {' and '.join(between)}"] if between else []) + parts)


def _said(stations: list[tuple[str, Station]], view: View) -> str:
    """The picture in words."""
    centre = stations[0][1]
    parts = [f"{view.km:.0f} km across, north at the top. Marked: {centre.name}."]
    for kind, one in stations[1:]:
        word = "And" if kind == "between" else _SAID[kind].capitalize()
        parts.append(
            f"{word} {one.name}, {kilometres(centre.at, one.at):.0f} km {_direction(centre.at, one.at)} of it."
        )
    return " ".join(parts)


def _nearest(centre: Station) -> tuple[str, ...]:
    """The stations nearest to the place, with distance and direction."""
    x, y = centre.at
    around = atlas().stations_within((x - 2 * AROUND, y - AROUND, x + 2 * AROUND, y + AROUND))
    others = [one for one in around if one.name != centre.name and one.network in _RAIL | {centre.network}]
    others.sort(key=lambda one: kilometres(centre.at, one.at))
    return tuple(
        f"{one.name} {kilometres(centre.at, one.at):.1f} km {_direction(centre.at, one.at)}" for one in others[:NEAREST]
    )


def _direction(here: Point, there: Point) -> str:
    across = (there[0] - here[0]) * math.cos(math.radians(here[1] / SCALE))
    return _COMPASS[round(math.degrees(math.atan2(across, there[1] - here[1])) / 45) % 8]
