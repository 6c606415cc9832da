"""What the phone needs from a gateway that runs inside its own process, on a database that is thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from handlers.ports import InboundText


class Exchange(Struct, frozen=True):
    """One phone and one of our addresses. `medium` is that of the sender (`sms`, `whatsapp`)."""

    medium: str
    sender: str
    recipient: str

    def __repr__(self) -> str:
        return "Exchange(...)"


class Standing(Struct, frozen=True):
    """How a conversation stands; all None where none has begun.

    `step` is the flow's step, `asks` the name of what is asked, `ended` how it ended, `report` the canonical document.
    """

    step: str | None = None
    asks: str | None = None
    ended: str | None = None
    report: Mapping[str, Any] | None = None


class Engine(Protocol):
    """A gateway in this process. Its clock stands where the last call put it."""

    @property
    def first_address(self) -> str:
        """The first address of the first organisation, with its medium (`sms:61016`)."""
        ...

    def takes(self, medium: str, recipient: str) -> bool:
        """Whether an organisation has that address."""
        ...

    def receive(self, text: InboundText, at: float) -> str | None:
        """Takes a text at a time (Unix seconds) and returns the answer to it."""
        ...

    def run_timers(self, until: float) -> None:
        """Lets time pass up to `until`: what falls due happens at its own time, in order."""
        ...

    def sent(self, exchange: Exchange) -> list[str]:
        """The texts that were sent there by themselves since this was last asked, oldest first."""
        ...

    def standing(self, exchange: Exchange) -> Standing:
        """How the conversation stands."""
        ...
