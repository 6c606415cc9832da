"""What a reader of free text gives a turn. A turn without one keeps words as they were said and reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Context:
    """What helps to read a text: the thing asked, the values known so far by slot, whose it is, Unix seconds."""

    asks: str | None
    values: Mapping[str, Any]
    organisation: str
    at: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says.

    `values` by slot (`place.at`, `service.time`, `behaviours`: the labels of a report's `facts`); `spans` where in the
    text, in code points with the end excluded; `danger` the rules that saw immediate danger.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    spans: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    danger: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads free text. Pure, and never raises."""

    def read(self, text: str, context: Context) -> Reading:
        """What `text`, already normalised, says in answer to what was asked."""
        ...
