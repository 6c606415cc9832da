"""Times of day in a text: the train's or the event's, and whether morning or evening can be known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from conversations.reading.dayparts import EVENING, LATE, MORNING, is_late, nearest_past, part_of_day
from conversations.reading.files import listed
from conversations.reading.normal import PART, SENTENCE, WORD, Words
from conversations.reading.numbers import NUMBERS, number

TRAIN, EVENT = "train", "event"

_EVENT_CUES: Final = listed("times.event_cues")
_TRAIN_CUES: Final = listed("times.train_cues")
_TRAIN_AFTER: Final = listed("times.train_after")
_DAY_AFTER: Final = listed("times.day_after")
_NOT_HOURS: Final = listed("times.not_hours")
_NOT_BEFORE: Final = listed("times.not_before")
_SPACED_CUES: Final = listed("times.spaced_cues")


class Time(Struct, frozen=True):
    """A time of day: minutes since midnight, `kind` train or event, words `first` to `last` (excluded)."""

    minutes: int
    kind: str
    ambiguous: bool
    first: int
    last: int
    rule: str

    @property
    def text(self) -> str:
        """The time as HH:MM."""
        return f"{self.minutes // 60:02d}:{self.minutes % 60:02d}"


class _Clock(Struct, frozen=True):
    """A time as said: hour, minute, whether its form settles the half of the day, an am or pm right behind it."""

    hour: int
    minute: int
    settled: bool
    half: str
    first: int
    last: int
    rule: str
    kind: str = ""


def read_times(words: Words, taken: Sequence[bool], asks: str | None = None, now: int | None = None) -> list[Time]:
    """The times of a text, in its order. `taken` words are not times; `now` is the minute of the day."""
    clocks = list(_clocks(words, taken))
    ends = [clock for pair in pairwise(clocks) if _is_range(words, *pair) for clock in pair]
    ends += [clock for clock in clocks if _ends_range(words, clock)]
    return [_placed(words, clock, asks, now) for clock in clocks if clock not in ends]


def _is_range(words: Words, one: _Clock, other: _Clock) -> bool:
    """ "between 7am and 6pm": no time of the incident or the train."""
    led = _RANGED & set(words.words[max(0, one.first - 1) : one.first])
    return bool(led) and set(words.words[one.last : other.first]) <= _RANGES


def _ends_range(words: Words, clock: _Clock) -> bool:
    """ "between 8 and half 5": the first end is no time by itself."""
    before = words.words[max(0, clock.first - 3) : clock.first]
    ranged = before[:1] and ((before[0] in _RANGED and before[-1] in _RANGES) or before[-1] == "or")
    return len(before) == 3 and bool(ranged) and number(before[1]) is not None


_RANGED: Final = listed("roles.between") | {"sometime", "from"}
_RANGES: Final = frozenset({"and", "n", "a", "ac", "to", "til", "till", "until"})


def best_time(times: Sequence[Time]) -> Time | None:
    """The train's time where there is one, else the first."""
    return next((t for t in times if t.kind == TRAIN), times[0] if times else None)


def _clocks(words: Words, taken: Sequence[bool]) -> Iterator[_Clock]:
    index = 0
    if not words.figures and SPOKEN.isdisjoint(words.words):
        return
    while index < len(words):
        clock = None if taken[index] else _clock_at(words, index)
        if clock is None:
            index += 1
            continue
        yield clock
        index = clock.last


_WHOLE: Final = frozenset({"midnight", "noon", "midday", "hannernos", "canolddydd"})
_HALVES: Final = frozenset({"hanner", "half", "arf"})
SPOKEN: Final = _WHOLE | _HALVES | NUMBERS.keys()
"""The words with which a time told without figures begins."""


def _clock_at(words: Words, i: int) -> _Clock | None:
    word = words.words[i]
    if word in NUMBERS or word in _HALVES:
        return _spoken(words, i)
    if word in _WHOLE:
        hour = 0 if word in {"midnight", "hannernos"} else 12
        if word == "midnight" and {"before", "after"} & set(words.words[max(0, i - 1) : i]):
            return None
        return _Clock(hour, 0, True, "", i, i + 1, "time.word")
    if not word[:1].isdigit() or not word.isascii():
        return None
    return _figures(words, i)


def _split(word: str) -> tuple[str, str]:
    digits = 0
    while digits < len(word) and word[digits].isdigit():
        digits += 1
    return word[:digits], word[digits:]


def _half_of(tail: str, words: Words, last: int) -> tuple[str, int] | None:
    """am or pm from the letters glued to a number or the word after it; None when the letters are something else."""
    if tail in {"am", "a"}:
        return "am", last
    if tail in {"pm", "p"}:
        return "pm", last
    if tail in {"", "ish", "h", "hrs", "oclock", "hr", "isch"}:
        following = words.words[last : last + 3]
        if following[:1] in (("am",), ("pm",)) and words.breaks[last] < SENTENCE:
            return following[0], last + 1
        if following[:1] == ("oclock",):
            return "", last + 1
        if following[:2] in (("o", "clock"), ("o", "gloch"), ("or", "gloch")):
            return "", last + 2
        if following[:2] in (("a", "m"), ("p", "m")):
            return following[0] + "m", last + 2
        return "", last
    return None


def _figures(words: Words, i: int) -> _Clock | None:
    digits, tail = _split(words.words[i])
    before = words.words[i - 1] if i else ""
    if before in _NOT_BEFORE and words.breaks[i] < SENTENCE and not (before in {"in", "for"} and len(digits) == 4):
        return None
    if len(digits) in {1, 2} and not tail and i + 1 < len(words):
        clock = _hours_minutes(words, i, digits)
        if clock is not None:
            return clock
    half = _half_of(tail, words, i + 1)
    if half is None:
        return None
    if len(digits) == 4:
        return _four(words, i, digits, half)
    if (
        len(digits) == 3
        and int(digits[1:]) < 60
        and (half[0] or (before in {"the", "my"} and _train_after(words, half[1])))
    ):
        return _Clock(int(digits[0]), int(digits[1:]), False, half[0], i, half[1], "time.three_figures")
    if len(digits) <= 2 and 1 <= int(digits or 0) <= 12 and (half[0] or half[1] > i + 1 or tail):
        return _Clock(int(digits), 0, False, half[0], i, half[1], "time.hour")
    past = _past_to(words, i, int(digits or 99))
    if past is not None:
        return past
    return _bare_hour(words, i, digits, tail)


def _hours_minutes(words: Words, i: int, hours: str) -> _Clock | None:
    """ "18.05", "18:05", "7.40am", "17 18" after "the"."""
    minutes, tail = _split(words.words[i + 1])
    gap = words.gaps[i + 1]
    if (
        len(minutes) != 2
        or int(hours) > 23
        or int(minutes) > 59
        or gap not in {":", ".", " ", ";", "-", "h", " : ", ": "}
    ):
        return None
    half = _half_of(tail, words, i + 2)
    if half is None:
        return None
    if gap in {" ", "-"}:
        led = i > 0 and words.words[i - 1] in _SPACED_CUES
        spaced = len(hours) == 2 and (
            led
            or (gap == " " and words.words[i + 2 : i + 3] in {("from",), ("to",), ("train",), ("towards",)})
            or (gap == " " and {"to", "tae", ">"} & set(words.words[i + 3 : i + 6]))
        )
        if (
            not spaced
            or words.words[i + 2 : i + 3] == ("minutes",)
            or number(words.words[i + 2] if i + 2 < len(words) else "") is not None
        ):
            return None
    if (
        i + 2 < len(words)
        and words.gaps[i + 2] in {":", "."}
        and words.words[i + 2][:2].isdigit()
        and len(words.words[i + 2]) >= 4
    ):
        return None
    settled = len(hours) == 2 and not half[0]
    return _Clock(int(hours), int(minutes), settled, half[0], i, half[1], "time.figures")


def _four(words: Words, i: int, digits: str, half: tuple[str, int]) -> _Clock | None:
    if int(digits[:2]) > 23 or int(digits[2:]) > 59:
        return None
    before = words.words[i - 1] if i else ""
    if before in _BEFORE_YEAR and words.breaks[i] == WORD and digits[:2] in {"19", "20"} and not half[0]:
        return None
    if i and words.words[i - 1] in listed("times.months") and digits[:2] in {"19", "20"}:
        return None
    if digits in _YEARS and _stands_alone(words, i) and not half[0]:
        return None
    if (i + 1 < len(words) and words.gaps[i + 1] in {".", "-"}) or (i and words.gaps[i] in {"£", "-", "+"}):
        return None
    return _Clock(int(digits[:2]), int(digits[2:]), not half[0], half[0], i, half[1], "time.four_figures")


def _stands_alone(words: Words, i: int) -> bool:
    """ "ages ago this, 2019.", "something from 2019?"."""
    ends = i + 1 == len(words) or words.breaks[i + 1] >= PART
    return i > 0 and ends and (words.breaks[i] >= PART or words.words[i - 1] == "from")


_YEARS: Final = frozenset(map(str, range(2010, 2030)))
_BEFORE_YEAR: Final = frozenset(
    {"in", "since", "year", "of", "spring", "summer", "autumn", "winter", "christmas", "xmas", "easter"}
)


def _train_after(words: Words, last: int) -> bool:
    return last < len(words) and words.words[last] in _TRAIN_AFTER


def _spoken(words: Words, i: int) -> _Clock | None:
    """ "half 7", "quarter past six", "ten to eight", "hanner awr wedi pedwar", "seven oclock", "six thirty"."""
    word = words.words[i]
    if word in {"half", "hanner", "arf"}:
        j = i + 1
        while j < len(words) and words.words[j] in {"past", "wedi", "awr", "pass", "after", "di"}:
            j += 1
        if word == "hanner" and words.words[i + 1 : i + 2] in (("dydd",), ("nos",)):
            return _Clock(12 if words.words[i + 1] == "dydd" else 0, 0, True, "", i, i + 2, "time.word")
        if j == i + 1 and word == "hanner":
            return None
        return _hour_word(words, i, j, 30)
    value = NUMBERS[word]
    past = _past_to(words, i, value)
    if past is not None:
        return past
    following = words.words[i + 1 : i + 3]
    if 1 <= value <= 12 and following[:1] and words.breaks[i + 1] == WORD:
        if following[0] in {"oclock", "am", "pm", "ish"} or following in (
            ("o", "clock"),
            ("o", "gloch"),
            ("or", "gloch"),
        ):
            half = _half_of("", words, i + 1) or ("", i + 1)
            return _Clock(value, 0, False, half[0], i, max(half[1], i + 2), "time.hour")
        minute = NUMBERS.get(following[0])
        said = minute in {5, 10, 15, 20, 30, 40, 45, 50, 25} and following[0] not in {"half", "quarter"}
        if minute and said and i and words.words[i - 1] in _EVENT_CUES | {"the"}:
            return _Clock(value, minute, False, (_half_of("", words, i + 2) or ("", 0))[0], i, i + 2, "time.words")
    return _bare_hour(words, i, word, "")


def _past_to(words: Words, i: int, value: int) -> _Clock | None:
    """ "20 to 7", "quarter past six", "ugain munud wedi tri"; the minutes are word `i`."""
    if not 0 < value < 60:
        return None
    j = i + 1
    if words.words[j : j + 1] == ("five",) and value == 20:
        value, j = 25, j + 1
    elif words.words[j : j + 2] == ("and", "twenty") and value == 5:
        value, j = 25, j + 2
    while (
        j < len(words)
        and words.words[j] in {"mins", "min", "minutes", "munud", "o", "funud"}
        and words.breaks[j] < PART
    ):
        j += 1
    if j >= len(words) or words.breaks[j] >= PART or (value > 12 and value % 5 and j == i + 1):
        return None
    link = words.words[j]
    if link in {"past", "after", "wedi", "gone"}:
        return _hour_word(words, i, j + 1, value)
    if link in {"to", "i", "til", "till", "before"} and (value % 5 == 0 or j > i + 1):
        return _hour_word(words, i, j + 1, -value)
    return None


def _hour_word(words: Words, first: int, at: int, minutes: int) -> _Clock | None:
    if at >= len(words) or words.breaks[at] >= PART:
        return None
    digits, tail = _split(words.words[at])
    hour = int(digits) if digits else NUMBERS.get(words.words[at])
    if hour is None or not 1 <= hour <= 12 or (digits and len(digits) > 2) or words.words[at] in {"half", "quarter"}:
        return None
    half = _half_of(tail if digits else "", words, at + 1)
    if half is None or (
        at + 1 < len(words)
        and words.words[at + 1] in {"mins", "minutes", "people", "stops", "months", "years", "hours"}
    ):
        return None
    if minutes < 0:
        hour = hour - 1 or 12
        minutes += 60
    return _Clock(hour, minutes, False, half[0], first, half[1], "time.past_to")


def _bare_hour(words: Words, i: int, digits: str, tail: str) -> _Clock | None:
    """ "around 8", "at 6": an hour only after a cue and before nothing that it could count."""
    value, before = number(digits), words.words[i - 1] if i and words.breaks[i] < SENTENCE else ""
    if value is None or not 1 <= value <= 12 or (len(digits) > 2 and digits.isdigit()) or tail not in {"", "ish"}:
        return None
    led = before in _BESIDE_HOUR and (i == 1 or words.words[i - 2] in _LED)
    if before not in listed("times.hour_cues") and not led:
        return None
    if listed("times.aged") & set(words.words[max(0, i - 4) : i]):
        return None
    if before in _ROUGHLY and i > 1 and words.words[i - 2] in _YOUNG:
        return None
    if before == "am" and words.words[i - 2 : i - 1] != ("tren",) and not _WELSH_DAY & set(words.words):
        return None
    after = words.words[i + 1] if i + 1 < len(words) else ""
    same_clause = i + 1 < len(words) and words.breaks[i + 1] < PART
    if same_clause and (after in _NOT_HOURS or after not in _AFTER_HOUR or words.gaps[i + 1] in {"/", "-"}):
        return None
    return _Clock(value, 0, False, "", i, i + 1, "time.bare_hour")


_WELSH_DAY: Final = frozenset({"bore", "nos", "prynhawn", "pnawn", "ddoe", "heddiw", "neithiwr"})
"""The words beside which "am" is Welsh, "at", and not the English verb."""

_ROUGHLY: Final = frozenset({"about", "around", "abt", "bout", "roughly", "tua", "maybe", "aboot"})
_YOUNG: Final = listed("times.young")
"""Persons of whom "about 12" tells the age."""

_BESIDE_HOUR: Final = listed("times.beside_hour")
_LED: Final = listed("times.led")
_AFTER_HOUR: Final = listed("times.after_hour")


def _placed(words: Words, clock: _Clock, asks: str | None, now: int | None) -> Time:
    kind = _kind(words, clock, asks)
    hour, ambiguous = clock.hour, False
    if hour in LATE and clock.settled and not clock.half and is_late(words, clock.last):
        hour += 12
    elif not clock.settled and hour <= 12 and clock.rule != "time.word":
        half = clock.half or part_of_day(words, clock.hour, clock.first, clock.last)
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif now is not None:
            hour = nearest_past(hour, clock.minute, now, 60 if kind == TRAIN else 5)
        else:
            ambiguous = True
    return Time(hour % 24 * 60 + clock.minute, kind, ambiguous, clock.first, clock.last, clock.rule)


def _kind(words: Words, clock: _Clock, asks: str | None) -> str:
    before = words.words[clock.first - 1] if clock.first and words.breaks[clock.first] < SENTENCE else ""
    after = words.words[clock.last] if clock.last < len(words) and words.breaks[clock.last] < SENTENCE else ""
    comma = clock.last < len(words) and words.breaks[clock.last] >= PART
    nearby = words.words[max(0, clock.first - 3) : clock.first]
    if after in {"train", "trains", "service", "tren", "out"} or (
        after in _TRAIN_AFTER and not comma and clock.rule != "time.bare_hour"
    ):
        return TRAIN
    if (
        before in {"train", "tren", "the", "my", "y", "r"}
        or (before in {"on", "ar"} and clock.settled)
        or {"train", "tren"} & set(nearby[-2:])
    ):
        return TRAIN
    if clock.settled and not comma and {"to", "tae", ">", "fae"} & set(words.words[clock.last : clock.last + 4]):
        return TRAIN
    if before in _EVENT_CUES:
        return EVENT
    if clock.rule in {"time.four_figures", "time.figures"} and clock.settled and not clock.half:
        if after in _DAY_AFTER or after in MORNING or after in EVENING or before in _DAYS or asks == "when":
            return EVENT
        return TRAIN
    return TRAIN if asks == "train" else EVENT


_DAYS: Final = listed("times.days")
