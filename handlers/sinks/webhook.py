"""Reports as signed HTTP requests to a control room's endpoint (Standard Webhooks, CloudEvents 1.0)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urlsplit

from handlers.ports import Delivery, Parked, Retryable, SinkPaused
from handlers.sinks import settings as read

if TYPE_CHECKING:
    from handlers.sinks.envelope import Signer
    from handlers.sinks.network import Limits
    from handlers.sinks.post import Answer, Poster

PAUSES = frozenset({401, 403, 404, 410})
PARKS = frozenset({400, 413, 422})
NAMES_A_TIME = frozenset({429, 503})
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """One control room's endpoint.

    `url`: where to POST; https, or http to this machine itself or with `allow_plain`. `secret`: signs each request,
    `whsec_` and the base64 of 24 to 64 random bytes. `previous_secret`: signs as well while the receiver changes over.
    `ca_file`: PEM file of the authorities to trust instead of the system's. `allow_plain`: yes permits http.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    previous_secret: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    allow_plain: bool = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Raises ValueError naming the setting, never its value."""
        read.refuse_unknown(settings, (known.name for known in fields(cls)))
        previous = settings.get("previous_secret", "").strip()
        plain = read.flag(settings, "allow_plain")
        url = read.required(settings, "url")
        _check_url(url, plain)
        return cls(
            url=url,
            secret=read.webhook_secret(read.required(settings, "secret"), "secret"),
            previous_secret=read.webhook_secret(previous, "previous_secret") if previous else None,
            ca_file=read.existing_file(settings, "ca_file"),
            allow_plain=plain,
        )

    @property
    def parts(self) -> SplitResult:
        """The address in its parts."""
        return urlsplit(self.url)


def _check_url(url: str, plain: bool) -> None:
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("url: must be ASCII without spaces")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("url: the host or the port is not one") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("url: must start with https://")
    if "@" in parts.netloc or "#" in url:
        raise ValueError("url: must hold neither a user nor a fragment")
    read.host_name(host, "url")
    if parts.scheme == "http" and not plain and not read.is_loopback(host):
        raise ValueError("url: must start with https:// (or set allow_plain, on a network that is safe in itself)")


class WebhookSink:
    """Hands each revision over as one signed POST. Shared by threads; a forked child opens its own connections.

    Args:
        sink_id: its id.
        settings: where and with which secrets.
        limits: how long to wait, None for the usual.
        connections: how many connections to keep open.
        now: Unix seconds; the receiver compares the signed time with its own clock, so it must be the real one.
    """

    def __init__(
        self,
        sink_id: str,
        settings: WebhookSettings,
        *,
        limits: Limits | None = None,
        connections: int = 32,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._id = sink_id
        self._settings = settings
        self._limits = limits
        self._connections = connections
        self._now = now
        self._opening = Lock()
        self._opened: tuple[int, Signer, Poster] | None = None

    @property
    def id(self) -> str:
        return self._id

    def wants(self, kind: str) -> bool:
        """Every kind."""
        return True

    def deliver(self, delivery: Delivery) -> None:
        """Returns once the endpoint has answered 2xx. Raises DeliveryError."""
        from handlers.sinks.envelope import wrap
        from handlers.sinks.post import NoAnswerError

        signer, poster = self._open()
        body = wrap(delivery)
        now = self._now()
        try:
            answer = poster.post(body, signer.headers(delivery.idempotency_key, body, now))
        except NoAnswerError as problem:
            raise Retryable(str(problem)) from None
        _judge(answer, now)

    def close(self) -> None:
        """Closes the kept connections. A later delivery opens new ones."""
        with self._opening:
            if self._opened and self._opened[0] == os.getpid():
                self._opened[2].close()
            self._opened = None

    def _open(self) -> tuple[Signer, Poster]:
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            with self._opening:
                opened = self._opened
                if opened is None or opened[0] != os.getpid():
                    opened = self._opened = (os.getpid(), *self._make())
        return opened[1:]

    def _make(self) -> tuple[Signer, Poster]:
        from handlers.sinks.envelope import Signer
        from handlers.sinks.network import Limits
        from handlers.sinks.post import Poster

        settings = self._settings
        secrets = [secret for secret in (settings.secret, settings.previous_secret) if secret]
        try:
            poster = Poster(settings.parts, settings.ca_file, self._limits or Limits(), self._connections)
        except OSError:
            raise SinkPaused("ca_file cannot be used") from None
        return Signer(secrets), poster


def _judge(answer: Answer, now: float) -> None:
    """What the status means (F8 to F10). Redirects fail like any other answer that is not a yes."""
    status = answer.status
    if 200 <= status < 300:
        return
    cause = f"http {status}"
    if status in PAUSES:
        raise SinkPaused(cause)
    if status in PARKS:
        raise Parked(cause)
    raise Retryable(cause, retry_after(answer.retry_after, now) if status in NAMES_A_TIME else None)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait by a Retry-After header, 3600 at most; None where it names no time to come.

    Seconds or an HTTP date (RFC 9110, 10.2.3), compared with `now` in Unix seconds. "0" and a time that has passed are
    None as well: the sink asks for no wait, and must not be called without one.
    """
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:400])
    else:
        try:
            date = parsedate_to_datetime(value)
            seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


def build(sink_id: str, settings: Mapping[str, str]) -> WebhookSink:
    """A sink of this kind. Raises ValueError naming the setting that is wrong."""
    return WebhookSink(sink_id, WebhookSettings.from_settings(settings))
