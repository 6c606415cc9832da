"""When batches go: every so many minutes, or at certain times of the day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

_DAY_MINUTES: Final = 1440
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Schedule(Struct, frozen=True):
    """`every` so many minutes, counted from midnight UTC, or `at` these times of the day in `timezone`."""

    every: int
    at: tuple[time, ...]
    timezone: ZoneInfo

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Reads `every` (a divisor of a day; 60 without both), `at` and `timezone`. Raises ValueError naming one."""
        every, at = (settings.get(name, "").strip() for name in ("every", "at"))
        if every and at:
            raise ValueError("every: give every or at, not both")
        minutes = int(every) if re.fullmatch("[0-9]{1,4}", every) else 0 if every else 60
        if not minutes or _DAY_MINUTES % minutes:
            raise ValueError("every: must be minutes of which a day is a multiple, such as 15 or 60")
        times = at.split()
        if not all(_TIME.fullmatch(one) for one in times):
            raise ValueError("at: must be times such as 06:00 18:00")
        return cls(minutes, tuple(sorted(map(time.fromisoformat, times))), _zone(settings.get("timezone", "").strip()))

    def slot(self, made_at: float) -> float:
        """When what was made at that time goes: the first slot after it. Both in Unix seconds."""
        if not self.at:
            seconds = self.every * 60
            return float(int(made_at // seconds + 1) * seconds)
        made = datetime.fromtimestamp(made_at, self.timezone)
        days = (made.date() + timedelta(days=number) for number in range(3))
        slots = (datetime.combine(day, at, self.timezone).timestamp() for day in days for at in self.at)
        return min(slot for slot in slots if slot > made_at)  # where the clocks go forward they stand out of order


def label(slot: float) -> str:
    """A slot as it stands in a file's name, such as `20261121T1900Z`."""
    return f"{datetime.fromtimestamp(int(slot), UTC):%Y%m%dT%H%MZ}"


def _zone(name: str) -> ZoneInfo:
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(name or "Europe/London")
    raise ValueError("timezone: must be an IANA name such as Europe/London")
