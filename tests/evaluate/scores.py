"""Counts over a labelled file: exact matches, precision and recall, confusions, times."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conversations.reading import context_of, read, warm

PLACE = ("at", "from", "to", "next", "between")
SERVICE = ("time", "headcode", "operator", "coach", "seat", "unit")
SINGLE = ("language", "intent", "urgency", "role", "suspect_is", "describes_suspect")


@dataclass
class Count:
    """True positives, false positives, false negatives."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def line(self) -> str:
        """Precision, recall and F1, counts beside each rate."""
        said, there = self.right + self.wrong, self.right + self.missed
        return f"{_rate(self.right, said):16} {_rate(self.right, there):16} {self.f1:6.3f}"

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where there is nothing to find."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0


def _rate(part: int, whole: int) -> str:
    return f"{part}/{whole} {part / whole:.1%}" if whole else "-"


@dataclass
class Scores:
    """Everything counted over one file."""

    texts: int = 0
    exact: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    placeless: int = 0
    invented: int = 0
    confusions: list[str] = field(default_factory=list)
    times: list[tuple[float, str]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Milliseconds a text."""
        return statistics.median(t for t, _ in self.times) if self.times else 0.0

    @property
    def slowest(self) -> list[tuple[float, str]]:
        """The five slowest texts, in milliseconds."""
        return sorted(self.times, reverse=True)[:5]

    def figures(self) -> dict[str, Any]:
        """The figures as JSON-able data."""
        return {
            "texts": self.texts,
            "exact": self.exact,
            "counts": {name: vars(count) | {"f1": round(count.f1, 4)} for name, count in self.counts.items()},
            "placeless": self.placeless,
            "invented": self.invented,
            "median_ms": round(self.median, 3),
        }

    def see(self, name: str, wanted: set[Any], got: set[Any]) -> None:
        """Counts the values of one slot."""
        count = self.counts.setdefault(name, Count())
        count.right += len(wanted & got)
        count.wrong += len(got - wanted)
        count.missed += len(wanted - got)

    def match(self, name: str, label: dict[str, Any], wanted: Any, got: Any) -> None:
        """Counts an exact match, or notes the confusion."""
        self.exact.setdefault(name, 0)
        if wanted == got:
            self.exact[name] += 1
        else:
            self.confusions.append(f"{label['id']} {name}: wanted {wanted}, read {got} in {label['text']!r}")


def evaluate(file: Path) -> Scores:
    """Reads every text of a labelled file and counts; what a text has no label for is not counted."""
    warm()
    scores = Scores()
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            label = json.loads(line)
            label.setdefault("id", f"{file.stem} {scores.texts + 1}")
            _one(scores, label)
    return scores


def _one(scores: Scores, label: dict[str, Any]) -> None:
    context = context_of(label.get("context"))
    start = time.perf_counter()
    reading = read(label["text"], context)
    scores.times.append(((time.perf_counter() - start) * 1000, label["text"]))
    got = reading.document()
    scores.texts += 1
    if "place" in label:
        _place(scores, label, got)
        _trains(scores, label, got)
    for key in SINGLE:
        if key in label:
            scores.match(key, label, label[key], got[key])
    if "behaviours" in label:
        _conduct(scores, label, got)


def _conduct(scores: Scores, label: dict[str, Any], got: dict[str, Any]) -> None:
    acts, read_acts = set(label["behaviours"]), set(got["behaviours"])
    scores.match("behaviours", label, sorted(acts), sorted(read_acts))
    scores.see("behaviours", acts, read_acts)
    for act in acts | read_acts:
        scores.see(f"behaviours.{act}", acts & {act}, read_acts & {act})
    scores.see("danger", _flag(label["urgency"] == "emergency"), _flag(got["urgency"] == "emergency"))
    scores.see("police or staff", _flag(label["suspect_is"] is not None), _flag(got["suspect_is"] is not None))
    scores.see("under_18", _flag(bool(label.get("under_18"))), _flag(bool(got.get("under_18"))))


def _trains(scores: Scores, label: dict[str, Any], got: dict[str, Any]) -> None:
    wanted, found = _service(label["service"]), _service(got["service"])
    scores.match("service", label, wanted, found)
    for key in SERVICE:
        scores.see(f"service.{key}", _set(wanted.get(key)), _set(found.get(key)))


def _place(scores: Scores, label: dict[str, Any], got: dict[str, Any]) -> None:
    wanted, found = _places(label["place"]), _places(got["place"])
    scores.match("place", label, wanted, found)
    for key in (*PLACE, "line"):
        scores.see(f"place.{key}", _set(wanted.get(key)), _set(found.get(key)))
    if not set(wanted) & set(PLACE):
        scores.placeless += 1
        scores.invented += bool(set(found) & set(PLACE))


def _places(place: dict[str, Any]) -> dict[str, Any]:
    ids = {key: tuple(code) if isinstance(code, list) else code for key, code in (place.get("ids") or {}).items()}
    rest = {key: place[key] for key in ("line", "direction") if place.get(key)}
    return ids | rest


def _service(service: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in service.items() if value not in {None, False}}


def _set(value: Any) -> set[Any]:
    return set() if value is None else {value}


def _flag(true: bool) -> set[Any]:
    return {True} if true else set()
