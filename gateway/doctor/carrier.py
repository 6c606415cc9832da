"""Signs a request as the carrier does, sends it to the gateway's own public address and says whether it would hold.

The request is a status callback about a text that nobody sent: where the signature holds it is answered and changes
nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from time import time
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3
from msgspec import Struct

from gateway.channels.twilio import PublicUrls
from gateway.channels.twilio_signature import sign
from gateway.config import Config
from gateway.doctor.advice import Advice, info, must, should

_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=10.0)
_APART_SECONDS: Final = 30.0


class _Unreachable(Exception):
    """Nobody answered; the text says how."""


class _Answer(Struct, frozen=True):
    status: int
    is_ours: bool
    date: str


class _Carrier:
    """Sends signed callbacks to one gateway."""

    def __init__(self, config: Config) -> None:
        self._account = config.twilio_account_sid
        self._to = PublicUrls.under(config.public_url).status
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def call(self, token: str, signed_url: str) -> _Answer:
        """Sends one callback, signed with a token for an address. Raises _Unreachable."""
        form = {"MessageSid": f"SM{secrets.token_hex(16)}", "AccountSid": self._account, "MessageStatus": "delivered"}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(token, signed_url, form.items()),
        }
        try:
            answer = self._pool.request("POST", self._to, body=urlencode(form), headers=headers, redirect=False)
        except urllib3.exceptions.SSLError:
            raise _Unreachable("no safe connection can be made (its certificate, or no TLS there)") from None
        except urllib3.exceptions.ReadTimeoutError:
            raise _Unreachable("it does not answer in time") from None
        except urllib3.exceptions.HTTPError:
            raise _Unreachable("nobody answers there") from None
        return _Answer(answer.status, b"<Response" in answer.data[:4096], answer.headers.get("Date", ""))


def check_signature(config: Config) -> Iterator[Advice]:
    """Whether a request that the carrier signs would hold at the public address."""
    if not (config.public_url and config.twilio_auth_token and config.twilio_account_sid):
        return
    carrier = _Carrier(config)
    try:
        answer = carrier.call(config.twilio_auth_token, PublicUrls.under(config.public_url).status)
        yield from _judged(config, carrier, answer)
    except _Unreachable as cause:
        if config.production:
            yield must(f"The gateway cannot be reached at QUIETLINE_PUBLIC_URL: {cause}.")
        else:
            yield info(f"The gateway at {config.public_url} was not asked: {cause}. Start it with: quietline up")
        return
    yield from _check_date(answer)


def _judged(config: Config, carrier: _Carrier, answer: _Answer) -> Iterator[Advice]:
    """What an answer to a rightly signed request means."""
    match answer.status:
        case 200 if answer.is_ours:
            yield info("A request signed as the carrier does holds at QUIETLINE_PUBLIC_URL.")
        case 403:
            yield must(f"A request signed as the carrier does is refused (403). {_mismatch(config, carrier)}")
        case 301 | 302 | 303 | 307 | 308:
            yield must(
                f"QUIETLINE_PUBLIC_URL redirects (HTTP {answer.status}): set it to the address that the redirect names."
            )
        case 404 | 405 | 200:
            yield must(
                f"Something other than the gateway answers at QUIETLINE_PUBLIC_URL (HTTP {answer.status}): "
                "look at its host and path, and at where the proxy sends them."
            )
        case 502 | 503 | 504:
            yield must(f"The proxy or the gateway behind QUIETLINE_PUBLIC_URL is not ready (HTTP {answer.status}).")
        case status:
            yield must(f"The gateway answers a signed request with HTTP {status}: see its log.")


def _mismatch(config: Config, carrier: _Carrier) -> str:
    """Which difference it is, found by signing for other addresses and with the other token."""
    for what, url in _other_addresses(config):
        if carrier.call(config.twilio_auth_token, PublicUrls.under(url).status).status == 200:
            return (
                f"The running gateway has another {what}: its QUIETLINE_PUBLIC_URL is {url}. Restart it with this one."
            )
    second = config.twilio_auth_token_secondary
    if second and carrier.call(second, PublicUrls.under(config.public_url).status).status == 200:
        return "It takes only TWILIO_AUTH_TOKEN_SECONDARY: restart it with the present TWILIO_AUTH_TOKEN."
    return (
        "The running gateway has another TWILIO_AUTH_TOKEN or TWILIO_ACCOUNT_SID than this command (restart it), or "
        "the proxy drops the X-Twilio-Signature header or changes the body."
    )


def _other_addresses(config: Config) -> Iterator[tuple[str, str]]:
    """Addresses that the running gateway may have instead, with the name of what differs."""
    parts = urlsplit(config.public_url)
    host = parts.netloc.removeprefix("www.") if parts.netloc.startswith("www.") else f"www.{parts.netloc}"
    yield "scheme", urlunsplit(parts._replace(scheme="http" if parts.scheme == "https" else "https"))
    if parts.path:
        yield "path", urlunsplit(parts._replace(path=""))
    yield "host", urlunsplit(parts._replace(netloc=host))
    yield "host (it was started without the setting)", f"http://127.0.0.1:{config.port}"


def _check_date(answer: _Answer) -> Iterator[Advice]:
    try:
        theirs = parsedate_to_datetime(answer.date).timestamp()
    except (TypeError, ValueError):
        return
    apart = abs(time() - theirs)
    if apart > _APART_SECONDS:
        yield should(f"The clock at QUIETLINE_PUBLIC_URL and this one are {apart:.0f} s apart: set both by NTP.")
