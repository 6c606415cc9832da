"""The synthetic reporter as a channel: it posts what the simulator's phones post, and nobody reads what it is sent.

Its secret is derived from the key ring that all processes share, so there is nothing to set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from gateway.channels.mailbox import MemoryMailbox
from gateway.channels.simulator import SimulatorChannel
from handlers.ports import InboundText, OutboundText, RawRequest, RawResponse, StatusNote
from handlers.vault import KeyRing

NAME = "synthetic"


def secrets_of(ring: KeyRing) -> list[str]:
    """The secrets that its requests may be signed with, the one to sign with first; one for each index key (F14)."""
    return ring.indexes(["secret"], "synthetic reporter")


class SyntheticChannel:
    """Keeps `handlers.ports.Channel`; its reports are tests.

    Args:
        secrets: any of them verifies.
        now: Unix seconds.
    """

    name = NAME
    repeats = False
    report_status = "test"

    def __init__(self, secrets: Sequence[str], now: Callable[[], float]) -> None:
        self._phones = [SimulatorChannel(secret, MemoryMailbox(), now) for secret in secrets]

    def verify(self, request: RawRequest) -> bool:
        """Whether it was signed by a process of this installation within the last five minutes."""
        return any(phone.verify(request) for phone in self._phones)

    def parse(self, request: RawRequest) -> InboundText:
        """The text in a verified request. Raises BadRequest."""
        return replace(self._phones[0].parse(request), channel=NAME)

    def parse_status(self, request: RawRequest) -> StatusNote:
        """The news in a verified status callback. Raises BadRequest."""
        return replace(self._phones[0].parse_status(request), channel=NAME)

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        """The answer as JSON."""
        return self._phones[0].reply(text)

    def send(self, text: OutboundText) -> str:
        """Takes a text that goes by itself; nobody reads it."""
        return text.token

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        """The id of such a text."""
        return text.token
