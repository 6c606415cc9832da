"""What the map is drawn from: land, rail and Tube lines, stations; cut small and found by where they are.

Everything is held in degrees times 10,000, as (longitude, latitude). Lines are cut into short pieces and laid into a
grid, so that a window of the map costs what is in it, wherever it is. The files are made by `gateway.desk.build_map`.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from conversations.reading.files import DATA as READER

DATA: Final = Path(__file__).parent / "data"
SCALE: Final = 10_000
CELL: Final = 2_000  # a fifth of a degree
PIECE: Final = 12  # points
MOST_MAIN: Final = 300
LEVELS: Final = ((70.0, 0), (220.0, 60), (math.inf, 400))
"""Up to which width of a window, in km, steps below how many units (11 m) are left out."""
CREDIT: Final = (
    "Contains public sector information licensed under the Open Government Licence v3.0 (Department for Transport "
    "NaPTAN; Office of Rail and Road; Network Rail). Powered by TfL Open Data. Contains OS data © Crown copyright and "
    "database rights 2016 and Geomni UK Map data © and database rights 2019. Made with Natural Earth. Tube lines © "
    "OpenStreetMap contributors (ODbL)."
)
Point = tuple[int, int]
Line = tuple[Point, ...]
Box = tuple[int, int, int, int]  # west, south, east, north


class Station(Struct, frozen=True):
    """A station or stop: its code, name, network, position and a rough rank by use."""

    code: str
    name: str
    network: str
    at: Point
    usage: int


class Grid:
    """Pieces of lines by the cells that they touch."""

    def __init__(self, lines: list[Line]) -> None:
        self._cells: dict[Point, list[tuple[int, Box, Line]]] = {}
        number = 0
        for line in lines:
            for first in range(0, max(1, len(line) - 1), PIECE):
                piece = line[first : first + PIECE + 1]
                box = box_of(piece)
                for cell in _cells(box):
                    self._cells.setdefault(cell, []).append((number, box, piece))
                number += 1

    def within(self, window: Box) -> list[Line]:
        """The pieces whose box meets the window, each once, in the order of the file."""
        found = {
            number: piece
            for cell in _cells(window)
            for number, box, piece in self._cells.get(cell, ())
            if meets(box, window)
        }
        return [found[number] for number in sorted(found)]


class Atlas(Struct, frozen=True):
    """All of it. `levels` holds rail lines and, near by, Tube lines, `land` the rings of the coast, for each of LEVELS.

    `main` are the stations most used, the most used first.
    """

    levels: tuple[dict[str, Grid], ...]
    land: tuple[tuple[tuple[Box, Line], ...], ...]
    stations: dict[str, Station]
    places: dict[Point, tuple[Station, ...]]
    main: tuple[Station, ...]

    def stations_within(self, window: Box) -> list[Station]:
        """The stations in a window, the most used first."""
        west, south, east, north = window
        found = [
            station
            for cell in _cells(window)
            for station in self.places.get(cell, ())
            if west <= station.at[0] <= east and south <= station.at[1] <= north
        ]
        return sorted(found, key=lambda station: (-station.usage, station.name))


@cache
def atlas() -> Atlas:
    """The atlas, read once (about 0.15 s). Raises OSError, ValueError where a file is missing or damaged."""
    lines = {name: _read(f"map_{name}.json") for name in ("outline", "rail", "tube")}
    stations = {station.code: station for station in _stations()}
    places: dict[Point, list[Station]] = {}
    for station in stations.values():
        places.setdefault((station.at[0] // CELL, station.at[1] // CELL), []).append(station)
    return Atlas(
        levels=tuple(
            {
                "rail": Grid([_coarse(line, least) for line in lines["rail"]]),
                "tube": Grid([] if least else lines["tube"]),
            }
            for _, least in LEVELS
        ),
        land=tuple(tuple((box_of(ring), _coarse(ring, least)) for ring in lines["outline"]) for _, least in LEVELS),
        stations=stations,
        places={cell: tuple(found) for cell, found in places.items()},
        main=tuple(sorted(stations.values(), key=lambda station: -station.usage)[:MOST_MAIN]),
    )


def box_of(line: Line) -> Box:
    """The box around a line."""
    across, up = [point[0] for point in line], [point[1] for point in line]
    return min(across), min(up), max(across), max(up)


def meets(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def kilometres(one: Point, other: Point) -> float:
    """How far apart two points of Britain are; good to a fraction of a per cent (equirectangular)."""
    across = (one[0] - other[0]) * math.cos(math.radians((one[1] + other[1]) / 2 / SCALE))
    return math.hypot(across, one[1] - other[1]) / SCALE * 111.32


def clipped(ring: Line, window: Box) -> Line:
    """A ring cut to a window (Sutherland and Hodgman, "Reentrant polygon clipping", 1974)."""
    points = _near(ring, window)
    for axis, side, sign in ((0, window[0], 1), (1, window[1], 1), (0, window[2], -1), (1, window[3], -1)):
        points = _cut(points, axis, side, sign)
    return tuple(points)


def _near(ring: Line, window: Box) -> list[Point]:
    """The ring without those points that lie, with both neighbours, beyond the same side or corner of the window."""
    west, south, east, north = window
    sides = [(x < west) | (x > east) << 1 | (y < south) << 2 | (y > north) << 3 for x, y in ring]
    before = sides[-1:] + sides[:-1]
    after = sides[1:] + sides[:1]
    return [point for point, a, b, c in zip(ring, before, sides, after, strict=True) if not a == b == c != 0]


def _cut(points: list[Point], axis: int, side: int, sign: int) -> list[Point]:
    found: list[Point] = []
    for at, point in enumerate(points):
        last = points[at - 1]
        inside, was = sign * (point[axis] - side) >= 0, sign * (last[axis] - side) >= 0
        if inside != was:
            part = (side - last[axis]) / (point[axis] - last[axis])
            other = round(last[1 - axis] + part * (point[1 - axis] - last[1 - axis]))
            found.append((side, other) if axis == 0 else (other, side))
        if inside:
            found.append(point)
    return found


def _cells(box: Box) -> Iterator[Point]:
    for across in range(box[0] // CELL, box[2] // CELL + 1):
        for up in range(box[1] // CELL, box[3] // CELL + 1):
            yield across, up


def _read(name: str) -> list[Line]:
    return [_line(steps) for steps in json.loads((DATA / name).read_text(encoding="utf-8"))["lines"]]


def _line(steps: list[int]) -> Line:
    x = y = 0
    found: list[Point] = []
    for at in range(0, len(steps), 2):
        x, y = x + steps[at], y + steps[at + 1]
        found.append((x, y))
    return tuple(found)


def _coarse(line: Line, least: int) -> Line:
    if not least:
        return line
    kept = [line[0]]
    for point in line[1:-1]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > least:
            kept.append(point)
    return (*kept, line[-1])


def _stations() -> Iterator[Station]:
    with (READER / "stations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = (round(float(row["lon"]) * SCALE), round(float(row["lat"]) * SCALE))
            yield Station(row["id"], row["label"], row["network"], at, int(row["usage"] or 0))
