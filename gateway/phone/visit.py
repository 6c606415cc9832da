"""One sitting at the phone: who texts whom, and what time it is.

The phone has its own clock. It starts at the first time that is named, or now; a text without a time comes 20 s after
what was before it, so that equal answers are never taken for a repeat by the network (F2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from conversations.texts import normalise
from gateway.channels.addresses import split_address
from gateway.phone.engine import Engine, Exchange, Standing
from handlers.ports import BadRequest, InboundText

FIRST_SENDER: Final = "+447700900001"
PAUSE_SECONDS: Final = 20.0
_YEAR_3000: Final = 32_503_680_000.0


class PhoneError(Exception):
    """What was asked of the phone cannot be done; the text says why and repeats nothing of it."""


class Heard(Struct, frozen=True):
    """What the phone got, oldest first, and how the conversation stands then."""

    texts: list[str]
    standing: Standing


class Visit:
    """Texts an engine and lets time pass.

    Args:
        engine: the gateway in this process.
        wall_clock: the time now in Unix seconds, asked once at most.
    """

    def __init__(self, engine: Engine, wall_clock: Callable[[], float]) -> None:
        self._engine = engine
        self._wall_clock = wall_clock
        self._now: float | None = None
        self._sender = FIRST_SENDER
        self._recipients: dict[str, str] = {}
        self._texts = 0

    def text(self, body: str, *, sender: str | None, recipient: str | None, at: float | None) -> Heard:
        """Sends a text. `at` in Unix seconds. Raises PhoneError."""
        exchange = self._exchange(sender, recipient)
        if at is None:
            at = self._wall_clock() if self._now is None else self._now + PAUSE_SECONDS
        self._pass_to(at)
        said, altered = normalise(body)
        self._texts += 1
        reply = self._engine.receive(
            InboundText(
                channel="simulator",
                external_id=f"phone-{self._texts}",
                medium=exchange.medium,
                sender=exchange.sender,
                recipient=exchange.recipient,
                body=said,
                altered=altered,
            ),
            at,
        )
        return self._heard(exchange, [] if reply is None else [reply])

    def wait(self, seconds: float, *, sender: str | None) -> Heard:
        """Lets time pass. Raises PhoneError."""
        exchange = self._exchange(sender, None)
        self._pass_to((self._wall_clock() if self._now is None else self._now) + seconds)
        return self._heard(exchange, [])

    def _heard(self, exchange: Exchange, replies: list[str]) -> Heard:
        return Heard(self._engine.sent(exchange) + replies, self._engine.standing(exchange))

    def _pass_to(self, at: float) -> None:
        if not 0 <= at < _YEAR_3000:
            raise PhoneError("the phone's clock goes from 1970 to 2999")
        if self._now is not None and at > self._now:
            self._engine.run_timers(at)
        self._now = at

    def _exchange(self, sender: str | None, recipient: str | None) -> Exchange:
        """Who is meant: the last sender where none is named, the address that sender texted last or the first one."""
        sender = self._sender if sender is None else sender
        recipient = self._recipients.get(sender, self._engine.first_address) if recipient is None else recipient
        try:
            medium, address = split_address(sender, "from")
            _, ours = split_address(recipient, "to")
        except BadRequest as error:
            raise PhoneError(str(error)) from None
        if not self._engine.takes(medium, ours):
            raise PhoneError("no organisation takes texts there")
        self._sender, self._recipients[sender] = sender, recipient
        return Exchange(medium, address, ours)
