"""Hands texts to a gateway as the carrier does: signed, tried again, then to the fallback address.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urldefrag

import urllib3

from gateway.standin.account import Account
from gateway.standin.forms import FORM_HEADERS, Pairs, encode, inbound
from gateway.standin.messages import Message
from gateway.standin.signing import sign

TOTAL_SECONDS: Final = 15.0
RETRIES: Final = 5
_TIMEOUT: Final = urllib3.Timeout(connect=3.0, read=5.0)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a delivery ended: the answer of the last address that was tried, None where none answered 200."""

    body: bytes | None
    attempts: int


class Delivery:
    """One account's webhooks.

    Args:
        account: whose token signs.
        url: the webhook.
        fallback: tried once where the webhook failed, if not empty.
        second_token: sign with the second token, as in the middle of a rotation.
    """

    def __init__(self, account: Account, url: str, fallback: str = "", *, second_token: bool = False) -> None:
        self._account = account
        self._addresses: Sequence[tuple[str, int]] = ((url, 1 + RETRIES), *(((fallback, 1),) if fallback else ()))
        self._token = account.second_token if second_token else account.token
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def deliver(self, message: Message) -> Delivered:
        """Brings one text, again and again within 15 s in all."""
        pairs = inbound(
            message.body,
            MessageSid=message.sid,
            SmsMessageSid=message.sid,
            SmsSid=message.sid,
            AccountSid=self._account.sid,
            From=message.sender,
            To=message.recipient,
        )
        end, attempts = time.monotonic() + TOTAL_SECONDS, 0
        for url, most in self._addresses:
            for _ in range(most):
                attempts += 1
                body = self._post(url, pairs, message.sid)
                if body is not None:
                    return Delivered(body, attempts)
                if time.monotonic() > end:
                    break
        return Delivered(None, attempts)

    def _post(self, url: str, pairs: Pairs, sid: str) -> bytes | None:
        headers = {
            **FORM_HEADERS,
            "X-Twilio-Signature": sign(self._token, url, pairs),
            "I-Twilio-Idempotency-Token": sid,
        }
        try:
            answer = self._pool.request("POST", urldefrag(url).url, body=encode(pairs), headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError:
            return None
        return answer.data if answer.status == 200 else None
