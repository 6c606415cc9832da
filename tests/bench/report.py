"""The rows of the result, as a table for people and as JSON."""

from __future__ import annotations

import json
import platform
import statistics
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result.

    `bar` and `value` are compared where both are there: at least (`at_least`) or at most. `due` rows are `ok` or
    `MISS`, the others `reported`; a row that could not be measured says why in `skipped`.
    """

    id: str
    what: str
    measured: str
    floor: str = ""
    ratio: float | None = None
    bar: float | None = None
    value: float | None = None
    at_least: bool = False
    due: bool = False
    skipped: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the bar is kept, None where there is nothing to compare."""
        if self.bar is None or self.value is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    @property
    def verdict(self) -> str:
        """`ok`, `MISS`, `reported` or `not measured`."""
        if self.skipped:
            return "not measured"
        if not self.due or self.holds is None:
            return "reported"
        return "ok" if self.holds else "MISS"

    @property
    def bar_text(self) -> str:
        return "" if self.bar is None else f"{'>=' if self.at_least else '<='} {self.bar:g}"


def compared(row: str, what: str, measured: list[float], floor: list[float], unit: str, **bar: Any) -> Row:
    """A row from interleaved pairs: the ratio is the median of the pairs' ratios, never a ratio of medians."""
    ratio = statistics.median(a / b for a, b in zip(measured, floor, strict=True))
    left, right = (f"{statistics.median(values):,.{_digits(values)}f} {unit}" for values in (measured, floor))
    return Row(row, what, left, right, ratio, value=ratio, **bar)


def _digits(values: list[float]) -> int:
    return 0 if statistics.median(values) >= 100 else 2


_HEADS = ("row", "what", "bar", "measured", "floor", "ratio", "")


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.{2 if row.ratio >= 0.1 else 4}f}"
    return row.id, row.what, row.bar_text, row.skipped or row.measured, row.floor, ratio, row.verdict


def table(rows: list[Row]) -> str:
    """Aligned columns for a terminal."""
    lines = [_HEADS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(rows: list[Row]) -> str:
    """The same as a Markdown table, for docs/performance.md."""
    lines = [_HEADS, ("---",) * len(_HEADS), *map(_cells, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cpu": _cpu(),
        **{name: version(name) for name in ("gunicorn", "flask", "sqlalchemy", "rq", "redis", "python-statemachine")},
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else "unknown"


def as_json(rows: list[Row], settings: dict[str, Any]) -> str:
    """Everything, for a later comparison by machine."""
    listed = [{**asdict(row), "verdict": row.verdict} for row in rows]
    return json.dumps({"machine": machine(), "settings": settings, "rows": listed}, indent=2)
