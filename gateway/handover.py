"""How a twin's texts come to the main host: lines of its spool, sealed as they are, signed by a key of the ring (F21).

Signed as Standard Webhooks says, within five minutes, by a secret that both derive from the index keys: nothing is to
be set. A batch that comes twice changes nothing: records count once by the carrier's id, in the spool and in the
database.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from handlers.spool import Record, as_line
from handlers.vault import KeyRing

PATH: Final = "/twin/texts"
BODY_BYTES: Final = 60_000
_CONNECT_SECONDS: Final = 3.0
_READ_SECONDS: Final = 10.0
_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


class HandoverError(Exception):
    """The main host did not take a batch; the text says how, without content."""


def secrets_of(ring: KeyRing) -> list[str]:
    """The secrets that a batch may be signed with, the one to sign with first; one for each index key (F14)."""
    return ring.indexes(["secret"], "twin")


def is_signed(ring: KeyRing, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a process with this ring signed the body within the last five minutes. Never raises."""
    from standardwebhooks import Webhook

    named = {name: headers.get(name, "") for name in _HEADERS}

    def holds(secret: str) -> bool:
        try:
            Webhook(secret.encode()).verify(body, named, json_parse=False)
        except Exception:  # noqa: BLE001 - the library raises what it likes for headers that are none
            return False
        return True

    return any(holds(secret) for secret in secrets_of(ring))


def batch(records: Sequence[Record]) -> tuple[list[Record], bytes]:
    """The first records that fit into one request, with its body; none where the first is too long."""
    taken: list[Record] = []
    body = b""
    for record in records:
        line = as_line(record)
        if len(body) + len(line) > BODY_BYTES:
            break
        taken.append(record)
        body += line
    return taken, body


class MainHost:
    """The main host as a twin reaches it.

    Args:
        url: its public address.
        ring: of both.
    """

    def __init__(self, url: str, ring: KeyRing) -> None:
        import urllib3  # the main host, which imports this too, has no need of it

        self._url = url.rstrip("/") + PATH
        self._ring = ring
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        self._pool = urllib3.PoolManager(maxsize=1, timeout=timeout, retries=False)

    def take(self, body: bytes) -> None:
        """Hands a batch over; returns once it is on the main host's disk. Raises HandoverError."""
        from standardwebhooks import Webhook
        from urllib3.exceptions import HTTPError

        now = datetime.now(UTC)
        name = f"twin_{hashlib.sha256(body).hexdigest()[:32]}"
        signature = Webhook(secrets_of(self._ring)[0].encode()).sign(name, now, body.decode())
        values = (name, str(int(now.timestamp())), signature)
        headers = {"Content-Type": "application/x-ndjson", **dict(zip(_HEADERS, values, strict=True))}
        try:
            answer = self._pool.request("POST", self._url, body=body, headers=headers, redirect=False)
        except HTTPError as error:
            raise HandoverError(type(error).__name__) from None
        if answer.status != 200:
            raise HandoverError(f"http {answer.status}")
