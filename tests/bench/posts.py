"""Carrier-shaped requests: twenty form fields, signed, as bytes ready to send."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from tests.bench.crowd import Reporter, Text

ACCOUNT_SID = "AC" + "5" * 32
SERVICE_SID = "MG" + "6" * 32
AUTH_TOKEN = "bench-token-0123456789abcdef0123"
TO = "61016"


@dataclass(frozen=True, slots=True)
class Target:
    """Where signed posts go: the listening port, the path, and the public address that is signed."""

    port: int
    path: str
    public_url: str
    token: str = AUTH_TOKEN
    account: str = ACCOUNT_SID
    to: str = TO

    @classmethod
    def local(cls, port: int, path: str = "/twilio/inbound") -> Target:
        """A server on this port whose public address is its own."""
        return cls(port, path, f"http://127.0.0.1:{port}{path}")


def fields(text: Text, account: str = ACCOUNT_SID, to: str = TO) -> dict[str, str]:
    """The twenty fields of an inbound text, the empty ones included."""
    return {
        "ToCountry": "GB",
        "ToState": "",
        "SmsMessageSid": text.sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": text.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text.body,
        "FromCountry": "GB",
        "To": to,
        "MessagingServiceSid": SERVICE_SID,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": text.sid,
        "AccountSid": account,
        "From": text.number,
        "ApiVersion": "2010-04-01",
    }


def signature(token: str, url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature of a form without repeated names (https://www.twilio.com/docs/usage/security)."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def request(target: Target, text: Text) -> bytes:
    """One whole HTTP/1.1 request, keep-alive."""
    form = fields(text, target.account, target.to)
    body = urlencode(form)
    return (
        f"POST {target.path} HTTP/1.1\r\n"
        f"Host: {urlsplit(target.public_url).netloc}\r\n"
        "User-Agent: TwilioProxy/1.1\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"I-Twilio-Idempotency-Token: {text.sid}\r\n"
        f"X-Twilio-Signature: {signature(target.token, target.public_url, form)}\r\n"
        "\r\n"
        f"{body}"
    ).encode("ascii")


@dataclass(frozen=True, slots=True)
class Post:
    """A text and its request bytes."""

    text: Text
    wire: bytes


def posts(target: Target, reporters: list[Reporter]) -> list[list[Post]]:
    """For each reporter their six requests, built and signed beforehand so that the generator only sends."""
    return [[Post(text, request(target, text)) for text in reporter.texts] for reporter in reporters]
