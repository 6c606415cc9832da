"""The halves of the day: which of its two readings a time of twelve hours has."""

from __future__ import annotations

from typing import Final

from conversations.reading.files import listed
from conversations.reading.normal import PART, Words

MORNING: Final = listed("times.morning")
EVENING: Final = listed("times.evening")
_NIGHT: Final = frozenset(["night", "nite", "neet", "nos", "noson", "neithiwr"])


def part_of_day(words: Words, hour: int, first: int, last: int) -> str:
    """am or pm from the words around the time, nearest first, within the text."""
    around = sorted(range(len(words)), key=lambda i: min(abs(i - first), abs(i - last)))
    for index in around[:24]:
        word = words.words[index]
        if word in _NIGHT:
            return "pm" if hour in range(5, 12) else "am"
        if word in MORNING and not (word == "am" and index != last):
            return "am"
        if word in EVENING:
            return "pm"
    return ""


LATE: Final = range(10, 12)
"""Hours of two figures that an evening makes late ones."""


def is_late(words: Words, last: int) -> bool:
    """ "10.40 yesterday evening", "11.15 at night": the part of the day is named right after the time."""
    tail = range(last, min(last + 3, len(words)))
    clause = next((index for index in tail if words.breaks[index] >= PART), tail.stop)
    return bool((EVENING | _NIGHT) & set(words.words[last:clause]))


def nearest_past(hour: int, minute: int, now: int, ahead: int) -> int:
    """Of the two readings of a 12-hour time the one that was last, `ahead` minutes to come allowed for."""
    options = [(hour % 12) * 60 + minute, (hour % 12 + 12) * 60 + minute]
    best = min(options, key=lambda t: (now + ahead - t) % 1440)
    other = options[best == options[0]]
    if best in _SMALL_HOURS and 0 <= (other - now) % 1440 <= _SOON:
        best = other
    return best // 60


_SMALL_HOURS: Final = range(45, 5 * 60)
_SOON: Final = 90
"""Minutes: "about half 3" at 15:10 is 15:30 and not the middle of the night."""
