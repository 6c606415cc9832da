"""Approved replies of staff: chosen, their slots filled from the facts, changed where wanted, then sent as anything is.

The file is `replies.yaml`. A slot that is not known stays in braces; a text with one is not sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from conversations.discretion import exposing, leading
from conversations.texts import segments

FILE: Final = Path(__file__).with_name("replies.yaml")
LANGUAGES: Final = ("en", "cy")
SLOTS: Final = {"place": "place", "train": "train", "time": "time", "coach": "coach", "number": "incident number"}
LONGEST: Final = {"place": "M" * 36, "train": "M" * 80, "time": "18:05", "coach": "MMM", "number": "M" * 40}
MOST_SEGMENTS: Final = {"en": 1, "cy": 2}
_SLOT: Final = re.compile(r"\{([a-z]+)\}")


class Approved(Struct, frozen=True):
    """One reply: its code, what staff see it under, its words by language, with slots in braces."""

    code: str
    label: str
    texts: Mapping[str, str]


class Offered(Struct, frozen=True):
    """A reply filled for one report; `missing` are the slots of a language that are not known."""

    code: str
    label: str
    texts: Mapping[str, str]
    missing: tuple[str, ...]


@cache
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def approved(flow: str | None) -> list[Approved]:
    """The replies for a flow, the general ones first. Raises OSError, yaml.YAMLError where the file is unreadable."""
    found = dict(_file()["general"]) | (_file()["flows"].get(flow) or {})
    return [
        Approved(code, one["label"], {language: one[language] for language in LANGUAGES}) for code, one in found.items()
    ]


def offered(flow: str | None, document: Mapping[str, Any], incident: str | None) -> list[Offered]:
    """The replies for a report, with its facts in their slots."""
    values = slots(document, incident)
    found = []
    for one in approved(flow):
        texts = {language: filled(text, values) for language, text in one.texts.items()}
        missing = tuple(dict.fromkeys(name for _, names in texts.values() for name in names))
        found.append(Offered(one.code, one.label, {each: text for each, (text, _) in texts.items()}, missing))
    return found


def slots(document: Mapping[str, Any], incident: str | None) -> dict[str, str]:
    """What a report says for each slot; what it does not say is not there. Place, train and time alone (R2)."""
    facts = document.get("facts") or {}
    place, service = facts.get("place") or {}, facts.get("service") or {}
    time = service.get("time") if service.get("time_kind", "train") == "train" else None
    way = " to ".join(str(place[end]) for end in ("from", "to") if place.get(end))
    if place.get("to") and not place.get("from"):
        way = f"to {way}"
    found = {
        "place": place.get("at") or place.get("next"),
        "time": time,
        "train": f"{time} {way}".strip() if time else None,
        "coach": service.get("coach"),
        "number": incident,
    }
    return {name: str(value) for name, value in found.items() if value}


def filled(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """A text with its slots filled, and what is missing in words of ours; a missing slot stays in braces."""
    missing: list[str] = []

    def fill(found: re.Match[str]) -> str:
        value = values.get(found[1])
        if value is None:
            missing.append(SLOTS.get(found[1], found[1]))
        return found[0] if value is None else value

    return _SLOT.sub(fill, text), tuple(dict.fromkeys(missing))


def without_slots(text: str) -> str:
    """A text with neutral letters in place of its slots, to be checked as far as it stands."""
    return _SLOT.sub("...", text)


def has_blanks(text: str) -> bool:
    """Whether a slot is left that nobody has filled."""
    return _SLOT.search(text) is not None


def unread() -> list[str]:
    """The languages whose texts still wait for a reader."""
    named = _file()["reviewed_by"]
    return [language for language in LANGUAGES if language in named and not named[language]]


def problems() -> list[str]:
    """What is wrong with the file: R1, an unknown slot, slots that differ between languages, too many segments."""
    flows = [None, *_file()["flows"]]
    known = {(one.code, one.label): one for flow in flows for one in approved(flow)}
    return [problem for one in known.values() for problem in _problems(one)]


def _problems(one: Approved) -> list[str]:
    found: list[str] = []
    kinds = {language: sorted(set(_SLOT.findall(text))) for language, text in one.texts.items()}
    if len({tuple(names) for names in kinds.values()}) > 1:
        found.append(f"{one.code}: the languages have different slots")
    for language, text in one.texts.items():
        at = f"{one.code} ({language})"
        found += [f"{at}: no such slot as {name}" for name in kinds[language] if name not in SLOTS]
        found += [f"{at}: R1 forbids {word}" for word in exposing(_SLOT.sub("", text))]
        found += [f"{at}: {word}: {why}" for word, why in leading(_SLOT.sub("", text))]
        if segments(filled(text, LONGEST)[0]).count > MOST_SEGMENTS.get(language, 2):
            found.append(f"{at}: too long with the longest values")
    return found
