"""The network between phones and us, as bad as it is told to be: drops, repeats, sends twice, changes the order.

Whatever becomes of a text, the carrier's list has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from msgspec import Struct

from gateway.standin.delivery import Delivered, Delivery
from gateway.standin.messages import Attachment, Message
from gateway.standin.rest import Carrier


class Weather(Struct, frozen=True):
    """Shares of texts: `dropped` never reach us, `repeated` come again under their SID, `doubled` under another one,
    `shuffled` change places with the next."""

    dropped: float = 0.0
    repeated: float = 0.0
    doubled: float = 0.0
    shuffled: float = 0.0


_FAIR = Weather()


class Text(Struct, frozen=True):
    """What somebody texts."""

    sender: str
    recipient: str
    body: str
    media: tuple[Attachment, ...] = ()


class Carried(Struct, frozen=True):
    """What became of one delivery; `done` is None where the text was dropped."""

    message: Message
    done: Delivered | None


class Network:
    """Carries texts.

    Args:
        carrier: keeps them, and knows who has said STOP.
        delivery: brings them.
        weather: how bad it is.
        seed: of the chance.
    """

    def __init__(self, carrier: Carrier, delivery: Delivery, weather: Weather = _FAIR, seed: int = 1) -> None:
        self._carrier = carrier
        self._delivery = delivery
        self._weather = weather
        self._random = Random(seed)  # noqa: S311 - weather, no secret

    def carry(self, texts: Iterable[Text]) -> Iterator[Carried]:
        """Brings texts, one after another, and tells what became of each as it is done."""
        waiting: Text | None = None
        for text in texts:
            if waiting is not None:
                yield from self._bring(text)
                yield from self._bring(waiting)
                waiting = None
            elif self._random.random() < self._weather.shuffled:
                waiting = text
            else:
                yield from self._bring(text)
        if waiting is not None:
            yield from self._bring(waiting)

    def _bring(self, text: Text) -> Iterator[Carried]:
        message, chance = self._received(text), self._random.random
        if chance() < self._weather.dropped:
            yield Carried(message, None)
            return
        yield self._delivered(message)
        if chance() < self._weather.repeated:
            yield self._delivered(message)
        if chance() < self._weather.doubled:
            yield self._delivered(self._received(text))

    def _received(self, text: Text) -> Message:
        return self._carrier.messages.receive(
            self._carrier.account.sid, text.sender, text.recipient, text.body, media=text.media
        )

    def _delivered(self, message: Message) -> Carried:
        done = self._delivery.deliver(message)
        self._carrier.answered(message, done.body)
        return Carried(message, done)
