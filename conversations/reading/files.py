"""The data files that travel with the reader: the part of YAML that they use, read without a library's start-up."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data"


def load(name: str) -> dict[str, Any]:
    """A file of the data folder; every value is a string or, one level down, a mapping of strings.

    Of YAML 1.2: block mappings, plain and double-quoted scalars over several lines, literal (|) and folded (>) blocks,
    comments on lines of their own. tests/conversations/reading/test_data.py compares it with a YAML library.
    """
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return _mapping(lines, 0, 0)[0]


def _mapping(lines: list[str], at: int, indent: int) -> tuple[dict[str, Any], int]:
    """The mapping whose keys stand at `indent`, and the line after it."""
    found: dict[str, Any] = {}
    while at < len(lines):
        line = lines[at]
        bare = line.lstrip(" ")
        if not bare or bare[0] == "#":
            at += 1
            continue
        if len(line) - len(bare) < indent:
            break
        key, _, value = bare.partition(":")
        value = value.strip()
        key = key.strip('"')
        at += 1
        if not value and at < len(lines) and lines[at].startswith(" " * (indent + 2)):
            found[key], at = _mapping(lines, at, indent + 2)
            continue
        found[key], at = _scalar(lines, at, indent, value)
    return found, at


def _scalar(lines: list[str], at: int, indent: int, value: str) -> tuple[str, int]:
    """A value and the lines that go on with it."""
    more = " " * (indent + 1)
    start = at
    while at < len(lines) and (lines[at].startswith(more) or not lines[at].strip()):
        at += 1
    rest = [line.strip() for line in lines[start:at]]
    if value == "|":
        return "\n".join(rest) + "\n", at
    joined = " ".join(part for part in ([] if value == ">" else [value]) + rest if part)
    return joined.strip('"'), at


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    return {name: frozenset(str(words).split()) for name, words in load("words.yaml").items()}


def listed(name: str) -> frozenset[str]:
    """A list of `words.yaml`, by its name."""
    return _lists()[name]
