"""Takes texts by the durable turn, or into the spool while the database takes none (F7; `handlers.spooling`).

After a failure the database is left alone for two seconds, then one text at a time tries it: a database that hangs
would else hold every thread that answers the carrier. A text whose sender has texts in the spool goes there too, so
that it does not overtake them (F3); where the clock does not bring them home, this does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from handlers import inbound, spooling, stored_texts
from handlers.erasure import is_known
from handlers.ports import Channel, Doorbell, InboundText, Replied
from handlers.records import inbox
from handlers.records.database import StoreBusy, StoreError
from handlers.service import Service, milliseconds
from handlers.spool import NOTHING, Glance, Spool, SpoolError

AGAIN_SECONDS: Final = 2.0
# The clock brings the spool home every second; whoever waits for longer waits for one that is dead (F6).
CLOCK_SECONDS: Final = 15.0
# For a look after the database has just kept everybody waiting.
READ_PATIENCE: Final = 0.1
LATE_SECONDS: Final = 2.8
_DRIVERS: Final = ("sqlite3", "psycopg")

log = logging.getLogger("quietline.spool")


Aside = Callable[[Callable[[], None]], object]


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="spool", daemon=True).start()


class Intake:
    """One process's.

    Args:
        service: the shared parts.
        doorbell: see `inbound.receive`.
        spool: where to.
        again: seconds for which the database is left alone after a failure.
        ready: whether the database has been made ready; until then everything goes to the spool.
        aside: runs what no answer waits for.
    """

    def __init__(
        self,
        service: Service,
        doorbell: Doorbell,
        spool: Spool,
        *,
        again: float = AGAIN_SECONDS,
        ready: Callable[[], bool] = lambda: True,
        aside: Aside = _in_a_thread,
    ) -> None:
        self._again = again
        self._service = service
        self._doorbell = doorbell
        self._spool = spool
        self._ready = ready
        self._aside = aside
        self._failed_at: float | None = None
        self._readable_at = 0.0
        self._readable = service.database.with_patience(READ_PATIENCE)
        self._trying = threading.Lock()
        self._bringing = threading.Lock()

    def receive_all(self, texts: Sequence[tuple[Channel, InboundText]]) -> list[Replied]:
        """Stores texts that have come by now, in their order, and says what came of each.

        An exception, StoreError or what went wrong, stands for a text that neither the database nor the spool took.
        """
        if self._failed_at is None and self._ready() and self._is_nothing_spooled():
            return self._take(texts)
        return [self._receive(channel, text) for channel, text in texts]

    def _is_nothing_spooled(self) -> bool:
        try:
            return self._spool.is_empty()
        except SpoolError:
            return True

    def receive(self, channel: Channel, text: InboundText) -> str | None:
        """The same of one text; raises what stands for it there."""
        [answer] = self.receive_all(((channel, text),))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _receive(self, channel: Channel, text: InboundText) -> Replied:
        """One text where the store or the spool may not be as they should be."""
        try:
            glance = self._look(text)
            if glance.record is not None:
                return glance.record.reply
            if not self._ready():
                return self._spooled(text, StoreBusy("the database is not ready yet"))
            if glance.waits:
                try:
                    reply = self._spooled(text, StoreBusy("earlier texts of the sender wait"))
                except StoreBusy:
                    log.error("a text overtakes others of its sender: the spool takes none")
                else:
                    self._bring_home(glance.oldest_at)
                    return reply
            if self._failed_at is None:
                return self._take(((channel, text),))[0]
            if not self._just_failed() and self._trying.acquire(blocking=False):
                try:
                    return self._take(((channel, text),))[0]
                finally:
                    self._trying.release()
            return self._spooled(text, StoreBusy("the database has just failed"))
        except Exception as error:  # noqa: BLE001 - whose text it is, is answered
            return error

    def _just_failed(self) -> bool:
        return self._failed_at is not None and time.monotonic() - self._failed_at < self._again

    def _look(self, text: InboundText) -> Glance:
        try:
            return NOTHING if self._spool.is_empty() else spooling.look(self._service, self._spool, text)
        except SpoolError:
            return NOTHING

    def _take(self, texts: Sequence[tuple[Channel, InboundText]]) -> list[Replied]:
        """The durable turn; into the spool what it does not take."""
        begun = time.monotonic()
        taken = inbound.receive_all(self._service, self._doorbell, texts)
        return [self._settled(text, each, begun) for (_, text), each in zip(texts, taken, strict=True)]

    def _settled(self, text: InboundText, taken: inbound.Taking, begun: float) -> Replied:
        error = taken.error
        if error is None:
            self._failed_at = None
            return taken.reply
        log.error("a text goes to the spool (%s)", type(error).__name__)
        if isinstance(error, StoreError) or type(error).__module__.partition(".")[0] in _DRIVERS:
            self._failed_at = time.monotonic()
            if self._failed_at - begun > LATE_SECONDS:  # there is no time left for a look
                self._readable_at = self._failed_at + self._again
        try:
            return self._spooled(text, error)
        except Exception as cause:  # noqa: BLE001 - whose text it is, is answered
            return cause

    def _spooled(self, text: InboundText, cause: Exception) -> str | None:
        if (row := self._stored(text)) is not None:
            return row[0]
        try:
            return spooling.keep(self._service, self._spool, text).reply
        except SpoolError as error:
            log.error("the spool took no text (%s)", error)
            raise cause from error

    def _stored(self, text: InboundText) -> tuple[str | None] | None:
        """What was answered to a text that was taken before (F1), where the database can at least be read."""
        if time.monotonic() < self._readable_at or not self._ready():
            return None
        try:
            with self._readable.read() as tx:
                if is_known(self._service, tx, text.channel, text.external_id):
                    return (None,)
                if inbox.find(tx, text.channel, text.external_id) is None:
                    return None
                return (stored_texts.stored_reply(self._service, tx, text.channel, text.external_id),)
        except Exception as error:  # noqa: BLE001 - then the spool takes it again, and the carrier's id counts once
            log.error("the database cannot be read either (%s)", type(error).__name__)
            self._readable_at = time.monotonic() + self._again
            return None
        finally:
            self._readable.close()

    def _bring_home(self, oldest_at: int | None) -> None:
        """Does the clock's work where the clock does not, one thread at a time."""
        late = oldest_at is not None and milliseconds(self._service.clock.now()) - oldest_at > CLOCK_SECONDS * 1000
        if late and not self._just_failed() and self._bringing.acquire(blocking=False):
            self._aside(self._replay)

    def _replay(self) -> None:
        try:
            spooling.replay(self._service, self._spool, self._doorbell)
        except (StoreError, SpoolError) as error:
            log.error("the spool waits for the clock (%s)", error)
        except Exception as error:  # noqa: BLE001 - a thread's last words would quote what went wrong (R18)
            log.error("the spool waits for the clock (%s)", type(error).__name__)
        finally:
            self._service.database.close()
            self._bringing.release()
