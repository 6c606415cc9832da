"""Texts a running gateway over HTTP, as the terminal phone's carrier would: each request signed.

PhoneError    nobody there, signature refused, simulator off, texts refused
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import urllib3

from gateway.channels.simulator import sign
from gateway.phone.visit import PhoneError

INBOUND: Final = "/simulator/inbound"
TEXTS: Final = "/simulator/texts"
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=15.0)


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A text that a gateway sent by itself, and from which of its addresses."""

    id: str
    sender: str
    text: str


class GatewayClient:
    """One phone, texting one address of a gateway.

    Args:
        url: the gateway's address, without a slash at its end.
        secret: shared with the gateway.
        sender: the phone's number, with its medium before a colon where that is not `sms`.
        recipient: whom it texts.
    """

    def __init__(self, url: str, secret: str, *, sender: str, recipient: str) -> None:
        self.url = url
        self.sender = sender
        self.recipient = recipient
        self._secret = secret
        self._pool = urllib3.PoolManager(maxsize=2, timeout=_TIMEOUT, retries=False)

    def text(self, body: str) -> str | None:
        """Sends a text and returns the answer to it. Raises PhoneError."""
        answer = self._post(INBOUND, {"id": uuid4().hex, "from": self.sender, "to": self.recipient, "text": body})
        reply = answer.get("text")
        if reply is not None and not isinstance(reply, str):
            raise PhoneError(f"What answers at {self.url} is no Quietline gateway.")
        return reply

    def letters(self, after: str | None) -> list[Letter]:
        """What this phone was sent after a letter; None: from the first. Raises PhoneError."""
        answer = self._post(TEXTS, {"from": self.sender, "after": after})
        try:
            return [Letter(str(each["id"]), str(each["from"]), str(each["text"])) for each in answer["texts"]]
        except (KeyError, TypeError):
            raise PhoneError(f"What answers at {self.url} is no Quietline gateway.") from None

    def close(self) -> None:
        """Hangs up."""
        self._pool.clear()

    def _post(self, path: str, fields: Mapping[str, object]) -> dict[str, Any]:
        body = json.dumps(fields).encode()
        headers = {"Content-Type": "application/json", **sign(self._secret, path, body, time.time())}
        try:
            answer = self._pool.request("POST", self.url + path, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.ReadTimeoutError:
            raise PhoneError(f"The gateway at {self.url} does not answer in time.") from None
        except urllib3.exceptions.HTTPError:
            raise PhoneError(f"No gateway answers at {self.url}. Start one with: quietline up") from None
        if answer.status != 200:
            raise PhoneError(self._refusal(answer.status))
        try:
            document = json.loads(answer.data)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise PhoneError(f"What answers at {self.url} is no Quietline gateway.")
        return document

    def _refusal(self, status: int) -> str:
        match status:
            case 403:
                return (
                    "The gateway refuses this phone's signature. Use its data folder (QUIETLINE_DATA) or its "
                    "QUIETLINE_SIMULATOR_SECRET, and see that both clocks agree."
                )
            case 404 | 405:
                return f"The gateway at {self.url} takes no texts from this phone. Set QUIETLINE_SIMULATOR=on there."
            case 400 | 413 | 422:
                return "The gateway refuses this text: it is too long, or a number is not well-formed."
            case _:
                return f"The gateway at {self.url} cannot take texts just now (HTTP {status})."
