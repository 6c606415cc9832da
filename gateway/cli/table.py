"""Plain tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows below their headings, each column as wide as its widest cell. A cell may hold several lines."""
    lines = [list(headings), *(line for row in rows for line in _lines(row))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _lines(row: Sequence[str]) -> list[list[str]]:
    return [list(line) for line in zip_longest(*(cell.split("\n") for cell in row), fillvalue="")]
