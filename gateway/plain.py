"""A carrier's POST as it comes every day, taken apart without a parser's generality.

Only what can mean one thing is taken: HTTP/1.1, one Host, a length that is exactly what is there, header fields of
plain ASCII that come once. All else is left to gunicorn's parser, untouched.

Source: RFC 9112, sections 3, 5 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from handlers.ports import RawRequest

HEAD_BYTES: Final = 8 * 1024
_FIELDS: Final = 40
_HEAD: Final = re.compile(
    rb"POST (/[a-z/]{1,100})(\?[A-Za-z0-9=&._~-]{1,500})? HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]{1,64}: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n"
)
# Whoever sends one of these wants something of the connection or of the body that is not plain.
_MEANT: Final = frozenset(("transfer-encoding", "expect", "upgrade", "te", "trailer", "http2-settings"))


def request(arrived: bytes | bytearray, paths: Collection[str]) -> RawRequest | None:
    """The request that these bytes are, all of them; None where it is not for one of the paths, or not plain."""
    head = _HEAD.match(arrived, 0, HEAD_BYTES)
    if head is None or (path := head[1].decode()) not in paths:
        return None
    lines = head[3].decode().split("\r\n")[:-1]
    fields = dict([_field(line) for line in lines])
    if len(fields) != len(lines) or len(lines) > _FIELDS or "host" not in fields or not _MEANT.isdisjoint(fields):
        return None
    if fields.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    length = fields.get("content-length", "")
    body = bytes(arrived[head.end() :])
    if not (length.isdigit() and length == str(len(body))):
        return None
    return RawRequest("POST", path + (head[2] or b"").decode(), fields, body)


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value
