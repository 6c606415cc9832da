"""Texts that the database does not take: sealed into the spool, answered neutrally, brought home later (F7).

    the database fails, or has failed in the last seconds   a sealed record in the spool, the flow's safe sentence
    it is not ready yet (the process has just begun)        the same
    an earlier text of the sender is in the spool           the same: it must not be overtaken (F3)
    the spool fails too                                     the database's own error: the carrier is told 503
    the database is well again                              every record becomes an inbox row that is due, in order;
                                                            `handlers.retaking` takes its turn like any other's

Words of danger are answered with the emergency advice, which needs no database. A record leaves the spool once its turn
has been tried, so a kill in between brings it twice and the carrier's id counts once. Within ten minutes its turn is as
usual and the answer goes by itself, later it is held text (R4).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from handlers import flood, inbound, retaking, stored_texts
from handlers.danger import in_danger
from handlers.erasure import is_known
from handlers.ports import BadRequest, Doorbell, InboundText, Media, Organisation
from handlers.records import inbox
from handlers.records.database import Transaction
from handlers.service import Front, Service, milliseconds
from handlers.spool import Contents, Glance, Record, Spool, SpoolError, parse
from handlers.vault import DataKey, KeyRing, Place, VaultError

AT_ONCE: Final = 100
DROPPED_AT_ONCE: Final = 500
_SPOOL: Final = "spool"

log = logging.getLogger("quietline.spool")


def look(service: Front, spool: Spool, text: InboundText) -> Glance:
    """What the spool holds of a text and its sender. Raises SpoolError."""
    return spool.look(_digests(service.ring, text), _senders(service.ring, text))


def keep(service: Front, spool: Spool, text: InboundText) -> Record:
    """Seals a text into the spool and returns its record, of the same id the same. Raises SpoolError."""
    sids = _digests(service.ring, text)
    organisation = service.directory.of(text.medium, text.recipient)
    at = milliseconds(service.clock.now())
    [sender, *_] = _senders(service.ring, text)
    danger = organisation is not None and in_danger(service, organisation, text.body)

    def make(contents: Contents) -> Record:
        reply = None
        if organisation is not None and contents.replies_since(sender, at - flood.SECONDS * 1000) < flood.ANSWERS:
            reply = _reply(service, organisation, text, danger)
        return Record(sids[0], sender, at, reply, danger, service.ring.seal_away(_plain(text), _place(sids[0])))

    return spool.keep(sids, make)


def replay(service: Service, spool: Spool, doorbell: Doorbell) -> int:
    """Brings what is in the spool into the database and takes its turns; returns how many records.

    Safe to run twice, at once or killed. Raises StoreError or SpoolError; what is not in the database by then stays.
    """
    if spool.is_empty():
        return 0
    waiting, number = list(spool.contents().records.values()), 0
    for start in range(0, len(waiting), DROPPED_AT_ONCE):
        brought = bring_home(service, waiting[start : start + DROPPED_AT_ONCE])
        # Before they leave the spool: until then nothing newer of their senders is taken.
        while retaking.retake_due(service, doorbell) >= retaking.MOST:
            pass
        spool.drop(brought)
        number += len(brought)
    if number:
        log.warning("%d texts of the spool are in the database", number)
    return number


def bring_home(service: Service, records: Iterable[Record]) -> set[str]:
    """Writes records as due texts, a hundred to a transaction; returns which the database holds now.

    One that cannot be opened is passed over. Raises StoreError.
    """
    waiting, brought = list(records), set[str]()
    for start in range(0, len(waiting), AT_ONCE):
        opened = [(record, _opened(service.ring, record)) for record in waiting[start : start + AT_ONCE]]
        with service.database.write() as tx:
            inbox.lock(tx)
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
    number = inbox.add(tx, text.channel, text.external_id, received_at, stored_texts.sealed_body(text, key, held=held))
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
        **stored_texts.alone(service, text, key),
    )
    return True


def take_over(service: Service, spool: Spool, lines: bytes) -> int:
    """Takes over another host's spool, or a part of it, by its lines; returns how many texts are new to the spool.

    Where the spool takes none they go to the database. Raises BadRequest, StoreError.
    """
    found = parse(lines)
    if found.damaged or found.end != len(lines):
        raise BadRequest("a line cannot be read")
    try:
        return spool.take_over(found.records.values())
    except SpoolError as error:
        log.error("the spool took nothing over (%s)", error)
        return len(bring_home(service, found.records.values()))


def _reply(service: Front, organisation: Organisation, text: InboundText, danger: bool) -> str | None:
    """The flow's neutral sentence, or its emergency advice."""
    reply = inbound.safe_reply(service, organisation, text)
    if reply is None or not danger:
        return reply
    return service.flows.current(organisation.flow).advice.get(organisation.languages[0], reply)


def _digests(ring: KeyRing, text: InboundText) -> list[str]:
    return ring.indexes([_SPOOL], "sid", text.channel, text.external_id)


def _senders(ring: KeyRing, text: InboundText) -> Sequence[str]:
    return ring.indexes([_SPOOL], "sender", text.medium, text.recipient, text.sender)


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
