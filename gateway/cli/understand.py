"""`quietline understand`: what the reader makes of texts, a line of JSON each."""

from __future__ import annotations

import sys
from typing import Any

import click
import orjson


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def understand() -> None:
    """Read texts from standard input and write what they say.

    In, a line each: {"id", "text", "context"?: {"asks"?, "facts"?, "organisation"?, "at"?}}. Out, a line each, in order
    and at once: the labels, "spans" in code points of the text, and "why", the rules that read them. A line that is no
    such object gives {"id": null, "error": ...}.
    """
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        out.write(orjson.dumps(understood(line)) + b"\n")
        out.flush()


def understood(line: bytes) -> dict[str, Any]:
    """What one line of input gives, as JSON-able data; never raises."""
    from conversations.reading import context_of, read

    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {"id": None, "error": f"not JSON: {error}"}
    if not isinstance(given, dict):
        return {"id": None, "error": "not an object"}
    known = given.get("id")
    text = given.get("text")
    if not isinstance(text, str):
        return {"id": known, "error": "text is missing or no string"}
    return {"id": known, **read(text, context_of(given.get("context"))).document()}
