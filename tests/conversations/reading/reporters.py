"""Reads what a simulated reporter says, text by text with the question asked, and puts it together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conversations.reading import Context, Reading, read

ORDER = ("language", "safe", "role", "location", "train", "description", "suspect", "when", "contact", "confirm")
SERVICE = ("time", "headcode", "operator", "coach", "seat", "unit", "time_kind")
URGENCIES = ("none", "past", "now", "emergency")


def texts_of(reporter: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    """The texts in their order, each with the question it follows."""
    yield None, reporter["opening"]
    quirks = {quirk["on"]: quirk for quirk in reporter["quirks"]}
    for asks in ORDER:
        if asks not in reporter["answers"]:
            continue
        quirk = quirks.get(asks, {})
        if "say_instead" in quirk:
            yield asks, quirk["say_instead"]
            return
        if "say_first" in quirk:
            yield asks, quirk["say_first"]
        yield asks, reporter["answers"][asks]
        if "say_after" in quirk:
            yield asks, quirk["say_after"]


class Merged:
    """What is known of one report so far."""

    def __init__(self) -> None:
        self.place: dict[str, Any] = {}
        self.service: dict[str, Any] = {}
        self.behaviours: set[str] = set()
        self.urgency = "none"
        self.role: str | None = None
        self.suspect: str | None = None
        self.describes = False

    def facts(self) -> dict[str, Any]:
        """The label object so far."""
        return {"place": {**self.place, "ids": dict(self.place)}, "service": dict(self.service)}

    def take(self, asks: str | None, text: str) -> Reading:
        """Reads one text and adds what it says."""
        reading = read(text, Context(asks=asks, facts=self.facts()))
        put_right = {c.slot for c in reading.corrections}
        for key, value in reading.place.items():
            code = value.ids[0] if value.ids and key != "between" else list(value.ids) or value.value
            if code and (key not in self.place or f"place.{key}" in put_right or asks == "location"):
                self.place[key] = code
        for key, value in reading.service.items():
            if value.value and (key not in self.service or f"service.{key}" in put_right):
                self.service[key] = value.value
        self._happened(asks, reading)
        return reading

    def _happened(self, asks: str | None, reading: Reading) -> None:
        self.behaviours |= {value.value for value in reading.behaviours}
        self._when(asks, reading)
        asked = asks in {None, "role"} or self.role is None
        if reading.role.value and asked and (asks != "role" or reading.role.spans):
            self.role = reading.role.value
        self.suspect = self.suspect or reading.suspect_is.value
        self.describes = self.describes or bool(reading.describes_suspect.value)

    def _when(self, asks: str | None, reading: Reading) -> None:
        """Danger holds; else what is said of the time counts, and "ten minutes ago" makes nothing present again."""
        urgency = reading.urgency.value
        if urgency == "none" or reading.urgency.rule == "when.unsaid" or self.urgency == "emergency":
            return
        first = self.urgency == "none"
        again = self.urgency == "past" and urgency == "now" and reading.urgency.rule == "when.recent"
        if urgency == "emergency" or first or (asks in {"when", "safe"} and not again):
            self.urgency = urgency


PLAINER = {"upskirting": "photos", "comments": "antisocial"}
"""What a plainer account puts in the place of a vaguer one."""


def merged(reporter: Mapping[str, Any]) -> Merged:
    """Everything one reporter says."""
    known = Merged()
    for asks, text in texts_of(reporter):
        known.take(asks, text)
    known.behaviours -= {PLAINER[label] for label in known.behaviours & PLAINER.keys()}
    return known


def misread(reporter: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The slots that differ from what is expected: name to (wanted, read)."""
    known, expect = merged(reporter), reporter["expect"]
    place = dict(expect["place"].get("ids") or {})
    line = {"line": expect["place"]["line"]} if expect["place"]["line"] else {}
    wanted = {
        "place": place | line,
        "service": {k: expect["service"][k] for k in SERVICE if expect["service"].get(k)},
        "behaviours": set(expect["behaviours"]),
        "urgency": expect["urgency"],
        "role": expect["role"],
        "suspect_is": expect["suspect_is"],
        "describes_suspect": expect["describes_suspect"],
    }
    got = {
        "place": known.place,
        "service": {k: v for k, v in known.service.items() if k in SERVICE},
        "behaviours": known.behaviours,
        "urgency": known.urgency,
        "role": known.role,
        "suspect_is": known.suspect,
        "describes_suspect": known.describes,
    }
    return {name: (wanted[name], got[name]) for name in wanted if wanted[name] != got[name]}
