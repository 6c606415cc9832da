"""What a setting is made of, and how its text from the environment becomes a value.

Each `as_...` function takes the text as given and returns the value, or raises ValueError with the rest of a sentence
that begins with the setting's name ("must be ..."). The text itself is repeated nowhere: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from handlers.networks import Network

_ON = frozenset({"1", "on", "true", "yes"})
_OFF = frozenset({"0", "off", "false", "no"})
_SCHEMES = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
}


class Setting(Struct, frozen=True):
    """One setting: its name in the environment, what it is for, and what holds where it is absent.

    `default` is a text, or makes one from the settings that stand before this one; None is none, and then the value is
    `absent`. `shown` is the default as people read it, where that differs. A `secret` is never shown.
    """

    name: str
    help: str
    parse: Callable[[str], Any]
    default: str | Callable[[Mapping[str, Any]], str | None] | None
    shown: str = ""
    secret: bool = False
    absent: Any = ""

    @property
    def default_in_words(self) -> str:
        """The default as people read it."""
        return self.shown or (self.default if isinstance(self.default, str) else "none")

    def standard(self, so_far: Mapping[str, Any]) -> Any:
        """The value where the setting is absent from the environment."""
        text = self.default(so_far) if callable(self.default) else self.default
        return self.absent if text is None else self.parse(text)


def as_text(text: str) -> str:
    """A text without blanks inside."""
    if any(letter.isspace() for letter in text):
        raise ValueError("must not hold blanks")
    return text


def as_list(text: str) -> tuple[str, ...]:
    """Texts with blanks between them."""
    return tuple(text.split())


def as_flag(text: str) -> bool:
    """on or off."""
    word = text.lower()
    if word not in _ON | _OFF:
        raise ValueError("must be on or off")
    return word in _ON


def as_path(text: str) -> Path:
    """An absolute path; `~` is the home folder."""
    return Path(text).expanduser().absolute()


def as_number(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"must be {' or '.join(words)}")
        return text.lower()

    return parse


def as_sid(prefix: str) -> Callable[[str], str]:
    """A Twilio id: a prefix of two letters and 32 hexadecimal digits (https://www.twilio.com/docs/glossary/what-is-a-sid)."""

    def parse(text: str) -> str:
        if not re.fullmatch(prefix + r"[0-9a-f]{32}", text):
            raise ValueError(f"must be {prefix} and 32 digits of 0-9 and a-f")
        return text

    return parse


def as_web_address(text: str) -> str:
    """An http or https address without user, query and fragment; a slash at its end is dropped."""
    parts = _split(text)
    if not text.startswith(("http://", "https://")) or not parts.hostname:
        raise ValueError("must be an address such as https://texts.example.org")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ValueError("must not hold a query or a fragment")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or a password")
    return text.rstrip("/")


def as_origin(text: str) -> str:
    """A web address of nothing but scheme, host and port (RFC 6454), as browsers name it."""
    address = as_web_address(text)
    parts = urlsplit(address)
    if parts.path:
        raise ValueError("must not hold a path")
    standard = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, standard) else "")


def as_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, blanks between: 10.0.0.0/8 192.0.2.7 2001:db8::/32."""
    try:
        return tuple(ip_network(each) for each in text.split())
    except ValueError:
        raise ValueError("must be addresses or networks such as 192.0.2.7 10.0.0.0/8") from None


def as_database(text: str) -> str:
    """A database address as SQLAlchemy takes it; `postgres://`, as hosting platforms give it, becomes `postgresql+psycopg://`."""
    scheme, found, rest = text.partition("://")
    if not found or scheme.lower() not in _SCHEMES:
        raise ValueError("must begin with postgresql:// or sqlite:///")
    if scheme.lower() == "sqlite" and (not rest.startswith("/") or rest == "/"):
        raise ValueError("must name a file, such as sqlite:////var/lib/quietline/quietline.sqlite3")
    return f"{_SCHEMES[scheme.lower()]}://{rest}"


def as_redis(text: str) -> str:
    """The address of a Redis or Valkey server."""
    if text.partition("://")[0] not in {"redis", "rediss", "unix"}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    _split(text)
    return text


def is_loopback(address: str) -> bool:
    """Whether a web address names this machine."""
    return is_this_machine(urlsplit(address).hostname or "")


def is_this_machine(host: str) -> bool:
    """Whether a host's name or address is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(as_text(text))
        _ = parts.port  # raises on a port that is none
    except ValueError:
        raise ValueError("must be a well-formed address") from None
    return parts
