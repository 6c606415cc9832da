"""The scripted crowd: who texts what. Numbers come only from the ranges that Ofcom keeps for drama."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import uuid4

# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
THOUSANDS = (
    *("+447700900", "+441134960", "+441144960", "+441154960", "+441164960", "+441174960", "+441184960", "+441214960"),
    *("+441314960", "+441414960", "+441514960", "+441614960", "+442079460", "+441914980", "+442896496", "+442920180"),
)
CROWD_SIZE = 1000 * len(THOUSANDS)
TEXTS_EACH = 6
LAST_TEXT = TEXTS_EACH - 1
MARKED_TEXTS = (0, 3, LAST_TEXT)

# A mark stands in a text that the report keeps word for word: reporter and place in the script.
MARK = re.compile(rb"q\d{5}[a-f]")

_PLACES = (
    "platform 2 at Leeds",
    "just left Crewe",
    "near Stockport",
    "at York, platform 5",
    "between Didcot and Swindon",
)
_TRAINS = ("18:05 to Brighton, coach 3", "the 0712 to Euston", "17.32 to Hove coach B", "northern, to Hebden Bridge")
_ACCOUNTS = (
    "a man keeps moving to sit by me and stares",
    "he followed me down two coaches",
    "someone keeps blocking my way",
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the script: `index` is 0 to 5, `sid` is unique for ever."""

    reporter: int
    index: int
    number: str
    sid: str
    body: str


@dataclass(frozen=True, slots=True)
class Reporter:
    """One person of the crowd and the six texts they send: hi, place, train, account, 1, an addition."""

    id: int
    number: str
    texts: tuple[Text, ...]


def numbers() -> Iterator[str]:
    """All drama numbers in E.164, each once, the thousands in turn."""
    for tail in range(1000):
        for head in THOUSANDS:
            yield f"{head}{tail:03d}"


def mark(reporter: int, index: int) -> str:
    """The mark of one text, found again in the report by `MARK`."""
    return f"q{reporter:05d}{'abcdef'[index]}"


def reporter_of(mark: str) -> str:
    """The part of a mark that names the reporter."""
    return mark[:6]


def _bodies(reporter: int, random: Random) -> tuple[str, ...]:
    return (
        f"hi {mark(reporter, 0)}",
        random.choice(_PLACES),
        random.choice(_TRAINS),
        f"{random.choice(_ACCOUNTS)} {mark(reporter, 3)}",
        "1",
        f"also he had a red bag {mark(reporter, LAST_TEXT)}",
    )


class Crowd:
    """Hands out reporters that have not texted yet.

    Args:
        seed: equal seeds give equal texts, so that two servers get the same load; MessageSids always differ.
    """

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        self._numbers = list(numbers())
        self._next = 0

    @property
    def left(self) -> int:
        """How many reporters have not been handed out."""
        return len(self._numbers) - self._next

    def take(self, size: int) -> list[Reporter]:
        """The next `size` reporters. Raises ValueError when the numbers are used up: none may text twice."""
        if size > self.left:
            raise ValueError(f"the crowd has {self.left} reporters left, {size} are wanted")
        self._next += size
        return [self._reporter(reporter) for reporter in range(self._next - size, self._next)]

    def give_back(self, size: int) -> None:
        """Takes back the last `size` reporters, who have sent nothing."""
        self._next -= size

    def _reporter(self, reporter: int) -> Reporter:
        number = self._numbers[reporter]
        texts = tuple(
            Text(reporter, index, number, f"SM{uuid4().hex}", body)
            for index, body in enumerate(_bodies(reporter, self._random))
        )
        return Reporter(reporter, number, texts)
