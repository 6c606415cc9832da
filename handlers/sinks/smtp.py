"""One message over SMTP with limits that hold, and what each refusal means (RFC 5321, 4.2)."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from handlers.ports import DeliveryError, Parked, Retryable, SinkPaused
from handlers.sinks import network
from handlers.sinks.network import Limits

if TYPE_CHECKING:
    import ssl

    from handlers.sinks.email import EmailSettings

# Refusals of this one message; any other permanent refusal is of us and would meet every message.
ABOUT_THE_MESSAGE = frozenset({"recipient", "content"})
TOO_BIG = 552


class _Client(smtplib.SMTP):
    """smtplib's client over a socket with a deadline."""

    def __init__(self, settings: EmailSettings, context: ssl.SSLContext | None, limits: Limits) -> None:
        self._settings, self._tls, self._limits = settings, context, limits
        # Named after the sender: the default would ask the resolver for this machine's name, and tell it.
        name = settings.sender.rpartition("@")[2]
        super().__init__(settings.host, settings.port, local_hostname=name, timeout=limits.read)

    def _get_socket(self, host: str, port: int, timeout: float) -> network.TimedSocket:
        sock = network.connect(host, port, self._limits.connect)
        if self._tls is not None and self._settings.tls == "implicit":
            sock.settimeout(self._limits.connect)
            sock = cast(network.TimedTLSSocket, self._tls.wrap_socket(sock, server_hostname=self._settings.host))
        sock.arm(self._limits.read, self._limits.whole)
        return sock

    def secure(self) -> None:
        """Goes over to TLS. Raises smtplib.SMTPNotSupportedError where the server does not offer it."""
        plain = cast(network.TimedSocket, self.sock)
        plain.patience = self._limits.connect
        self.starttls(context=self._tls)
        secured = cast(network.TimedTLSSocket, self.sock)
        secured.patience, secured.deadline = self._limits.read, plain.deadline


def send(message: bytes, settings: EmailSettings, context: ssl.SSLContext | None, limits: Limits | None) -> None:
    """Returns once the server has taken the message for its recipient. Raises DeliveryError.

    Args:
        message: in wire form.
        settings: server, addresses, login.
        context: for TLS, None where `tls` is `none`.
        limits: None for the usual.
    """
    client: _Client | None = None
    try:
        client = _Client(settings, context, limits or Limits())
        client.ehlo_or_helo_if_needed()
        if settings.tls == "starttls":
            client.secure()
        if settings.username and settings.password:
            client.login(settings.username, settings.password)
        _hand_over(client, message, settings)
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
    except smtplib.SMTPResponseException as refusal:
        raise _refusal(refusal.smtp_code, "session") from None
    except smtplib.SMTPServerDisconnected as problem:
        raise Retryable(network.cause_of(problem.__context__ or ConnectionError())) from None
    except smtplib.SMTPException:
        raise SinkPaused("smtp server lacks starttls or the login") from None
    except OSError as problem:
        raise Retryable(network.cause_of(problem)) from None
    finally:
        if client is not None:
            client.close()


def _hand_over(client: _Client, message: bytes, settings: EmailSettings) -> None:
    """The mail transaction itself: one sender, one recipient, one message."""
    client.ehlo_or_helo_if_needed()
    size = [f"size={len(message)}"] if client.has_extn("size") else []
    code, _ = client.mail(settings.sender, size)
    if code != 250:
        raise _refusal(code, "content" if code == TOO_BIG else "sender")
    code, _ = client.rcpt(settings.recipient)
    if code not in (250, 251):
        raise _refusal(code, "recipient")
    try:
        code, _ = client.data(message)
    except smtplib.SMTPDataError as refusal:
        raise _refusal(refusal.smtp_code, "content") from None
    if code != 250:
        raise _refusal(code, "content")


def _refusal(code: int, of: str) -> DeliveryError:
    """4xx is for now, 5xx for good; the server's own words may name addresses and are dropped."""
    cause = f"smtp {code} {of}" if code > 0 else "bad answer"
    if not 500 <= code < 600:
        return Retryable(cause)
    return Parked(cause) if of in ABOUT_THE_MESSAGE else SinkPaused(cause)
