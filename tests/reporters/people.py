"""The simulated people, as their file describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("reporters_dev.jsonl")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who texts. `quirks` is by the thing asked: `say_first`, `say_after` or `say_instead` with its text."""

    id: str
    persona: str
    opening: str
    answers: Mapping[str, str]
    quirks: Mapping[str, Mapping[str, str]]
    expect: Mapping[str, Any]

    @property
    def tells_all(self) -> bool:
        """Whether the first text holds everything."""
        return "max_questions" in self.expect

    @property
    def reports(self) -> bool:
        """Whether it is about an incident."""
        return bool(self.expect["intent"] == "report")

    @property
    def endings(self) -> set[str]:
        """The endings that are right."""
        return {self.expect["ends"], *self.expect.get("ends_also_ok", ())}


def people(file: Path = FILE) -> list[Person]:
    """Everybody in a file of JSON Lines."""
    return [_person(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _person(data: Mapping[str, Any]) -> Person:
    quirks = {quirk["on"]: {name: text for name, text in quirk.items() if name != "on"} for quirk in data["quirks"]}
    return Person(data["id"], data["persona"], data["opening"], data["answers"], quirks, data["expect"])
