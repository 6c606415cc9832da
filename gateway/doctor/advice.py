"""What the doctor says: numbered advice, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from msgspec import Struct


class Severity(IntEnum):
    """How grave a finding is."""

    MUST = 0  # texts or reports are lost, refused or exposed until this is put right
    SHOULD = 1  # it works, and not as well or as safely as it could
    INFO = 2  # good to know


class Advice(Struct, frozen=True):
    """One finding: what is, and what to do about it, in a line. Free of secrets."""

    severity: Severity
    text: str


_TITLES: Final = {
    Severity.MUST: "Must be put right:",
    Severity.SHOULD: "Should be put right:",
    Severity.INFO: "Good to know:",
}


def must(text: str) -> Advice:
    """A finding that must be put right."""
    return Advice(Severity.MUST, text)


def should(text: str) -> Advice:
    """A finding that should be put right."""
    return Advice(Severity.SHOULD, text)


def info(text: str) -> Advice:
    """Something good to know."""
    return Advice(Severity.INFO, text)


def in_words(advice: Iterable[Advice]) -> str:
    """All advice for a person, numbered through, under a heading for each severity."""
    found = sorted(advice, key=lambda one: one.severity)
    lines: list[str] = []
    for number, one in enumerate(found, 1):
        if number == 1 or one.severity is not found[number - 2].severity:
            lines += ["", _TITLES[one.severity]] if lines else [_TITLES[one.severity]]
        lines.append(f"{number:3}. {one.text}")
    if all(one.severity is Severity.INFO for one in found):
        lines = ["All is well.", *([""] if lines else []), *lines]
    return "\n".join(lines)
