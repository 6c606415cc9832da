"""What every use case works with, built once: the store, the keys, the organisations, the flows, the channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Protocol

from conversations.flow import Flow
from conversations.house import NO_HOUSE, House
from conversations.support import Directory as SupportDirectory
from conversations.turn import Reader
from handlers.flood import FirstAnswers
from handlers.ports import Channel, Clock, Organisation, Sink
from handlers.records.database import Database
from handlers.shared import Shared
from handlers.vault import KeyRing

_QUARTER_HOUR = 900


class Flows(Protocol):
    """Where flows come from."""

    def current(self, slug: str) -> Flow:
        """The flow that new conversations begin with."""
        ...

    def pinned(self, slug: str, version: int, digest: str) -> Flow | None:
        """The flow a conversation began with, None where it is no longer known."""
        ...


class Front(Protocol):
    """The parts that take a text into the spool: no store among them."""

    @property
    def ring(self) -> KeyRing:
        """Seals, and makes the digests."""
        ...

    @property
    def directory(self) -> Directory:
        """Whose the address is."""
        ...

    @property
    def flows(self) -> Flows:
        """What is answered."""
        ...

    @property
    def clock(self) -> Clock:
        """When it came."""
        ...

    @property
    def reader(self) -> Reader | None:
        """Reads words of danger."""
        ...


class Directory:
    """Finds the organisation that a text was sent to.

    Args:
        organisations: no two of them hold one address.
    """

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self.organisations = {organisation.id: organisation for organisation in organisations}
        self._by_address = {
            address: organisation for organisation in self.organisations.values() for address in organisation.addresses
        }

    def of(self, medium: str, recipient: str) -> Organisation | None:
        """The organisation whose number, short code or name this is."""
        return self._by_address.get(f"{medium}:{recipient}")

    def get(self, organisation_id: str) -> Organisation | None:
        """The organisation of that id."""
        return self.organisations.get(organisation_id)


@dataclass(frozen=True)
class Service:
    """The parts that the use cases share.

    `sinks` is by id, `channels` by name. `reader` reads the facts in a text, `support` holds the services to offer;
    without them nothing is read and none is offered. In `production` only services that were checked go out.
    `first_answers` says how many new conversations are answered, all of them where it is absent.
    """

    database: Database
    ring: KeyRing
    directory: Directory
    flows: Flows
    channels: Mapping[str, Channel]
    sinks: Mapping[str, Sink]
    clock: Clock
    reader: Reader | None = None
    support: SupportDirectory | None = None
    production: bool = False
    first_answers: FirstAnswers | None = None

    @cached_property
    def shared(self) -> Shared:
        """What the threads of this process do together."""
        return Shared(self.ring)

    def house(self, organisation_id: str) -> House:
        """What a conversation must know of its organisation; the plainest house where that is gone."""
        return self._houses.get(organisation_id, NO_HOUSE)

    @cached_property
    def _houses(self) -> dict[str, House]:
        return {key: self._house(organisation) for key, organisation in self.directory.organisations.items()}

    def _house(self, organisation: Organisation) -> House:
        return House(
            timezone=organisation.timezone,
            area=organisation.area,
            confidential=frozenset(organisation.confidential),
            services=self.support,
            production=self.production,
            people=organisation.people,
        )


def milliseconds(seconds: float) -> int:
    """Unix seconds as the store counts them."""
    return int(seconds * 1000)


def months(now: float) -> list[str]:
    """The months under whose index keys an open conversation may stand, this one first.

    An open conversation had a text in the last 24 hours and is indexed anew at each.
    """
    return _months(int(now // _QUARTER_HOUR))


@lru_cache(maxsize=4)
def _months(quarter_hours: int) -> list[str]:
    """Months begin at whole quarters of an hour."""
    now = quarter_hours * _QUARTER_HOUR
    this, before = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m") for at in (now, now - 25 * 3600))
    return [this] if this == before else [this, before]
