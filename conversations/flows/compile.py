"""Works out of every shipped flow what a start should not wait for: `python -m conversations.flows.compile`.

The table is read off the flow's own machine; a test holds the file against flows and machines.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from conversations import flows
from conversations.machine import compile_flow
from conversations.table import ways_of


def compiled() -> dict[str, dict[str, Any]]:
    """By slug: the SHA-256 of the file, version and hash of the flow, and its table, each list of ways once."""
    return {slug: _compile(slug) for slug in flows.slugs()}


def _compile(slug: str) -> dict[str, Any]:
    flow = flows.shipped(slug)
    lists: dict[str, int] = {}
    ways = {
        state: {event: lists.setdefault(json.dumps(found), len(lists)) for event, found in sorted(of.items())}
        for state, of in ways_of(compile_flow(flow)).items()
    }
    return {
        "file": hashlib.sha256(flows.source(slug).encode()).hexdigest(),
        "version": flow.version,
        "hash": flow.hash,
        "lists": [json.loads(each) for each in lists],
        "ways": ways,
    }


def as_text() -> str:
    """What the file holds, a line a flow."""
    lines = [f'"{slug}":{json.dumps(found, separators=(",", ":"))}' for slug, found in compiled().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    flows.AHEAD.write_text(as_text(), encoding="utf-8")
