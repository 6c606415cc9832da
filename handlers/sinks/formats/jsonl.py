"""JSON Lines (https://jsonlines.org): the canonical report, one revision a line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import orjson

from handlers.ports import Delivery
from handlers.sinks.formats import opened

SUFFIX: Final = "jsonl"
SINGLE: Final = False


def row(delivery: Delivery) -> bytes:
    """The report on one line. Raises Parked."""
    return orjson.dumps(opened(delivery)) + b"\n"


def whole(rows: Sequence[bytes]) -> bytes:
    """The lines."""
    return b"".join(rows)


def keys(data: bytes) -> set[str]:
    """The reports and revisions in a file."""
    found = set()
    for line in data.splitlines():
        with suppress(orjson.JSONDecodeError, KeyError, TypeError):
            report = orjson.loads(line)
            found.add(f"{report['id']}:{report['revision']}")
    return found
