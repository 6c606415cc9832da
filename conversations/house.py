"""What a turn must know of the organisation whose conversation it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from conversations.support import Directory

Services = Directory
"""The directory of helplines."""

_LAST = 253402300799.0  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class House:
    """An organisation.

    `timezone` is an IANA name. `area` holds the countries or station codes it covers. `confidential`: whose conduct
    is confidential there (R8), of `police` and `rail_staff`. `services`: the directory, None for none. `production`:
    whether real reporters text it. `people`: whether somebody can answer in the thread.
    """

    timezone: str = "Europe/London"
    area: tuple[str, ...] = ()
    confidential: frozenset[str] = frozenset()
    services: Services | None = None
    production: bool = False
    people: bool = True
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises zoneinfo.ZoneInfoNotFoundError for a timezone that there is not."""
        object.__setattr__(self, "_zone", ZoneInfo(self.timezone))

    def local(self, now: float) -> datetime:
        """The local time of Unix seconds; moments outside the years 1970 to 9999 at their edge."""
        try:
            return datetime.fromtimestamp(min(max(now, 0.0), _LAST), self._zone)
        except OverflowError:
            return datetime.fromtimestamp(0.0, UTC)


NO_HOUSE = House()
"""An organisation of which nothing is known."""
