"""Texts as bubbles in a terminal: theirs on the right, ours on the left, each with its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct
from prompt_toolkit.utils import get_cwidth

_UNSHOWABLE: Final = re.compile(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RESET: Final = "\x1b[0m"
_DIM: Final = "\x1b[2m"
_WIDEST: Final = 56
_NARROWEST: Final = 12


class Side(Enum):
    """Who wrote a text: the colours of a bubble (ECMA-48, the 256-colour palette)."""

    PHONE = "\x1b[48;5;24m\x1b[38;5;231m"
    GATEWAY = "\x1b[48;5;238m\x1b[38;5;231m"


class Screen(Struct, frozen=True):
    """How wide the terminal is, in columns, and whether it shows colours."""

    columns: int
    colours: bool


def bubble(text: str, caption: str, side: Side, screen: Screen) -> str:
    """The lines of one bubble and its caption, ended by a line feed. What steers a terminal is U+FFFD."""
    room = max(_NARROWEST, min(_WIDEST, screen.columns * 2 // 3 - 2))
    lines = list(_wrapped(_UNSHOWABLE.sub("\ufffd", text), room)) or [""]
    width = max(get_cwidth(line) for line in lines)
    shown = [_painted(line + " " * (width - get_cwidth(line)), side, screen) for line in lines]
    caption_shown = f"{_DIM}{caption}{_RESET}" if screen.colours else caption
    if side is Side.GATEWAY:
        return "".join(f"{line}\n" for line in shown) + f" {caption_shown}\n"
    indent = " " * max(0, screen.columns - width - 3)
    caption_indent = " " * max(0, screen.columns - get_cwidth(caption) - 2)
    return "".join(f"{indent}{line}\n" for line in shown) + f"{caption_indent}{caption_shown}\n"


def _painted(line: str, side: Side, screen: Screen) -> str:
    if screen.colours:
        return f"{side.value} {line} {_RESET}"
    return f"{line} |" if side is Side.PHONE else f"| {line}"


def _wrapped(text: str, room: int) -> Iterator[str]:
    """The text in lines of at most `room` columns, broken between words where there are any."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if get_cwidth(longer) <= room:
                line = longer
                continue
            if line:
                yield line
            *full, line = _cut(word, room)
            yield from full
        yield line


def _cut(word: str, room: int) -> list[str]:
    """A word in pieces that fit, the last one perhaps empty."""
    pieces = [""]
    for sign in word:
        if get_cwidth(pieces[-1] + sign) > room:
            pieces.append("")
        pieces[-1] += sign
    return pieces
