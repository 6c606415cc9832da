"""The flows that ship with the product."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conversations import flowfile
from conversations.flow import Flow
from conversations.nodes import NAME

_HERE = Path(__file__).parent


def slugs() -> tuple[str, ...]:
    """The slugs of all shipped flows, sorted."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.yaml")))


@cache
def shipped(slug: str) -> Flow:
    """A shipped flow, read once. Raises KeyError where there is none of that slug."""
    return flowfile.loads(source(slug))


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
