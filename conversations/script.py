"""Conversations as text files, for tests, for the terminal phone and for documents.

> man keeps staring at me          what the passenger texts
< Thanks, we have your text. *     what is heard back; * stands for any words
<                                  nothing is heard back
... 2 min                          time passes (s, sec, min, h)
= ended complete                   what holds now, as the player names it
# anything                         a comment

ScriptError    a line that is none of these
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

_WAIT = re.compile(r"(\d+(?:\.\d+)?) ?(s|sec|min|h)\Z")
_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600}
_CHECK = re.compile(r"([a-z_]+) (\S+)\Z")


class ScriptError(ValueError):
    """A script that cannot be read. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class Does(StrEnum):
    """What a line does."""

    SAYS = ">"
    HEARS = "<"
    WAITS = "..."
    CHECKS = "="


class Line(Struct, frozen=True):
    """One line. `text` is what is said, heard or checked (`name value`), `seconds` how long to wait."""

    number: int
    does: Does
    text: str = ""
    seconds: float = 0.0


class Difference(Struct, frozen=True):
    """Where a conversation departed from its script: the line, what it says, what was heard or held instead."""

    line: int
    expected: str
    got: str

    def __str__(self) -> str:
        return f"line {self.line}\n  - {self.expected}\n  + {self.got}"


class Phone(Protocol):
    """Who plays a script."""

    def say(self, text: str) -> list[str]:
        """Texts, and returns what is heard back."""
        ...

    def wait(self, seconds: float) -> list[str]:
        """Lets time pass, and returns what is heard meanwhile."""
        ...

    def holds(self) -> Mapping[str, str]:
        """What can be checked after the latest text, by name."""
        ...


def parse(source: str) -> tuple[Line, ...]:
    """Reads a script. Raises ScriptError."""
    found = []
    for number, raw in enumerate(source.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("#"):
            found.append(_line(number, line))
    return tuple(found)


def _line(number: int, line: str) -> Line:
    for does in Does:
        if line.startswith(does):
            text = line.removeprefix(does).strip()
            break
    else:
        raise ScriptError(number, "begin with one of > < ... = #")
    if does is Does.WAITS:
        wait = _WAIT.match(text)
        if wait is None:
            raise ScriptError(number, "say how long, such as ... 2 min")
        return Line(number, does, text, float(wait[1]) * _SECONDS[wait[2]])
    if does is Does.CHECKS and not _CHECK.match(text):
        raise ScriptError(number, "write = name value")
    return Line(number, does, text)


def play(lines: tuple[Line, ...], phone: Phone) -> list[Difference]:
    """Plays a script to its end and returns where it departed; empty where it held.

    Texts that no `<` line names are not looked at; `<` alone says that nothing more was heard.
    """
    found: list[Difference] = []
    heard: list[str] = []
    for line in lines:
        if line.does is Does.SAYS:
            heard = phone.say(line.text)
        elif line.does is Does.WAITS:
            heard = phone.wait(line.seconds)
        elif line.does is Does.HEARS:
            got = heard.pop(0) if heard else ""
            if not _alike(line.text, got):
                found.append(Difference(line.number, f"< {line.text}", f"< {got}"))
        else:
            name, _, value = line.text.partition(" ")
            now = phone.holds().get(name, "unknown")
            if now != value:
                found.append(Difference(line.number, f"= {line.text}", f"= {name} {now}"))
    return found


def _alike(expected: str, got: str) -> bool:
    parts = map(re.escape, expected.split("*"))
    return re.fullmatch(".*".join(parts), got, re.DOTALL) is not None
