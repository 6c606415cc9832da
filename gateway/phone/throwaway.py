"""A gateway inside this process, on a database that is thrown away: the same handlers, a clock that the phone moves."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson
from msgspec.structs import replace

from conversations import asides, report, support
from conversations.reading import read
from gateway.bell import NoDoorbell
from gateway.channels.simulator import SimulatorChannel
from gateway.config import Config
from gateway.organisations import read_organisations
from gateway.phone.engine import Exchange, Standing
from gateway.secrets import new_key_ring
from handlers import inbound, outbound, retaking, timers, turns
from handlers.flow_store import StoredFlows
from handlers.letterbox import StoredMailbox
from handlers.ports import Delivery, InboundText, Organisation
from handlers.records import conversations, reports
from handlers.records.database import Database, Transaction
from handlers.records.migrate import prepare
from handlers.service import Directory, Service, months
from handlers.vault import KeyRing

STEP_SECONDS: Final = 5.0
_NOWHERE: Final = "nowhere"


class _MovedClock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at


class _Nowhere:
    """Where confidential reports of a throwaway database would go: nothing is forwarded, and nothing is amiss."""

    id = _NOWHERE

    def wants(self, kind: str) -> bool:
        return False

    def deliver(self, delivery: Delivery) -> None:
        raise AssertionError("nothing is forwarded")

    def close(self) -> None:
        pass


class ThrowawayEngine:
    """Takes texts and lets time pass; forwards nothing.

    Args:
        database: empty and prepared.
        organisations: who is texted; the first one's first address is the usual one.
        production: whether only services that a person has checked are offered.
    """

    def __init__(
        self, database: Database, organisations: tuple[Organisation, ...], *, production: bool = False
    ) -> None:
        ring = KeyRing.from_json(json.dumps(new_key_ring()))
        self._clock = _MovedClock()
        self._mailbox = StoredMailbox(database, ring)
        self._channel = SimulatorChannel("in this process", self._mailbox, self._clock.now)
        self._organisations = organisations
        self._service = Service(
            database=database,
            ring=ring,
            directory=Directory(
                replace(each, sinks=(), sink_operators=(), confidential_sinks=(_NOWHERE,)) for each in organisations
            ),
            flows=StoredFlows(),
            channels={self._channel.name: self._channel},
            sinks={_NOWHERE: _Nowhere()},
            clock=self._clock,
            reader=read,
            support=support.shipped(),
            production=production,
        )
        self._doorbell = NoDoorbell()
        self._fetched: dict[Exchange, str] = {}
        self._last: dict[Exchange, Standing] = {}

    @property
    def first_address(self) -> str:
        """The first address of the first organisation, with its medium."""
        return self._organisations[0].addresses[0]

    def takes(self, medium: str, recipient: str) -> bool:
        """Whether an organisation has that address."""
        return self._service.directory.of(medium, recipient) is not None

    def receive(self, text: InboundText, at: float) -> str | None:
        """Takes a text at a time and returns the answer to it."""
        self._clock.at = at
        return inbound.receive(self._service, self._doorbell, self._channel, text)

    def run_timers(self, until: float) -> None:
        """Lets time pass up to `until`: what falls due happens at its own time, in order."""
        while (due := self._next_due()) is not None and due <= until:
            self._clock.at = max(self._clock.at, due)
            retaking.retake_due(self._service, self._doorbell)
            timers.run_due(self._service, self._doorbell)
            outbound.send_due(self._service)
            if self._next_due() == due:
                self._clock.at += STEP_SECONDS
        self._clock.at = max(self._clock.at, until)

    def _next_due(self) -> float | None:
        with self._service.database.read() as tx:
            due = conversations.next_due_at(tx)
        return None if due is None else (due + 0.5) / 1000

    def sent(self, exchange: Exchange) -> list[str]:
        """The texts that were sent there by themselves since this was last asked."""
        letters = self._mailbox.letters(exchange.sender, self._fetched.get(exchange))
        if letters:
            self._fetched[exchange] = letters[-1].id
        return [letter.body for letter in letters if letter.sender == exchange.recipient]

    def standing(self, exchange: Exchange) -> Standing:
        """How the conversation stands; once its state is erased, how it stood last."""
        organisation = self._service.directory.of(exchange.medium, exchange.recipient)
        if organisation is None:
            return Standing()
        found = months(self._clock.at)
        address = (organisation.id, self._channel.name, exchange.medium, exchange.sender)
        with self._service.database.read() as tx:
            row = conversations.find(tx, self._service.ring.indexes(found, *address), lock=False)
            if row is not None:
                opened = turns.open_row(self._service, row)
                self._last[exchange] = self._standing(tx, opened)
        return self._last.get(exchange, Standing())

    def _standing(self, tx: Transaction, opened: turns.Opened) -> Standing:
        session = opened.session
        step = opened.flow.by_id.get(session.step)
        asks = step.asks if step else None
        if session.aside is not None and session.aside.put:
            asks = asides.ASKS[session.aside.ask]
        # What was taken back before it went forward is shown as it was known until then.
        document = report.document(session) if session.ended == "withdrawn" and not session.sealed else None
        stored = reports.get(tx, opened.row.report_id)
        sealed = None if stored is None else reports.sealed_document(tx, stored.id, stored.revision)
        if stored is not None and sealed is not None:
            place = reports.document_place(stored.id, stored.revision)
            document = orjson.loads(opened.report_key.open(sealed[0], place))
        return Standing(session.step, asks, session.ended, document)


@contextmanager
def throwaway_engine(config: Config) -> Iterator[ThrowawayEngine]:
    """An engine for the organisations of a configuration, its database gone when the block ends. Raises ConfigError."""
    installation = read_organisations(
        config.organisations, data=config.data, environ=None, flow_languages=StoredFlows().languages
    )
    with tempfile.TemporaryDirectory(prefix="quietline-phone-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'phone.sqlite3'}")
        prepare(database)
        try:
            yield ThrowawayEngine(database, installation.organisations, production=config.production)
        finally:
            database.close()
