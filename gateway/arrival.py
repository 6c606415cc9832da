"""How much of a request has arrived, as far as can be told cheaply.

Hints, no parser: they decide when a thread takes a request, and what they get wrong costs it some time.
"""

from __future__ import annotations

import re
from typing import Final

HEAD_BYTES: Final = 32 * 1024
BODY_BYTES: Final = 64 * 1024  # R17; the application refuses a larger one unread
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,6})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_ASKS_FIRST: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


def is_complete(arrived: bytearray) -> bool:
    """Whether it can be parsed without waiting for more. True too for what will be refused as too large."""
    end = arrived.find(b"\r\n\r\n")
    if end < 0:
        return has_no_end(arrived)
    there = len(arrived) - end - 4
    if length := _LENGTH.search(arrived, 0, end + 2):
        return int(length[1]) > BODY_BYTES or there >= int(length[1])
    if _CHUNKED.search(arrived, 0, end + 2):
        return arrived.endswith(b"0\r\n\r\n") or there > BODY_BYTES
    return True


def has_no_end(arrived: bytearray) -> bool:
    """Whether its headers are longer than any that are taken."""
    return len(arrived) > HEAD_BYTES and b"\r\n\r\n" not in arrived


def asks_first(arrived: bytearray) -> bool:
    """Whether the client waits for a word from us before it sends the body (RFC 9110, 10.1.1)."""
    return bool(_ASKS_FIRST.search(arrived))
