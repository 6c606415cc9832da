"""The phone for programs: a line of JSON in, a line of JSON out, flushed.

In: `{"text": "...", "from"?: "+44...", "to"?: "...", "at"?: "2026-11-21T18:05:00Z"}` texts,
`{"wait": SECONDS, "from"?: "+44..."}` lets time pass. A time without an offset is UTC; other keys are ignored.
Out: `{"replies", "segments", "asks", "step", "ended", "report"}`, or `{"error": "..."}` for a line that makes no sense.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import orjson

from conversations.texts import segments
from gateway.phone.visit import Heard, PhoneError, Visit

_LONGEST_WAIT: Final = 10 * 366 * 24 * 3600


def answer_lines(lines: Iterable[bytes], out: BinaryIO, visit: Visit) -> None:
    """Answers each line with one line, until they end."""
    for line in lines:
        out.write(orjson.dumps(_answer(line, visit)) + b"\n")
        out.flush()


def _answer(line: bytes, visit: Visit) -> dict[str, Any]:
    try:
        return _as_json(_act(_parsed(line), visit))
    except PhoneError as error:
        return {"error": str(error)}


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise PhoneError("the line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise PhoneError("the line is not JSON") from None
    if not isinstance(request, dict):
        raise PhoneError("the line is not a JSON object")
    if ("text" in request) == ("wait" in request):
        raise PhoneError("the line needs either text or wait")
    return request


def _act(request: dict[str, Any], visit: Visit) -> Heard:
    sender = _address(request, "from")
    if "wait" in request:
        return visit.wait(_seconds(request["wait"]), sender=sender)
    if not isinstance(request["text"], str):
        raise PhoneError("text must be a string")
    recipient, at = _address(request, "to"), _time(request.get("at"))
    return visit.text(request["text"], sender=sender, recipient=recipient, at=at)


def _address(request: dict[str, Any], name: str) -> str | None:
    value = request.get(name)
    if value is not None and not isinstance(value, str):
        raise PhoneError(f"{name} must be a string")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_WAIT:
        raise PhoneError("wait must be a number of seconds from 0 to ten years")
    return float(value)


def _time(value: object) -> float | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise PhoneError("at must be an ISO 8601 time") from None


def _as_json(heard: Heard) -> dict[str, Any]:
    standing = heard.standing
    return {
        "replies": heard.texts,
        "segments": [segments(text).count for text in heard.texts],
        "asks": standing.asks,
        "step": standing.step,
        "ended": standing.ended,
        "report": standing.report,
    }
