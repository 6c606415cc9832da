"""What is said back to be confirmed: place, train and time by their canonical names, never acts or people (R2)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conversations.conditions import View
from conversations.discretion import exposing
from conversations.echo import repeatable
from conversations.flow import Step
from conversations.nodes import LOADER
from conversations.session import Session
from conversations.texts import fits_one

_SPOKEN = Path(__file__).parent / "data" / "spoken.yaml"
_NO_WORDS: Mapping[str, str] = {}


@cache
def spoken() -> Mapping[str, Mapping[str, str]]:
    """How values are said, by language and name."""
    loaded: dict[str, dict[str, str]] = yaml.load(
        _SPOKEN.read_text(encoding="utf-8"),
        Loader=LOADER,  # noqa: S506 - a safe one
    )
    return loaded


def playback(step: Step, session: Session, view: View) -> str:
    """The text of a play-back: canonical names, else the reporter's words where R2 allows, else how the thing is
    called; the last alone where all is too long for one segment."""
    named: list[str] = []
    unnamed: list[str] = []
    language = session.language
    for repeat in step.repeats:
        parts = _parts(session, repeat.slot)
        if parts or (repeat.slot in view.known and _words(session, repeat.slot)):
            called = repeat.unnamed.render(language, {})
            unnamed.append(called)
            named.append(_said(session, repeat.slot, parts) or called)
    text = step.text.render(language, {"repeat": ", ".join(named)}, view)
    return text if fits_one(text) else step.text.render(language, {"repeat": ", ".join(unnamed)}, view)


def _parts(session: Session, slot: str) -> list[str]:
    return _PARTS[slot](session.values, spoken().get(session.language, _NO_WORDS))


def _words(session: Session, slot: str) -> str:
    """The latest words of this sitting that were kept as said for a slot, whole or one of its keys."""
    said = [
        said
        for name, found in session.said.items()
        if name.partition(".")[0] == slot and name not in session.values
        for said in found
        if said.entry >= session.before
    ]
    if not said:
        return ""
    return session.account[said[-1].entry].text[said[-1].start : said[-1].end]


def _said(session: Session, slot: str, parts: list[str]) -> str | None:
    if parts:
        text = ", ".join(parts)
        return None if exposing(text) else text
    words = _words(session, slot)
    return repeatable(words) if words else None


def _place(values: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    parts = []
    if at := values.get("place.at"):
        parts.append(str(at))
    elif between := values.get("place.between"):
        parts.append(_put(words, "between", *between))
    elif following := values.get("place.next"):
        parts.append(_put(words, "next", following))
    if line := values.get("place.line"):
        parts.append(_put(words, "line", line))
    return parts


def _service(values: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    time = _clock(values) if values.get("service.time_kind") == "train" else values.get("service.headcode")
    start, end = values.get("place.from"), values.get("place.to")
    route = ""
    if start and end:
        route = _put(words, "route", start, end)
    elif start or end:
        route = _put(words, "from" if start else "to", start or end)
    parts = [" ".join(str(part) for part in (time, route) if part)]
    if unit := values.get("service.unit"):
        parts.append(_put(words, "unit", unit))
    coach, seat = values.get("service.coach"), values.get("service.seat")
    if coach:
        parts.append(words.get(coach) or _put(words, "coach", coach))
    if seat:
        parts.append(_put(words, "seat", seat))
    if not any(parts) and (operator := values.get("service.operator")):
        parts.append(str(operator))
    return [part for part in parts if part]


def _when(values: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    del words
    event = _clock(values) if values.get("service.time_kind") == "event" else ""
    return [event] if event else []


def _clock(values: Mapping[str, Any]) -> str:
    """The time; as they would say it, 2:00, where morning or evening cannot be known."""
    time = str(values.get("service.time") or "")
    return time.removeprefix("0") if values.get("service.time_ambiguous") else time


def _put(words: Mapping[str, str], name: str, *values: Any) -> str:
    return words[name].format(*values) if name in words else " - ".join(map(str, values))


_PARTS = {"place": _place, "service": _service, "when": _when}
