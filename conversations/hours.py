"""Opening hours as a weekly table, and how a short text says them.

HoursError    words that are no opening hours
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from msgspec import Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
"""Minutes of a day."""

_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])\Z")


class HoursError(ValueError):
    """Words that are no opening hours."""


class _Words(Struct, frozen=True):
    days: tuple[str, ...]
    always: str
    open_to: str
    opens: str
    daily: str
    am: str
    pm: str
    noon: str
    midnight: str


_WORDS = {
    "en": _Words(
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "24 hours", "open to {}", "from {}", "{} daily", "am", "pm", "noon", "midnight",
    ),
    "cy": _Words(
        ("Llun", "Maw", "Mer", "Iau", "Gwe", "Sad", "Sul"),
        "24 awr", "ar agor tan {}", "o {}", "{} bob dydd", "yb", "yh", "hanner dydd", "hanner nos",
    ),
}  # fmt: skip


class Week(Struct, frozen=True):
    """A weekly table of local time.

    `days` holds, Monday first, each day's (opening, closing) in minutes from its midnight; a closing over 1,440 lies
    in the next day. `holidays` says that the table holds on bank holidays too; otherwise nothing is known of those.
    """

    days: tuple[tuple[tuple[int, int], ...], ...]
    holidays: bool = False

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return self.holidays and all(spans == ((0, DAY),) for spans in self.days)

    def closes(self, weekday: int, minute: int) -> tuple[int, bool] | None:
        """When what is open now closes, in minutes from today's midnight, and whether it opened yesterday.

        None while it is closed. `weekday` counts from Monday, 0 to 6.
        """
        for opening, closing in self.days[weekday]:
            if opening <= minute < closing:
                return closing, False
        for _, closing in self.days[weekday - 1]:
            if minute < closing - DAY:
                return closing - DAY, True
        return None

    def open_at(self, weekday: int, minute: int, today: date | None = None, nation: str | None = None) -> bool | None:
        """Whether it is open at a local weekday and minute; None where a bank holiday leaves it unknown."""
        found = self.closes(weekday, minute)
        if today is not None and not self.holidays:
            day = today - timedelta(days=1) if found is not None and found[1] else today
            if is_bank_holiday(day, nation):
                return None
        return found is not None

    def say(
        self, language: str, weekday: int, minute: int, today: date | None = None, nation: str | None = None
    ) -> str:
        """The hours in a few words: `24 hours`, `open to 11pm`, `from 7pm`, else the week (`Mon-Fri 9am-5pm`).

        English where the language has no words here.
        """
        words = _WORDS.get(language, _WORDS["en"])
        if self.always:
            return words.always
        is_open = self.open_at(weekday, minute, today, nation)
        found = self.closes(weekday, minute)
        if is_open and found is not None:
            return words.open_to.format(_clock(found[0], words))
        later = [opening for opening, _ in self.days[weekday] if opening > minute]
        if is_open is False and later:
            return words.opens.format(_clock(min(later), words))
        return self._summary(words)

    def _summary(self, words: _Words) -> str:
        found, first = [], 0
        for spans, group in groupby(self.days):
            last = first + len(list(group)) - 1
            if spans:
                hours = " ".join(f"{_clock(opening, words)}-{_clock(closing, words)}" for opening, closing in spans)
                days = words.days[first] if first == last else f"{words.days[first]}-{words.days[last]}"
                found.append(words.daily.format(hours) if last - first == 6 else f"{days} {hours}")
            first = last + 1
        return ", ".join(found)


ALWAYS = Week((((0, DAY),),) * 7, holidays=True)
"""Every hour of every day."""


def week_of(raw: object, holidays: bool = False) -> Week:
    """A table from what a file says: `always`, or a mapping of `mon` to `sun` to spans such as `18:00-02:00`.

    Days that are left out are closed. Raises HoursError.
    """
    if raw == "always":
        return ALWAYS
    if not isinstance(raw, Mapping) or not raw or not set(raw) <= set(DAYS):
        raise HoursError("hours are the word always, or spans such as 09:00-17:00 by mon, tue ... sun")
    return Week(tuple(_spans(raw.get(day, ())) for day in DAYS), holidays)


def _spans(raw: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise HoursError("a day's hours are a list of spans such as 09:00-17:00")
    return tuple(sorted(_span(each) for each in raw))


def _span(raw: object) -> tuple[int, int]:
    match = _SPAN.match(raw) if isinstance(raw, str) else None
    if match is None:
        raise HoursError(f"{raw!r} is no span such as 09:00-17:00")
    opening, closing = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if opening >= DAY or closing > DAY or opening == closing:
        raise HoursError(f"{raw!r} is no span such as 09:00-17:00")
    return opening, closing if closing > opening else closing + DAY


def _clock(minute: int, words: _Words) -> str:
    hour, rest = divmod(minute % DAY, 60)
    if not rest and hour in (0, 12):
        return words.noon if hour else words.midnight
    shown = f"{hour % 12 or 12}.{rest:02}" if rest else f"{hour % 12 or 12}"
    return f"{shown}{words.pm if hour >= 12 else words.am}"


def is_bank_holiday(day: date, nation: str | None) -> bool:
    """Whether a day may be a bank holiday in a nation (ENG, WLS, SCT; None: in any of them).

    The standing days of the Banking and Financial Dealings Act 1971 and their substitutes; days proclaimed for a
    single year are not known.
    """
    nations = ("ENG", "SCT") if nation is None else (nation,)
    return any(day in _bank_holidays(day.year, each == "SCT") for each in nations)


def _bank_holidays(year: int, scottish: bool) -> set[date]:
    easter = _easter(year)
    found = {easter - timedelta(days=2), _monday(year, 5), _monday(year, 5, last=True)}
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    if scottish:
        fixed += [date(year, 1, 2), date(year, 11, 30)]
        found.add(_monday(year, 8))
    else:
        found |= {easter + timedelta(days=1), _monday(year, 8, last=True)}
    for day in sorted(fixed):
        while day.weekday() > 4 or day in found:
            day += timedelta(days=1)
        found.add(day)
    return found | set(fixed)


def _monday(year: int, month: int, last: bool = False) -> date:
    if last:
        end = date(year, month, 31)
        return end - timedelta(days=end.weekday())
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    return date(year, month, (h + weekday - 7 * m + 33 * month + 19) % 32)
