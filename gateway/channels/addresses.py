"""Addresses of a carrier: what stands before the first `:` is the medium, the rest is opaque."""

from __future__ import annotations

import re

from handlers.ports import BadRequest

_ADDRESS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+._-]{0,31}):)?"
    r"((?!\s)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,160}(?<!\s))"
)
DEFAULT_MEDIUM = "sms"


def split_address(value: str, field: str) -> tuple[str, str]:
    """Splits `whatsapp:+44...` into its medium and its address, both opaque from here on.

    Numbers, short codes, names and user ids all pass: a sender is never refused for what it looks like, only for
    control characters, outer blanks or more than 160 characters.

    Args:
        value: the address as the carrier gave it.
        field: the field's name, for the error.

    Returns:
        The medium in lower case (`sms` where none stands there) and the address.

    Raises:
        BadRequest: it is no address; the text names the field only.
    """
    found = _ADDRESS.fullmatch(value)
    if found is None:
        raise BadRequest(f"{field} is not an address")
    medium, address = found.groups()
    if medium is None:
        # A leading `:` or a medium that is none must not end up inside a plain address.
        if ":" in address:
            raise BadRequest(f"{field} is not an address")
        return DEFAULT_MEDIUM, address
    return medium.lower(), address


def join_address(medium: str, address: str) -> str:
    """The address as a carrier wants it: bare for `sms`, else `medium:address`."""
    return address if medium == DEFAULT_MEDIUM else f"{medium}:{address}"
