"""A canonical report in words, for a person who reads mail. Says what is there and adds nothing.

It copes with any shape: a report must reach its reader even where a later version holds what this one does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

NOT_REAL = {"test": "Test report", "exercise": "Exercise report"}
STATES = {
    "open": "The conversation is still open.",
    "unfinished": "The reporter has not answered any further. This is what is known.",
    "complete": "The report is complete.",
    "stopped": "The reporter stopped. Do not text them.",
}
KINDS = {
    "alert": "Sent at once because of signs of danger.",
    "added": "The reporter added something.",
}
LABELS = {
    "at": "At or near",
    "from": "From",
    "to": "To",
    "next": "Next stop",
    "line": "Line",
    "between": "Between",
    "direction": "Direction",
    "time": "Time",
    "time_kind": "That time is",
    "time_ambiguous": "Morning or evening unclear",
    "headcode": "Headcode",
    "operator": "Operator",
    "coach": "Coach",
    "seat": "Seat",
    "unit": "Unit or carriage number",
    "behaviours": "Behaviour",
    "urgency": "Urgency",
    "role": "The reporter is",
    "suspect_is": "The person reported is",
    "describes_suspect": "The person is described below",
    "language": "Language",
}
WORDS = {
    ("time_kind", "train"): "the train's",
    ("time_kind", "event"): "when it happened",
    ("urgency", "emergency"): "immediate danger",
    ("urgency", "now"): "happening now, or the person is still near",
    ("urgency", "past"): "over",
    ("role", "self"): "the person it happened to",
    ("role", "behalf"): "writing for someone they know",
    ("role", "witness"): "a witness",
    ("suspect_is", "police"): "a police officer or police staff",
    ("suspect_is", "rail_staff"): "railway staff",
    ("contact", "anonymous"): "they stay anonymous",
    ("contact", "may_text"): "they may be texted",
    ("contact", "name"): "they gave a name",
    ("language", "en"): "English",
    ("language", "cy"): "Welsh",
}
_WIDTH = max(len(label) for label in LABELS.values()) + 2


def title(report: Mapping[str, Any], reference: str, revision: int) -> str:
    """Such as `Report 7KQ4 revision 3`: what a subject line may say."""
    name = NOT_REAL.get(str(report.get("status")), "Report")
    return " ".join(part for part in (name, reference, f"revision {revision}") if part)


def readable(report: Mapping[str, Any], reference: str, revision: int, timezone: ZoneInfo) -> str:
    """The whole report as plain text, times in the given zone. Never raises for a report of an unknown shape."""
    facts = _mapping(report.get("facts"))
    groups = (
        _head(report, title(report, reference, revision), timezone),
        _section("WHERE", _facts(_mapping(facts.get("place")))),
        _section("TRAIN", _facts(_mapping(facts.get("service")))),
        _section("WHAT IS KNOWN", _facts({k: v for k, v in facts.items() if k not in ("place", "service", "intent")})),
        _section("THEIR WORDS, ANSWER BY ANSWER", _said(_mapping(report.get("said")), timezone)),
        _section("WHAT HAPPENED, IN THEIR OWN WORDS", _account(report.get("account"), timezone)),
        _section("CONTACT", _facts(_mapping(report.get("consent")) or {"consent": report.get("consent")})),
        _foot(report),
    )
    return "\n\n".join("\n".join(lines) for group in groups if (lines := list(group))) + "\n"


def _head(report: Mapping[str, Any], name: str, timezone: ZoneInfo) -> Iterator[str]:
    yield name
    if str(report.get("status")) in NOT_REAL:
        yield "THIS IS NOT A REAL INCIDENT."
    urgent = [_plain(rule) for rule in _sequence(report.get("why_urgent"))]
    if urgent:
        yield f"URGENT: {', '.join(urgent)}"
    yield from (
        words[key] for words, at in ((KINDS, "kind"), (STATES, "state")) if (key := str(report.get(at))) in words
    )
    times = _mapping(report.get("times"))
    for key, label in (("started", "First text"), ("last_text", "Last text"), ("revised", "This revision")):
        if times.get(key):
            yield f"{label + ':':<{_WIDTH}}{_time(times[key], timezone)}"


def _section(heading: str, lines: Iterator[str]) -> Iterator[str]:
    body = list(lines)
    if body:
        yield heading
        yield from body


def _facts(values: Mapping[str, Any]) -> Iterator[str]:
    """A line for each value that is there, an id beside the name it belongs to."""
    ids = _mapping(values.get("ids"))
    for key, value in values.items():
        if key == "ids" or value is None or value is False or value in ("", [], {}):
            continue
        code = f" ({_value(key, ids[key])})" if ids.get(key) else ""
        label = LABELS.get(key, _plain(key).capitalize())
        yield f"{label + ':':<{_WIDTH}}{_value(key, value)}{code}"


def _value(key: str, value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return ", ".join(f"{_plain(inner)} {_value(inner, held)}" for inner, held in value.items() if held is not None)
    if isinstance(value, list):
        joint = " and " if key == "between" else ", "
        return joint.join(_value(key, held) for held in value)
    known = WORDS.get((key, value)) if isinstance(value, str) else None
    return known or (_plain(value) if key == "behaviours" else " ".join(str(value).split()))


def _said(said: Mapping[str, Any], timezone: ZoneInfo) -> Iterator[str]:
    for slot, answers in said.items():
        for answer in map(_mapping, _sequence(answers)):
            asked = f", asked about {_plain(answer['question'])}" if answer.get("question") else ""
            yield f"{_plain(slot).replace('.', ', ').capitalize()} ({_time(answer.get('at'), timezone)}{asked})"
            yield from _quoted(answer.get("text"))


def _account(account: Any, timezone: ZoneInfo) -> Iterator[str]:
    for entry in map(_mapping, _sequence(account)):
        put = " ".join(str(entry.get("put") or "").split())
        notes = "".join(f" [{_plain(note)}]" for note in _sequence(entry.get("notes")))
        yield f"{_time(entry.get('at'), timezone)}, {f'asked: {put}' if put else 'unasked'}{notes}"
        yield from _quoted(entry.get("text"))


def _quoted(text: Any) -> Iterator[str]:
    """Their words, each line marked, so that none can pass for a line of ours."""
    for line in str(text if text is not None else "").splitlines():
        yield f"  > {line}"


def _foot(report: Mapping[str, Any]) -> Iterator[str]:
    flow = _mapping(report.get("flow"))
    yield f"Report id {report.get('id')}, organisation {report.get('organisation')}, by {report.get('channel')}."
    if flow:
        yield f"Flow {flow.get('slug')}, version {flow.get('version')}."
    yield "One id is one incident: a higher revision replaces a lower one. The attachment holds the same for machines."


def _time(value: Any, timezone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(str(value)).astimezone(timezone).strftime("%d %b %Y %H:%M:%S %Z")
    except (ValueError, OverflowError):
        return "time unknown"


def _plain(name: Any) -> str:
    return " ".join(str(name).replace("_", " ").split())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
