"""How long what is kept (R20, R22), by class and run by the clock; a legal hold stops it. Safe to run twice.

    confirmed   a report that every sink has had: days after the last confirmation
    other       texts that were never a report
    unsent      an account that was begun and never went forward: with its conversation, after a day
    sealed      an account that its reporter does not want passed on yet

What no sink has confirmed is never erased by itself. A conversation's own key and the sending copy of the number go
with the conversation, 24 hours after its last text; the number stays, sealed, where contact was agreed, and goes with
its report.
"""

from __future__ import annotations

import logging
from typing import Final

from msgspec import Struct

from conversations.session import Session
from handlers import erasure as erasing
from handlers.erasure import ErasureList, NotErased
from handlers.records import conversations, erasure, heartbeats
from handlers.records.conversations import ConversationRow
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.vault import KeyRing, VaultError

SEALED: Final = "sealed"
BEGUN: Final = "unsent"
OTHER: Final = "other"
AGREED: Final = frozenset({"may_text", "name"})
MOST: Final = 500
_DAY: Final = 86400.0
_HOUR: Final = 3600.0

log = logging.getLogger("quietline.retention")


class Policy(Struct, frozen=True):
    """For how many days, and what is begun for how many hours, each class is kept."""

    confirmed_days: int = 30
    other_days: int = 7
    unsent_hours: int = 24
    sealed_days: int = 30


def run(service: Service, listed: ErasureList, policy: Policy) -> int:
    """Erases what is past its time; returns how many reports and texts. Raises StoreError, OSError.

    For a day after the clock has leapt ahead only what was erased before is erased again (F11).
    """
    now = service.clock.now()
    erased = erasing.apply(service, listed)
    with service.database.read() as tx:
        if heartbeats.has_leapt(tx, milliseconds(now)):
            return erased
    for due in _due(service, policy, now):
        try:
            erased += erasing.erase(service, listed, due)
        except NotErased as error:  # a legal hold of this moment: the rest is due again at the next run
            log.warning("%s", error)
    erased += _forget_loose(service, milliseconds(now - policy.confirmed_days * _DAY))
    with service.database.write() as tx:
        erasure.forget_sids(tx, milliseconds(now))
    if erased:
        log.info("retention erased %d", erased)
    return erased


def _due(service: Service, policy: Policy, now: float) -> list[list[str]]:
    """The ids of what is past its time, a list for each class."""
    classes = (
        (SEALED, policy.sealed_days * _DAY),
        (BEGUN, policy.unsent_hours * _HOUR),
        (OTHER, policy.other_days * _DAY),
        ("", policy.confirmed_days * _DAY),  # of a conversation that could not be read when it ended
    )
    with service.database.read() as tx:
        found = [erasure.confirmed(tx, milliseconds(now - policy.confirmed_days * _DAY), MOST)]
        found += [erasure.unsent(tx, what, milliseconds(now - seconds), MOST) for what, seconds in classes]
    return [each for each in found if each]


def _forget_loose(service: Service, before: int) -> int:
    """Deletes texts that no conversation ever took; they are known by their hashes from then on."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        gone = [row for row in erasure.loose(tx, before, MOST) if erasure.forget_loose(tx, row[0])]
        for _, channel, external_id in gone:
            erasing.remember(service.ring, tx, channel, external_id, now)
    if gone:
        service.database.scrub()
    return len(gone)


def note_end(ring: KeyRing, tx: Transaction, row: ConversationRow, session: Session) -> None:
    """Called inside the transaction that ends a conversation: notes what it leaves behind, and for how long.

    Args:
        ring: the keys.
        tx: the transaction.
        row: the conversation, before it goes.
        session: its state after the last turn.
    """
    what = SEALED if session.sealed else BEGUN if session.reportable else OTHER
    erasure.classify(tx, row.report_id, what, row.last_text_at)
    if session.consent.get("contact") not in AGREED or session.state == "stopped":
        return
    try:
        address = ring.open_address(row.address, conversations.place(row.id, "address"))
    except VaultError:
        log.error("the number of report %s was agreed to be kept and cannot be opened", row.report_id)
        return
    erasure.keep_contact(
        tx,
        row.report_id,
        organisation=row.organisation,
        channel=row.channel,
        medium=row.medium,
        recipient=row.recipient,
        address=ring.seal_address(address, erasure.contact_place(row.report_id)),
    )
