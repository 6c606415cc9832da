"""Hands texts to a gateway as the carrier does: signed, tried again, then to the fallback address.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag

import urllib3
from msgspec import Struct

from gateway.standin.account import Account
from gateway.standin.forms import FORM_HEADERS, Pairs, encode, inbound
from gateway.standin.messages import Message, keyword
from gateway.standin.policy import CLIENT_ERROR, CONNECT, READ, SERVER_ERROR, TOTAL_SECONDS, Policy
from gateway.standin.signing import sign


class Delivered(Struct, frozen=True):
    """How a delivery ended: the answer of the last address that was tried, None where none answered 200."""

    body: bytes | None
    attempts: int


class _Failed(Exception):
    """One try failed; `how` is one of the policy's failures."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Delivery:
    """One account's webhooks.

    Args:
        account: whose token signs.
        url: the webhook, with the retry rules behind its `#` (`Policy`).
        fallback: tried where the webhook failed, under rules of its own, if not empty.
        second_token: sign with the second token, as in the middle of a rotation.
        media_url: the REST API's address, where the files of a text are.
    """

    def __init__(
        self, account: Account, url: str, fallback: str = "", *, second_token: bool = False, media_url: str = ""
    ) -> None:
        self._account = account
        self._addresses = (url, fallback) if fallback else (url,)
        self._token = account.second_token if second_token else account.token
        self._media_url = media_url
        self._pool = urllib3.PoolManager(retries=False)

    def deliver(self, message: Message) -> Delivered:
        """Brings one text: to the webhook within 15 s in all, then to the fallback address within as much."""
        pairs, attempts = self._form(message), 0
        for url in self._addresses:
            policy, end = Policy.of(url), time.monotonic() + TOTAL_SECONDS
            for _ in range(1 + policy.retries):
                attempts += 1
                try:
                    return Delivered(self._post(url, policy, pairs, message.sid, end), attempts)
                except _Failed as failed:
                    if failed.how not in policy.on or time.monotonic() >= end:
                        break
        return Delivered(None, attempts)

    def _form(self, message: Message) -> Pairs:
        said = keyword(message.body, message.recipient)
        more: dict[str, Any] = dict(self._files(message)) | ({"OptOutType": said} if said else {})
        return inbound(
            message.body,
            MessageSid=message.sid,
            SmsMessageSid=message.sid,
            SmsSid=message.sid,
            AccountSid=self._account.sid,
            From=message.sender,
            To=message.recipient,
            NumMedia=str(len(message.media)),
            **more,
        )

    def _files(self, message: Message) -> Iterator[tuple[str, str]]:
        for number, each in enumerate(message.media):
            yield f"MediaUrl{number}", f"{self._media_url}{message.uri}/Media/{each.sid}"
            yield f"MediaContentType{number}", each.content_type

    def _post(self, url: str, policy: Policy, pairs: Pairs, sid: str, end: float) -> bytes:
        """One try. Raises _Failed."""
        headers = {
            **FORM_HEADERS,
            "X-Twilio-Signature": sign(self._token, url, pairs),
            "I-Twilio-Idempotency-Token": sid,
        }
        left = max(0.1, end - time.monotonic())
        timeout = urllib3.Timeout(total=left, connect=min(policy.connect, left), read=min(policy.read, left))
        try:
            answer = self._pool.request(
                "POST", urldefrag(url).url, body=encode(pairs), headers=headers, redirect=False, timeout=timeout
            )
        except (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError):
            raise _Failed(CONNECT) from None
        except urllib3.exceptions.HTTPError:
            raise _Failed(READ) from None
        if answer.status != 200:
            raise _Failed(SERVER_ERROR if answer.status >= 500 else CLIENT_ERROR)
        return answer.data
