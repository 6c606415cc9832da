"""The flows that ship with the product, and what is worked out of them ahead (`conversations.flows.compile`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from conversations import flowfile
from conversations.flow import Flow
from conversations.nodes import NAME

_HERE: Final = Path(__file__).parent
AHEAD: Final = _HERE / "compiled.json"
"""Of each shipped flow: the SHA-256 of its file, version, hash, and the table of its machine."""


def slugs() -> tuple[str, ...]:
    """The slugs of all shipped flows, sorted."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.yaml")))


@cache
def shipped(slug: str) -> Flow:
    """A shipped flow, read once. Raises KeyError where there is none of that slug."""
    return flowfile.loads(source(slug))


@cache
def version(slug: str) -> tuple[int, str]:
    """Version and hash of a shipped flow, read without the flow itself where its file is as it was compiled.

    Raises KeyError where there is none of that slug.
    """
    digest = hashlib.sha256(source(slug).encode()).hexdigest()
    found = _ahead().get(slug)
    if found is None or found["file"] != digest:
        flow = shipped(slug)
        return flow.version, flow.hash
    return found["version"], found["hash"]


def ways(flow: Flow) -> Mapping[str, Mapping[str, Sequence[tuple[Sequence[str], str]]]] | None:
    """The table of a flow's machine (`conversations.table`) as it was compiled ahead; None for any other flow."""
    found = _ahead().get(flow.slug)
    if found is None or (found["version"], found["hash"]) != (flow.version, flow.hash):
        return None
    lists = found["lists"]
    return {state: {event: lists[at] for event, at in of.items()} for state, of in found["ways"].items()}


def source(slug: str) -> str:
    """The YAML of a shipped flow. Raises KeyError where there is none of that slug."""
    return _read(slug, ".yaml")


def script(slug: str) -> str:
    """The conversation that shows a shipped flow at work. Raises KeyError where there is none."""
    return _read(slug, ".script")


def _read(slug: str, suffix: str) -> str:
    if not NAME.match(slug):
        raise KeyError(slug)
    try:
        return (_HERE / (slug + suffix)).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(slug) from None


@cache
def _ahead() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(AHEAD.read_bytes()) if AHEAD.exists() else {}
    return found
