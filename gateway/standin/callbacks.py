"""News of the texts that the stand-in sends: queued, sent, delivered, or failed with an error code.

They come signed, late, twice or out of order, as the carrier's do, and are tried again only where nobody could be
connected to.

Source: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final
from urllib.parse import urldefrag

import urllib3
from msgspec import Struct

from gateway.standin.account import Account
from gateway.standin.forms import FORM_HEADERS, encode, status
from gateway.standin.messages import Message
from gateway.standin.signing import sign

WELL: Final = ("queued", "sent", "delivered")
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=15.0)


class Fate(Struct, frozen=True):
    """What becomes of texts: shares of those that fail with `code`, and of news that is dropped, doubled, shuffled."""

    failed: float = 0.0
    code: str = "30003"
    dropped: float = 0.0
    doubled: float = 0.0
    shuffled: float = 0.0


_KIND = Fate()


class Callbacks:
    """Tells in a thread of its own, one text after another.

    Args:
        account: whose token signs.
        fate: what becomes of them.
        seed: of the chance.
        note: told each new status of a text, with its error code.
    """

    def __init__(
        self, account: Account, fate: Fate = _KIND, seed: int = 1, note: Callable[[str, str, str], None] | None = None
    ) -> None:  # fmt: skip
        self._account = account
        self._fate = fate
        self._random = Random(seed)  # noqa: S311 - weather, no secret
        self._note = note
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._pool = urllib3.PoolManager(maxsize=1, timeout=_TIMEOUT, retries=False)
        self._thread: threading.Thread | None = None

    def tell(self, message: Message) -> None:
        """Takes up a text that was sent; returns at once."""
        self._queue.put(message)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
            self._thread.start()

    def news(self) -> Sequence[tuple[str, str]]:
        """The next text's news, as status and error code, in the order in which they come."""
        chance, fate = self._random.random, self._fate
        told = [(state, "") for state in WELL]
        if chance() < fate.failed:
            told[-1] = ("undelivered", fate.code)
        told = [each for each in told for _ in range(1 + (chance() < fate.doubled)) if chance() >= fate.dropped]
        if chance() < fate.shuffled:
            self._random.shuffle(told)
        return told

    def _run(self) -> None:
        while True:
            message = self._queue.get()
            for state, code in self.news():
                if self._note is not None:
                    self._note(message.sid, state, code)
                self._post(message, state, code)

    def _post(self, message: Message, state: str, code: str) -> None:
        if not message.status_callback:
            return
        more: dict[str, Any] = {"ErrorCode": code} if code else {}
        pairs = status(
            state,
            MessageSid=message.sid,
            SmsSid=message.sid,
            AccountSid=self._account.sid,
            To=message.recipient,
            From=message.sender,
            **more,
        )
        headers = {**FORM_HEADERS, "X-Twilio-Signature": sign(self._account.token, message.status_callback, pairs)}
        url = urldefrag(message.status_callback).url
        for _ in range(2):
            try:
                self._pool.request("POST", url, body=encode(pairs), headers=headers, redirect=False)
            except (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError):
                continue
            except urllib3.exceptions.HTTPError:
                return
            return
