"""A canonical report in words, for a person: as sections of lines, and as plain text. Says what is there and no more.

It copes with any shape: a report must reach its reader even where a later version holds what this one does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

NOT_REAL = {"test": "Test report", "exercise": "Exercise report"}
STATES = {
    "open": "The conversation is still open.",
    "unfinished": "The reporter has not answered any further. This is what is known.",
    "complete": "The report is complete.",
    "stopped": "The reporter stopped. Do not text them.",
    "moved": "This report is handled elsewhere. Nothing more of it comes here.",
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


class Field(Struct, frozen=True):
    """A value with its label."""

    label: str
    value: str


class Words(Struct, frozen=True):
    """One line of the reporter's own words."""

    text: str


Line = Field | Words | str


class Section(Struct, frozen=True):
    """Lines under a heading; `urgent` ones are to be seen first."""

    heading: str
    lines: tuple[Line, ...]
    urgent: bool = False


def title(report: Mapping[str, Any], reference: str, revision: int) -> str:
    """Such as `Report 7KQ4 revision 3`: what a subject line may say."""
    name = NOT_REAL.get(str(report.get("status")), "Report")
    return " ".join(part for part in (name, reference, f"revision {revision}") if part)


def sections(report: Mapping[str, Any], reference: str, revision: int, timezone: ZoneInfo) -> list[Section]:
    """The whole report, times in the given zone; the first section's heading is its title.

    Never raises for a report of an unknown shape.
    """
    facts = _mapping(report.get("facts"))
    known = {key: value for key, value in facts.items() if key not in ("place", "service", "intent")}
    head = Section(title(report, reference, revision), tuple(_head(report, timezone)), bool(report.get("why_urgent")))
    rest = (
        ("WHERE", _facts(_mapping(facts.get("place")))),
        ("TRAIN", _facts(_mapping(facts.get("service")))),
        ("WHAT IS KNOWN", _facts(known)),
        ("THEIR WORDS, ANSWER BY ANSWER", _said(_mapping(report.get("said")), timezone)),
        ("WHAT HAPPENED, IN THEIR OWN WORDS", _account(report.get("account"), timezone)),
        ("CONTACT", _facts(_mapping(report.get("consent")) or {"consent": report.get("consent")})),
    )
    made = [Section(heading, tuple(lines)) for heading, lines in rest]
    return [head, *(section for section in made if section.lines), Section("", tuple(_foot(report)))]


def readable(report: Mapping[str, Any], reference: str, revision: int, timezone: ZoneInfo) -> str:
    """The whole report as plain text. Never raises for a report of an unknown shape."""
    groups = (
        [section.heading, *map(_as_text, section.lines)] for section in sections(report, reference, revision, timezone)
    )
    return "\n\n".join("\n".join(line for line in lines if line) for lines in groups) + "\n"


def _as_text(line: Line) -> str:
    """Their words are marked on each line, so that none can pass for a line of ours."""
    if isinstance(line, Words):
        return f"  > {line.text}"
    return f"{line.label + ':':<{_WIDTH}}{line.value}" if isinstance(line, Field) else line


def _head(report: Mapping[str, Any], timezone: ZoneInfo) -> Iterator[Line]:
    if str(report.get("status")) in NOT_REAL:
        yield "THIS IS NOT A REAL INCIDENT."
    urgent = [_plain(rule) for rule in _sequence(report.get("why_urgent"))]
    if urgent:
        yield f"URGENT: {', '.join(urgent)}"
    marks = [_plain(mark) for mark in _sequence(report.get("marks"))]
    if marks:
        yield f"NOTE: {', '.join(marks)}"
    yield from (
        words[key] for words, at in ((KINDS, "kind"), (STATES, "state")) if (key := str(report.get(at))) in words
    )
    times = _mapping(report.get("times"))
    for key, label in (("started", "First text"), ("last_text", "Last text"), ("revised", "This revision")):
        if times.get(key):
            yield Field(label, _time(times[key], timezone))


def _facts(values: Mapping[str, Any]) -> Iterator[Line]:
    """A line for each value that is there, an id beside the name it belongs to."""
    ids = _mapping(values.get("ids"))
    for key, value in values.items():
        if key == "ids" or value is None or value is False or value in ("", [], {}):
            continue
        code = f" ({_value(key, ids[key])})" if ids.get(key) else ""
        label = LABELS.get(key, _plain(key).capitalize())
        yield Field(label, f"{_value(key, value)}{code}")


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


def _said(said: Mapping[str, Any], timezone: ZoneInfo) -> Iterator[Line]:
    for slot, answers in said.items():
        for answer in map(_mapping, _sequence(answers)):
            asked = f", asked about {_plain(answer['question'])}" if answer.get("question") else ""
            yield f"{_plain(slot).replace('.', ', ').capitalize()} ({_time(answer.get('at'), timezone)}{asked})"
            yield from _quoted(answer.get("text"))


def _account(account: Any, timezone: ZoneInfo) -> Iterator[Line]:
    for entry in map(_mapping, _sequence(account)):
        put = " ".join(str(entry.get("put") or "").split())
        notes = "".join(f" [{_plain(note)}]" for note in _sequence(entry.get("notes")))
        yield f"{_time(entry.get('at'), timezone)}, {f'asked: {put}' if put else 'unasked'}{notes}"
        yield from _quoted(entry.get("text"))


def _quoted(text: Any) -> Iterator[Line]:
    yield from map(Words, str(text if text is not None else "").splitlines())


def _foot(report: Mapping[str, Any]) -> Iterator[Line]:
    flow = _mapping(report.get("flow"))
    yield f"Report id {report.get('id')}, organisation {report.get('organisation')}, by {report.get('channel')}."
    if flow:
        yield f"Flow {flow.get('slug')}, version {flow.get('version')}."
    yield "One id is one incident: a higher revision replaces a lower one. The attached JSON is the same for machines."


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
