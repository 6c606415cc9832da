"""Hand-written stand-ins for the ports: a clock that is moved, a carrier and a sink that do as they are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from conversations.reading import read
from gateway.secrets import new_key_ring
from handlers import inbound
from handlers.flow_store import StoredFlows
from handlers.ports import (
    Channel,
    Delivery,
    InboundText,
    Organisation,
    OutboundText,
    RawRequest,
    RawResponse,
    Sink,
    StatusNote,
)
from handlers.records.database import Database
from handlers.records.reports import StoredReport
from handlers.report_list import list_reports, open_document
from handlers.service import Directory, Flows, Service
from handlers.vault import KeyRing

START = 1_795_000_000.0
SHORT_CODE = "61016"


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class FakeChannel:
    """A carrier. `sent` is what it took; `refusals` are raised first, one for each send."""

    name: str = "twilio"
    repeats: bool = True
    report_status: str = "live"
    sent: list[OutboundText] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    looked_up: int = 0

    def verify(self, request: RawRequest) -> bool:
        raise NotImplementedError

    def parse(self, request: RawRequest) -> InboundText:
        raise NotImplementedError

    def parse_status(self, request: RawRequest) -> StatusNote:
        raise NotImplementedError

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        raise NotImplementedError

    def send(self, text: OutboundText) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append(text)
        self.known[text.token] = f"SM{len(self.sent):032x}"
        return self.known[text.token]

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        self.looked_up += 1
        return self.known.get(text.token)


@dataclass
class FakeSink:
    """A control room. `behave` may raise or wait; `got` is every delivery that it confirmed."""

    id: str = "room"
    skips: frozenset[str] = frozenset()
    behave: Callable[[Delivery], None] = lambda delivery: None
    got: list[Delivery] = field(default_factory=list)
    tried: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wants(self, kind: str) -> bool:
        return kind not in self.skips

    def deliver(self, delivery: Delivery) -> None:
        with self.lock:
            self.tried += 1
        self.behave(delivery)
        with self.lock:
            self.got.append(delivery)

    def close(self) -> None:
        pass


@dataclass
class FakeDoorbell:
    """Notes what was rung; `heard` is its answer."""

    heard: bool = True
    rung: list[int] = field(default_factory=list)

    def ring(self, outbox_ids: Sequence[int]) -> bool:
        self.rung.extend(outbox_ids)
        return self.heard


def new_ring() -> KeyRing:
    """A fresh key ring."""
    return KeyRing.from_json(json.dumps(new_key_ring()))


def organisation(
    name: str = "btp", address: str = f"sms:{SHORT_CODE}", sinks: tuple[str, ...] = ("room",), **more: Any
) -> Organisation:
    """A force that takes reports."""
    values: dict[str, Any] = {"languages": ("en",), "flow": "starter"} | more
    return Organisation(
        id=name, name=name.upper(), timezone="Europe/London", addresses=(address,), sinks=sinks, **values
    )


@dataclass
class Desk:
    """One installation under test: the service and its fakes."""

    service: Service
    clock: MovedClock
    channel: FakeChannel
    doorbell: FakeDoorbell
    sinks: dict[str, FakeSink]
    count: int = 0

    @classmethod
    def build(
        cls,
        database: Database,
        *,
        sinks: Sequence[FakeSink] | None = None,
        organisations: Sequence[Organisation] | None = None,
        flows: Flows | None = None,
        ring: KeyRing | None = None,
    ) -> Desk:
        """An installation with one force and one sink, unless told otherwise."""
        clock, channel = MovedClock(), FakeChannel()
        rooms = {sink.id: sink for sink in (sinks if sinks is not None else (FakeSink(),))}
        channels: dict[str, Channel] = {channel.name: channel}
        ports: dict[str, Sink] = dict(rooms)
        service = Service(
            database,
            ring or new_ring(),
            Directory(organisations or (organisation(sinks=tuple(rooms)),)),
            flows or StoredFlows(),
            channels,
            ports,
            clock,
            reader=read,
        )
        return cls(service, clock, channel, FakeDoorbell(), rooms)

    def text(
        self, body: str, *, sender: str = "+447700900001", recipient: str = SHORT_CODE, **more: str
    ) -> InboundText:
        """The next text that the carrier hands over."""
        self.count += 1
        values = {"external_id": f"SM{self.count:032x}", "medium": "sms"} | more
        return InboundText(channel="twilio", sender=sender, recipient=recipient, body=body, **values)  # type: ignore[arg-type]

    def say(self, body: str, **more: str) -> str | None:
        """Texts the gateway through the durable turn and returns the answer."""
        return self.hand_over(self.text(body, **more))

    def hand_over(self, text: InboundText) -> str | None:
        """Hands one text over as the carrier does."""
        return inbound.receive(self.service, self.doorbell, self.channel, text)

    def documents(self, audience: str = "desk") -> list[dict[str, Any]]:
        """The newest document of every report for an audience, oldest report first."""
        return [self._document(found.report) for found in list_reports(self.service.database, audience=audience)]

    def _document(self, report: StoredReport) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(open_document(self.service.database, self.service.ring, report))
        return document

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database says, for looking behind the handlers' backs."""
        with self.service.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql))]

    def change(self, sql: str) -> None:
        """Changes the database behind the handlers' backs."""
        with self.service.database.engine.begin() as connection:
            connection.execute(sa.text(sql))
