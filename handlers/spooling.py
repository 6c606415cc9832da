"""Texts that the database does not take: sealed into the spool, answered neutrally, brought home later (F7).

    the database fails, or has failed in the last seconds   a sealed record in the spool, the flow's safe sentence
    the spool fails too                                     the database's own error: the carrier is told 503
    the database is well again                              every record becomes an inbox row that is due, in order;
                                                            `handlers.retaking` takes its turn like any other's

A record leaves the spool after the commit of its row, so a kill in between brings it twice and the carrier's id
counts once. Within ten minutes its turn is as usual and the answer goes by itself, later it is held text (R4).
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterable
from typing import Final

import orjson

from handlers import flood, inbound
from handlers.danger import in_danger
from handlers.erasure import is_known
from handlers.ports import Channel, Doorbell, InboundText, Media
from handlers.records import inbox
from handlers.records.database import StoreBusy, StoreError, Transaction
from handlers.service import Service, milliseconds
from handlers.spool import Contents, Record, Spool, SpoolError
from handlers.vault import DataKey, KeyRing, Place, VaultError

AGAIN_SECONDS: Final = 2.0
AT_ONCE: Final = 100
_SPOOL: Final = "spool"
_DRIVERS: Final = ("sqlite3", "psycopg")

log = logging.getLogger("quietline.spool")


class Intake:
    """Takes texts by the durable turn, or into the spool while the database takes none.

    After a failure the database is left alone for two seconds, then one text at a time tries it: a database that hangs
    would else hold every thread that answers the carrier.

    Args:
        service: the shared parts.
        doorbell: see `inbound.receive`.
        spool: where to.
        again: seconds for which the database is left alone after a failure.
    """

    def __init__(self, service: Service, doorbell: Doorbell, spool: Spool, *, again: float = AGAIN_SECONDS) -> None:
        self._again = again
        self._service = service
        self._doorbell = doorbell
        self._spool = spool
        self._failed_at: float | None = None
        self._readable_at = 0.0
        self._trying = threading.Lock()

    def receive(self, channel: Channel, text: InboundText) -> str | None:
        """Stores a text and returns the reply, None where nothing is said.

        Raises StoreError, or what else went wrong, where neither the database nor the spool took it.
        """
        try:
            kept = None if self._spool.is_empty() else find(self._service, self._spool, text)
        except SpoolError:
            kept = None
        if kept is not None:
            return kept.reply
        if self._failed_at is None:
            return self._take(channel, text)
        if time.monotonic() - self._failed_at >= self._again and self._trying.acquire(blocking=False):
            try:
                return self._take(channel, text)
            finally:
                self._trying.release()
        return self._spooled(text, StoreBusy("the database has just failed"))

    def _take(self, channel: Channel, text: InboundText) -> str | None:
        try:
            reply = inbound.receive(self._service, self._doorbell, channel, text)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the text is kept
            log.error("a text goes to the spool (%s)", type(error).__name__)
            if isinstance(error, StoreError) or type(error).__module__.partition(".")[0] in _DRIVERS:
                self._failed_at = time.monotonic()
            return self._spooled(text, error)
        self._failed_at = None
        return reply

    def _spooled(self, text: InboundText, cause: Exception) -> str | None:
        if (row := self._stored(text)) is not None:
            return row[0]
        try:
            return keep(self._service, self._spool, text)
        except SpoolError as error:
            log.error("the spool took no text (%s)", error)
            raise cause from error

    def _stored(self, text: InboundText) -> tuple[str | None] | None:
        """What was answered to a text that was taken before (F1), where the database can at least be read."""
        if time.monotonic() < self._readable_at:
            return None
        try:
            with self._service.database.read() as tx:
                if inbox.find(tx, text.channel, text.external_id) is None:
                    return None
                return (inbound.stored_reply(self._service, tx, text.channel, text.external_id),)
        except Exception as error:  # noqa: BLE001 - then the spool takes it again, and the carrier's id counts once
            log.error("the database cannot be read either (%s)", type(error).__name__)
            self._readable_at = time.monotonic() + self._again
            return None


def find(service: Service, spool: Spool, text: InboundText) -> Record | None:
    """The record of a text's id, where the spool holds it. Raises SpoolError."""
    return spool.find(_digests(service.ring, text))


def keep(service: Service, spool: Spool, text: InboundText) -> str | None:
    """Seals a text into the spool and returns what it is answered with, the same id the same. Raises SpoolError."""
    sids = _digests(service.ring, text)
    organisation = service.directory.of(text.medium, text.recipient)
    at = milliseconds(service.clock.now())
    [sender, *_] = service.ring.indexes([_SPOOL], "sender", text.medium, text.recipient, text.sender)
    danger = organisation is not None and in_danger(service, organisation, text.body)

    def make(contents: Contents) -> Record:
        reply = None
        if organisation is not None and contents.replies_since(sender, at - flood.SECONDS * 1000) < flood.ANSWERS:
            reply = inbound.safe_reply(service, organisation, text)
        return Record(sids[0], sender, at, reply, danger, service.ring.seal_away(_plain(text), _place(sids[0])))

    return spool.keep(sids, make).reply


def replay(service: Service, spool: Spool) -> int:
    """Brings what is in the spool into the database; returns how many records. Safe to run twice, at once or killed.

    Raises StoreError or SpoolError; what is not in the database by then stays in the spool.
    """
    if spool.is_empty():
        return 0
    brought = bring_home(service, spool.contents().records.values())
    if brought:
        spool.drop(brought)
        log.warning("%d texts of the spool are in the database", len(brought))
    return len(brought)


def bring_home(service: Service, records: Iterable[Record]) -> set[str]:
    """Writes records as due texts, a hundred to a transaction; returns which the database holds now.

    One that cannot be opened is passed over. Raises StoreError.
    """
    waiting, brought = list(records), set[str]()
    for start in range(0, len(waiting), AT_ONCE):
        opened = [(record, _opened(service.ring, record)) for record in waiting[start : start + AT_ONCE]]
        with service.database.write() as tx:
            for record, text in opened:
                if text is not None:
                    add_due(service, tx, text, record.at, reply=record.reply)
        brought |= {record.sid for record, text in opened if text is not None}
    return brought


def add_due(
    service: Service, tx: Transaction, text: InboundText, received_at: int, *, reply: str | None, held: bool = False
) -> bool:
    """Writes a text whose turn is still to be taken, under its carrier's id; False where that was taken before.

    Args:
        service: the shared parts.
        tx: the caller's transaction.
        text: verified.
        received_at: when it came, in milliseconds since 1970.
        reply: what it was answered with.
        held: keep it with the report without a step or an answer, however new it is.
    """
    if is_known(service, tx, text.channel, text.external_id):
        return False
    key = DataKey(f"{text.channel}:{text.external_id}", secrets.token_bytes(32))
    number = inbox.add(tx, text.channel, text.external_id, received_at, inbound.sealed_body(text, key, held=held))
    if number is None:
        return False
    organisation = service.directory.of(text.medium, text.recipient)
    if organisation is None:
        log.error("a text to an address of no organisation is held: row %d", number)
    inbox.postpone(
        tx,
        number,
        state="held" if organisation is None else "due",
        organisation=None if organisation is None else organisation.id,
        attempts=0,
        due_at=None if organisation is None else min(received_at, milliseconds(service.clock.now())),
        reply=None if reply is None else key.seal(reply.encode(), inbox.place(text.channel, text.external_id, "reply")),
        **inbound.alone(service, text, key),
    )
    return True


def _digests(ring: KeyRing, text: InboundText) -> list[str]:
    return ring.indexes([_SPOOL], "sid", text.channel, text.external_id)


def _place(sid: str) -> Place:
    return Place(_SPOOL, sid, "text")


def _plain(text: InboundText) -> bytes:
    values = {
        "channel": text.channel,
        "external_id": text.external_id,
        "medium": text.medium,
        "sender": text.sender,
        "recipient": text.recipient,
        "body": text.body,
        "altered": text.altered,
        "carrier_answers": text.carrier_answers,
        "media": [[media.url, media.content_type] for media in text.media],
        "extras": dict(text.extras),
    }
    return orjson.dumps(values)


def _opened(ring: KeyRing, record: Record) -> InboundText | None:
    """The text in a record; None where it cannot be opened, or is not the one that its id says."""
    try:
        values = orjson.loads(ring.open_away(record.sealed, _place(record.sid)))
        values["media"] = tuple(Media(url, content_type) for url, content_type in values["media"])
        text = InboundText(**values)
    except (VaultError, ValueError, TypeError, LookupError) as error:
        log.error("a record of the spool cannot be opened (%s), it stays", type(error).__name__)
        return None
    if record.sid not in _digests(ring, text):
        log.error("a record of the spool is not what its id says, it stays")
        return None
    return text
