"""Reading a sink's settings. Every error is a ValueError that names the setting and keeps its value to itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path

YES = frozenset({"yes", "true", "on", "1"})
NO = frozenset({"no", "false", "off", "0", ""})


def refuse_unknown(settings: Mapping[str, str], known: Iterable[str]) -> None:
    """Raises ValueError for a name that no setting has: a mistyped one must not be silently without effect."""
    names = sorted(known)
    for name in settings:
        if name not in names:
            raise ValueError(f"{name}: no such setting; there are {', '.join(names)}")


def required(settings: Mapping[str, str], name: str) -> str:
    """The value, which must be there and not blank."""
    value = settings.get(name, "").strip()
    if not value:
        raise ValueError(f"{name}: is missing")
    return value


def flag(settings: Mapping[str, str], name: str) -> bool:
    """yes or no; no where it is not given."""
    value = settings.get(name, "").strip().lower()
    if value not in YES | NO:
        raise ValueError(f"{name}: must be yes or no")
    return value in YES


def port(settings: Mapping[str, str], name: str, default: int) -> int:
    """A TCP port."""
    value = settings.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and len(value) <= 5 and 0 < int(value) < 65536):
        raise ValueError(f"{name}: must be a port from 1 to 65535")
    return int(value)


def existing_file(settings: Mapping[str, str], name: str) -> str | None:
    """The path of a file that is there, None where the setting is not given."""
    value = settings.get(name, "").strip()
    if value and not Path(value).is_file():
        raise ValueError(f"{name}: there is no such file")
    return value or None


def host_name(value: str, name: str) -> str:
    """A host's name or address in ASCII, as the resolver takes it."""
    labels = value.rstrip(".").split(".")
    if not value.isascii() or not value.isprintable() or " " in value or not all(0 < len(part) < 64 for part in labels):
        raise ValueError(f"{name}: must hold a host name in ASCII (an international one in its xn-- form)")
    return value


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself, where plain text leaves nothing in the open."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def webhook_secret(value: str, name: str) -> str:
    """A secret as Standard Webhooks has it: `whsec_` and the base64 of 24 to 64 random bytes."""
    try:
        key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{name}: must be whsec_ and base64") from None
    if not 24 <= len(key) <= 64:
        raise ValueError(f"{name}: must hold 24 to 64 random bytes")
    return value
