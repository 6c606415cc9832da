"""How often and how long the carrier tries a webhook: its defaults, or what stands behind the address.

Without a `#...`: 5 s to connect, 15 s to answer, 15 s in all, and one retry where nobody could be connected to; a 500
or a silence is not tried again. `#rc=5&rp=all&ct=3000&rt=5000`: five retries on any failure, 3 s and 5 s.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urldefrag

from msgspec import Struct

TOTAL_SECONDS: Final = 15.0
CONNECT: Final = "ct"
READ: Final = "rt"
CLIENT_ERROR: Final = "4xx"
SERVER_ERROR: Final = "5xx"
_ALL: Final = "all"


class Policy(Struct, frozen=True):
    """What holds for one address; times in seconds. `on`: the failures after which it is tried again."""

    retries: int = 1
    on: frozenset[str] = frozenset({CONNECT})
    connect: float = 5.0
    read: float = 15.0

    @classmethod
    def of(cls, url: str) -> Policy:
        """The policy behind a webhook's address."""
        said = {name: values[0] for name, values in parse_qs(urldefrag(url).fragment).items()}
        on = frozenset(said.get("rp", CONNECT).split(","))
        return cls(
            int(said.get("rc", "1")),
            frozenset({CONNECT, READ, CLIENT_ERROR, SERVER_ERROR}) if _ALL in on else on,
            int(said.get("ct", "5000")) / 1000,
            int(said.get("rt", "15000")) / 1000,
        )
