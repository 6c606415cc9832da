"""The desk's words for what a report holds: places, trains, waits, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from handlers.records.desk_items import DANGER, MOVED, NOW, PAST, UNKNOWN

REASONS: Final = {
    DANGER: "Danger",
    NOW: "Happening now",
    UNKNOWN: "Not yet known when",
    PAST: "Over",
    MOVED: "Handled elsewhere",
}
SHAPES: Final = {DANGER: "▲", NOW: "●", UNKNOWN: "○", PAST: "□", MOVED: "–"}
_PLACE: Final = (("at", "at"), ("from", "from"), ("to", "to"), ("next", "next stop"), ("between", "between"))
SLOTS: Final = {
    "urgency": "When",
    "place.at": "Where",
    "place.from": "From",
    "place.to": "To",
    "place.next": "Next stop",
    "place.between": "Between",
    "place.line": "Line",
    "place.direction": "Direction",
    "service.time": "Train's time",
    "service.headcode": "Headcode",
    "service.operator": "Operator",
    "service.coach": "Coach",
    "service.seat": "Seat",
    "service.unit": "Unit",
    "behaviours": "What",
    "suspect_is": "Who did it",
    "role": "Who tells us",
    "account": "Account",
    "look": "How they look",
    "when": "When it was",
}
VALUES: Final = {
    "emergency": "danger now",
    "now": "happening now",
    "past": "over",
    "self": "the person it happened to",
    "behalf": "somebody for them",
    "witness": "somebody who saw it",
    "police": "police",
    "rail_staff": "rail staff",
}
ACTS: Final = {"other": "not clear yet"}
MARKS: Final = {
    "silent": "cannot type",
    "no_voice": "cannot speak",
    "under_18": "under 18",
    "person_wanted": "asks for a person",
    "unsure": "not sure about passing it on",
    "reporter_is_staff": "is staff",
}


def what(document: Mapping[str, Any]) -> str:
    """What happened, in a few words of ours."""
    found = document.get("facts", {}).get("behaviours") or []
    return ", ".join(ACTS.get(each, plain(each)) for each in found).capitalize() or "Not yet known"


def where(document: Mapping[str, Any]) -> str:
    """Where, in one line."""
    place = document.get("facts", {}).get("place") or {}
    parts = [f"{word} {_joined(place[key])}" for key, word in _PLACE if place.get(key)]
    line = f"{_joined(place['line'])} line" if place.get("line") else ""
    said = ", ".join(part for part in (*parts, line) if part)
    return said[:1].upper() + said[1:] or "Not yet known"


def train(document: Mapping[str, Any]) -> str:
    """Which train and coach, in one line."""
    service = document.get("facts", {}).get("service") or {}
    parts = [str(service[key]) for key in ("time", "headcode", "operator") if service.get(key)]
    parts += [_carriage(name, str(service[name])) for name in ("coach", "seat", "unit") if service.get(name)]
    said = ", ".join(parts)
    return said[:1].upper() + said[1:] or "Not yet known"


def _carriage(name: str, value: str) -> str:
    """Such as `coach 7`, `coach A`, `rear coach`."""
    return f"{plain(value)} {name}" if value.islower() and len(value) > 2 else f"{name} {value}"


def reason(rank: int, document: Mapping[str, Any]) -> str:
    """Why the line stands where it stands."""
    words = REASONS[rank]
    marks = [MARKS[mark] for mark in document.get("marks", []) if mark in MARKS]
    return " · ".join([words, *marks])


def facts(document: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Each fact as (what it is, its value, the reporter's words for it)."""
    held = document.get("facts", {})
    said = document.get("said", {})
    found: list[tuple[str, str, list[str]]] = []
    for slot, name in SLOTS.items():
        head, _, rest = slot.partition(".")
        value = (held.get(head) or {}).get(rest) if rest else held.get(head)
        spoken = [_quoted(each) for each in said.get(slot, [])]
        if value or (spoken and slot not in held):
            shown = [ACTS.get(each, each) for each in value] if slot == "behaviours" and value else value
            found.append((name, _joined(shown) if value else _whole(spoken), spoken))
    return found


def wait(since: int, now: int) -> str:
    """How long, such as `45 s`, `3 min`, `2 h 5 min`."""
    seconds = max(0, (now - since) // 1000)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86400:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 86400} d {seconds % 86400 // 3600} h"


def clock(at: int, timezone: str, now: int | None = None) -> str:
    """The time of day, such as `23:41`, with the date where that is another than now's; to the second without a now."""
    zone = ZoneInfo(timezone)
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    if now is None:
        return f"{moment:%d %b %H:%M:%S}"
    same = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date() == moment.date()
    return f"{moment:%H:%M}" if same else f"{moment:%d %b %H:%M}"


def milliseconds_of(iso: str) -> int:
    """A document's moment as the store counts it."""
    return int(datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp() * 1000)


def _whole(spoken: list[str]) -> str:
    """Words of theirs that stand for a value: each once, and none that stands within another."""
    longest = [each for each in dict.fromkeys(spoken) if not any(each != other and each in other for other in spoken)]
    return " · ".join(longest)


def _quoted(said: Mapping[str, Any]) -> str:
    start, end = said["span"]
    return str(said["text"])[start:end].strip()


def _joined(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(each) for each in value)
    return VALUES.get(value, plain(value)) if isinstance(value, str) else plain(value)


def plain(value: Any) -> str:
    """A code as words."""
    return str(value).replace("_", " ")
