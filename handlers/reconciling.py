"""Compares the carrier's own list of what was sent to us with what we hold (F20), and deletes there what is safe here.

Once an hour, at every start, and so after a restore (F19). A text that never reached us is taken in as held text: kept
with the report, no step, no answer; words of danger alert at once. What a backup holds is deleted at the carrier.

Safe to repeat: a carrier's id counts once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from msgspec import Struct

from handlers import backups, spooling, synthetic
from handlers.erasure import is_known
from handlers.ports import InboundText, SendError
from handlers.records import heartbeats, inbox
from handlers.service import Service, milliseconds

HOUR: Final = 3600.0
OVERLAP_SECONDS: Final = 2 * HOUR
FIRST_SECONDS: Final = 25 * HOUR
# A webhook that is under way is not missing.
GRACE_SECONDS: Final = 120.0
DELETE_AFTER_SECONDS: Final = HOUR + GRACE_SECONDS
DELETE_WITHIN_SECONDS: Final = 14 * 24 * HOUR
AT_ONCE: Final = 100
RECONCILED: Final = "reconciled"

log = logging.getLogger("quietline.reconciling")


class Listed(Struct, frozen=True):
    """One text as the carrier has it, and when it came there in Unix seconds."""

    text: InboundText
    at: float


class Archive(Protocol):
    """What a carrier keeps of the texts that were sent to us."""

    @property
    def channel(self) -> str:
        """The channel whose ids these are."""
        ...

    def received(self, medium: str, recipient: str, since: float, until: float) -> Sequence[Listed]:
        """The texts to one address of ours in a time (Unix seconds). Raises SendError."""
        ...

    def delete(self, external_id: str) -> bool:
        """Deletes a text there; False where it is too early. Raises SendError."""
        ...


def last_time(service: Service, archive: Archive) -> float | None:
    """When this was last done to its end, in Unix seconds. Raises StoreError."""
    with service.database.read() as tx:
        at = heartbeats.all_of(tx).get(f"{RECONCILED}.{archive.channel}")
    return None if at is None else at / 1000


def reconcile(service: Service, archive: Archive) -> int:
    """Takes in what the carrier has and we have not; returns how many texts. Raises SendError, StoreError."""
    now = service.clock.now()
    last = last_time(service, archive)
    since = now - FIRST_SECONDS if last is None or last > now else last - OVERLAP_SECONDS
    taken = 0
    for medium, recipient in _addresses(service):
        listed = archive.received(medium, recipient, since, now - GRACE_SECONDS)
        for start in range(0, len(listed), AT_ONCE):
            taken += _take_in(service, listed[start : start + AT_ONCE])
    with service.database.write() as tx:
        heartbeats.beat(tx, f"{RECONCILED}.{archive.channel}", milliseconds(now))
    if taken:
        log.error("%d texts that %s had were never handed to us; they are taken in", taken, archive.channel)
    return taken


def delete_held(service: Service, archive: Archive) -> int:
    """Deletes at the carrier what a backup of ours holds; returns how many texts. Raises SendError, StoreError.

    Texts with files stay: the files are not held here.
    """
    now = service.clock.now()
    deleted = 0
    for medium, recipient in _addresses(service):
        listed = archive.received(medium, recipient, now - DELETE_WITHIN_SECONDS, now - DELETE_AFTER_SECONDS)
        ids = [each.text.external_id for each in listed if not each.text.media]
        for start in range(0, len(ids), AT_ONCE):
            safe = backups.held(service, archive.channel, ids[start : start + AT_ONCE])
            deleted += sum(_deleted(archive, each) for each in safe)
    return deleted


def _deleted(archive: Archive, external_id: str) -> bool:
    try:
        return archive.delete(external_id)
    except SendError as error:
        log.error("a text was not deleted at %s (%s)", archive.channel, error.cause)
        return False


def _addresses(service: Service) -> Iterator[tuple[str, str]]:
    made_up = {organisation.id for organisation in synthetic.of(service.directory)}
    for organisation in service.directory.organisations.values():
        for address in organisation.addresses if organisation.id not in made_up else ():
            medium, _, recipient = address.partition(":")
            yield medium, recipient


def _take_in(service: Service, listed: Sequence[Listed]) -> int:
    with service.database.read() as tx:
        missing = [
            each
            for each in listed
            if inbox.find(tx, each.text.channel, each.text.external_id) is None
            and not is_known(service, tx, each.text.channel, each.text.external_id)
        ]
    if not missing:
        return 0
    with service.database.write() as tx:
        inbox.lock(tx)
        added = [
            spooling.add_due(service, tx, each.text, milliseconds(each.at), reply=None, held=True)
            for each in sorted(missing, key=lambda each: each.at)
        ]
    return sum(added)
