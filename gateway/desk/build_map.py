"""Builds the map's three files from the GeoJSON they were gathered in: `python -m gateway.desk.build_map FOLDER`.

FOLDER holds `uk-outline.geojson`, `rail-lines.geojson` and `tube-lines.geojson`. A line becomes whole numbers, degrees
times 10,000 (11 m), the first point as it stands and the others as the step from the one before; points that lie
within 30 m of the line without them are left out. The same input gives the same files.

Source of the method: Douglas and Peucker, "Algorithms for the reduction of the number of points", 1973.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data"
SCALE: Final = 10_000
TOLERANCE: Final = 2.7  # in units of 11 m
FILES: Final = {
    "uk-outline": ("map_outline.json", "Public domain: made with Natural Earth"),
    "rail-lines": ("map_rail.json", "Open Government Licence v3.0: Network Rail"),
    "tube-lines": ("map_tube.json", "ODbL 1.0: © OpenStreetMap contributors; simplified by this step"),
}
_SHRINK: Final = math.cos(math.radians(54.5))
Point = tuple[int, int]


def build(folder: Path, to: Path = DATA) -> None:
    """Writes the three files. Raises OSError, ValueError where an input is missing or no GeoJSON."""
    for source, (name, licence) in FILES.items():
        features = json.loads((folder / f"{source}.geojson").read_text(encoding="utf-8"))["features"]
        lines = [_steps(_simple(line)) for feature in features for line in _lines(feature["geometry"])]
        rows = ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines if len(line) > 2)
        head = json.dumps({"licence": licence, "scale": SCALE}, ensure_ascii=False)[1:-1]
        (to / name).write_text(f'{{{head}, "lines": [\n{rows}\n]}}\n', encoding="utf-8")


def _lines(geometry: dict[str, Any]) -> Iterator[list[Point]]:
    """Every line or ring of a geometry, in whole numbers."""
    found = geometry["coordinates"]
    if geometry["type"] == "LineString":
        found = [found]
    elif geometry["type"] == "MultiPolygon":
        found = [ring for polygon in found for ring in polygon]
    for line in found:
        yield [(round(point[0] * SCALE), round(point[1] * SCALE)) for point in line]


def _simple(line: list[Point]) -> list[Point]:
    """The line without the points that lie within the tolerance of it; its ends stay."""
    keep, waiting = {0, len(line) - 1}, [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        far = max(range(first + 1, last), key=lambda at: _away(line[at], line[first], line[last]), default=None)
        if far is not None and _away(line[far], line[first], line[last]) > TOLERANCE:
            keep.add(far)
            waiting += [(first, far), (far, last)]
    return [line[at] for at in sorted(keep)]


def _away(point: Point, start: Point, end: Point) -> float:
    """How far a point lies from a piece of line, in units of 11 m."""
    x, y = (point[0] - start[0]) * _SHRINK, point[1] - start[1]
    dx, dy = (end[0] - start[0]) * _SHRINK, end[1] - start[1]
    length = dx * dx + dy * dy
    along = min(1.0, max(0.0, (x * dx + y * dy) / length)) if length else 0.0
    return math.hypot(x - along * dx, y - along * dy)


def _steps(line: list[Point]) -> list[int]:
    """The first point, then the steps."""
    found = [*line[0]]
    for before, after in pairwise(line):
        found += [after[0] - before[0], after[1] - before[1]]
    return found


if __name__ == "__main__":
    build(Path(sys.argv[1]))
