"""What batches are written as. A format is one file here, and its name is the file's.

Each has `SUFFIX` of its files, whether it takes one revision a file (`SINGLE`), and:

    row(delivery)   one revision in it; raises Parked where the document is unreadable
    whole(rows)     a file of these rows
    keys(data)      the idempotency keys (report id, colon, revision) in such a file; those it can read
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

import orjson

from handlers.ports import Delivery, Parked


class Format(Protocol):
    """A module of this package."""

    SUFFIX: str
    SINGLE: bool

    def row(self, delivery: Delivery) -> bytes: ...

    def whole(self, rows: Sequence[bytes]) -> bytes: ...

    def keys(self, data: bytes) -> set[str]: ...


def find(name: str) -> Format:
    """The format of that name. Raises ValueError naming those there are."""
    known = sorted(found.name for found in pkgutil.iter_modules(__path__))
    if name not in known:
        raise ValueError(f"format: must be one of {', '.join(known)}")
    return cast(Format, import_module(f"{__name__}.{name}"))


def opened(delivery: Delivery) -> Mapping[str, Any]:
    """The report in a delivery. Raises Parked."""
    try:
        report = orjson.loads(delivery.document)
    except orjson.JSONDecodeError:
        report = None
    if not isinstance(report, dict):
        raise Parked("document is not a JSON object")
    return report


def part(of: Any, *names: str) -> Any:
    """What stands under these names one in the other, None where one is missing."""
    for name in names:
        of = of.get(name) if isinstance(of, Mapping) else None
    return of
