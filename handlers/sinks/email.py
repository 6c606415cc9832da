"""Reports as e-mail to one mailbox (SMTP over TLS)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from email.errors import HeaderParseError
from email.headerregistry import Address
from threading import Lock
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.ports import Delivery, SinkPaused
from handlers.sinks import settings as read

if TYPE_CHECKING:
    import ssl

    from handlers.sinks.network import Limits

PORTS = {"starttls": 587, "implicit": 465, "none": 25}
SKIPPED = frozenset({"started", "updated"})


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """One mailbox and the server that takes mail for it.

    `host`, `port`: the server; the port follows `tls` where it is not given. `tls`: `starttls` (required, never only
    tried), `implicit`, or `none` to this machine itself. `sender`, `recipient`: one address each; a further recipient
    is a further sink, so that each is retried by itself. `timezone`: of the times in the readable part. `username`,
    `password`: both or neither. `ca_file`: PEM file of the authorities to trust instead of the system's.
    """

    host: str
    port: int
    tls: str
    sender: str
    recipient: str
    timezone: ZoneInfo
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Raises ValueError naming the setting, never its value."""
        read.refuse_unknown(settings, (known.name for known in fields(cls)))
        host = read.host_name(read.required(settings, "host"), "host")
        tls = settings.get("tls", "").strip().lower() or "starttls"
        if tls not in PORTS:
            raise ValueError(f"tls: must be one of {', '.join(PORTS)}")
        if tls == "none" and not read.is_loopback(host):
            raise ValueError("tls: none is only for a server on this machine itself")
        username, password = (settings.get(name, "") or None for name in ("username", "password"))
        if (username is None) != (password is None):
            raise ValueError(f"{'username' if username is None else 'password'}: is missing")
        if not (username or "").isascii() or not (password or "").isascii():
            raise ValueError("password: user name and password must be ASCII")
        return cls(
            host=host,
            port=read.port(settings, "port", PORTS[tls]),
            tls=tls,
            sender=_address(settings, "sender"),
            recipient=_address(settings, "recipient"),
            username=username,
            password=password,
            ca_file=read.existing_file(settings, "ca_file"),
            timezone=_timezone(settings.get("timezone", "").strip() or "Europe/London"),
        )


def _address(settings: Mapping[str, str], name: str) -> str:
    value = read.required(settings, name)
    with suppress(ValueError, HeaderParseError, IndexError):
        address = Address(addr_spec=value)
        if value.isascii() and value.isprintable() and address.username and address.domain and " " not in value:
            return value
    raise ValueError(f"{name}: must be one ASCII address such as desk@example.org (a further one is a further sink)")


def _timezone(name: str) -> ZoneInfo:
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(name)
    raise ValueError("timezone: must be an IANA name such as Europe/London")


class EmailSink:
    """Sends each revision as one message; a mailbox is spared the kinds `started` and `updated`.

    A repeat is the same message to the byte, with the same Message-ID.

    Args:
        sink_id: its id.
        settings: which mailbox through which server.
        limits: how long to wait, None for the usual.
    """

    def __init__(self, sink_id: str, settings: EmailSettings, *, limits: Limits | None = None) -> None:
        self._id = sink_id
        self._settings = settings
        self._limits = limits
        self._making = Lock()
        self._made: ssl.SSLContext | None = None

    @property
    def id(self) -> str:
        return self._id

    def wants(self, kind: str) -> bool:
        """All but the kinds that a machine follows and a mailbox drowns in."""
        return kind not in SKIPPED

    def deliver(self, delivery: Delivery) -> None:
        """Returns once the server has taken the message. Raises DeliveryError."""
        from handlers.sinks import smtp
        from handlers.sinks.letter import letter

        settings = self._settings
        message = letter(delivery, settings.sender, settings.recipient, settings.timezone)
        smtp.send(message, settings, self._context(), self._limits)

    def close(self) -> None:
        """Nothing is held between messages."""

    def _context(self) -> ssl.SSLContext | None:
        """Made once, at the first message: reading the system's authorities takes a while."""
        if self._settings.tls == "none":
            return None
        with self._making:
            if self._made is None:
                from handlers.sinks.network import tls_context

                try:
                    self._made = tls_context(self._settings.ca_file)
                except OSError:
                    raise SinkPaused("ca_file cannot be used") from None
            return self._made


def build(sink_id: str, settings: Mapping[str, str]) -> EmailSink:
    """A sink of this kind. Raises ValueError naming the setting that is wrong."""
    return EmailSink(sink_id, EmailSettings.from_settings(settings))
