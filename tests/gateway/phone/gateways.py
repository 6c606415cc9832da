"""A gateway for the terminal phone: the real web edge and channel, behind it somebody who answers everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.app import Parts, create_app
from gateway.channels.mailbox import MemoryMailbox
from gateway.channels.simulator import SimulatorChannel
from gateway.web.webhook import one_by_one
from handlers.ports import Channel, InboundText, OutboundText
from tests.gateway.served import served

SECRET = "known-to-both"


class Gateway:
    """Writes down what was texted. `says` makes the answer."""

    def __init__(self, says: Callable[[InboundText], str | None] = lambda text: f"You said {text.body}") -> None:
        self.says = says
        self.texts: list[InboundText] = []
        self.mailbox = MemoryMailbox()
        self.url = ""
        channel = SimulatorChannel(SECRET, self.mailbox)
        self.app = create_app(Parts([channel], one_by_one(self._receive), lambda _: None))

    def send(self, text: str, *, to: str = "+447700900001", by: str = "61016") -> None:
        """Texts a phone by itself, as a timer does."""
        token = f"token-{len(self.texts)}-{text}"
        self.mailbox.put(OutboundText(token, "sms", by, to, text))

    def _receive(self, channel: Channel, text: InboundText) -> str | None:
        self.texts.append(text)
        return self.says(text)


@contextmanager
def running(gateway: Gateway) -> Iterator[Gateway]:
    """The gateway behind a socket."""
    with served(gateway.app) as url:
        gateway.url = url
        yield gateway
