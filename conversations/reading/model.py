"""What is read from a text, with where it stands in the text, how sure it is, and what else it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from conversations.reading.normal import Span

PLACE_KEYS = ("at", "from", "to", "next", "line")
SERVICE_KEYS = ("time", "headcode", "operator", "coach", "seat", "unit")


class Context(Struct, frozen=True):
    """What is known before a text is read.

    `asks`: the question put, by its name (location, train, when, language, ...); `facts`: the label object so far;
    `area`: countries ("Wales") or station codes of the organisation; `at`: the minute of the day, 0 to 1439;
    `choices`: how many numbered choices the question offers.
    """

    asks: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    area: tuple[str, ...] = ()
    at: int | None = None
    choices: int = 0


class Value(NamedTuple):
    """One value. `spans` are code points of the text, end excluded; `confidence` 0 to 1; `rule` what read it.

    `ids`: station codes; `alternatives`: other values it may be, likeliest first; where `value` is None these are to
    be asked about.
    """

    value: Any
    spans: tuple[Span, ...] = ()
    confidence: float = 1.0
    rule: str = ""
    ids: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


NOTHING: Final = Value(None)
"""Nothing was read."""


class Correction(Struct, frozen=True):
    """A slot put right or taken back: `value` None withdraws it, or withdraws just `old`."""

    slot: str
    value: Any
    old: Any = None
    span: Span = (0, 0)


class Reading(Struct, frozen=True):
    """Everything read from one text. Keys of `place` and `service` that were not read are absent."""

    language: Value
    intent: Value
    place: Mapping[str, Value]
    service: Mapping[str, Value]
    behaviours: tuple[Value, ...]
    urgency: Value
    danger: tuple[Value, ...]
    role: Value
    suspect_is: Value
    doubt: bool
    describes_suspect: Value
    under_18: Value
    support: Value
    answer: Value
    corrections: tuple[Correction, ...]
    denied: tuple[Correction, ...]
    wishes: Mapping[str, Value] = field(default_factory=dict)
    """What else is asked for or said, by the names of `wishes.yaml`: person, call_back, no_voice, unsure, ..."""
    still_there: Value = NOTHING
    """Whether the one who did it is still near."""
    when: Value = NOTHING
    """True, with the words that say so, where it is told when it happened."""

    def document(self) -> dict[str, Any]:
        """The label object of a message, with `spans` and `why`; JSON-able."""
        out: dict[str, Any] = {
            "language": self.language.value,
            "intent": self.intent.value,
            "place": self._place(),
            "service": self._service(),
            "behaviours": [v.value for v in self.behaviours],
            "urgency": self.urgency.value,
            "role": self.role.value,
            "suspect_is": self.suspect_is.value,
            "describes_suspect": bool(self.describes_suspect.value),
        }
        if self.doubt:
            out["doubt"] = True
        for name, value in (("under_18", self.under_18), ("support", self.support)):
            if value.value:
                out[name] = True
        if self.answer.value is not None:
            out["answer"] = self.answer.value
        changed = [*self.corrections, *self.denied]
        if changed:
            out["corrections"] = [{"slot": c.slot, "value": c.value, "old": c.old} for c in changed]
        if self.wishes:
            out["wishes"] = list(self.wishes)
        ask = {name: list(v.alternatives) for name, v in self._named() if v.alternatives}
        if ask:
            out["alternatives"] = ask
        out["spans"] = {
            name: [list(s) for s in v.spans] for name, v in self._named() if v.spans and v.value is not None
        }
        out["why"] = [
            {"slot": name, "rule": v.rule, "span": list(v.spans[0]) if v.spans else None}
            for name, v in self._reasons()
            if v.rule
        ]
        return out

    def _place(self) -> dict[str, Any]:
        place: dict[str, Any] = {key: self.place[key].value if key in self.place else None for key in PLACE_KEYS}
        for key in ("between", "direction"):
            if key in self.place:
                place[key] = self.place[key].value
        ids = {k: list(v.ids) if k == "between" else v.ids[0] for k, v in self.place.items() if v.ids and v.value}
        if ids:
            place["ids"] = ids
        return place

    def _service(self) -> dict[str, Any]:
        service: dict[str, Any] = {
            key: self.service[key].value if key in self.service else None for key in SERVICE_KEYS
        }
        for key in ("time_kind", "time_ambiguous"):
            if key in self.service:
                service[key] = self.service[key].value
        return service

    def _named(self) -> list[tuple[str, Value]]:
        named = [(f"place.{key}", value) for key, value in self.place.items()]
        named += [(f"service.{key}", value) for key, value in self.service.items()]
        named += [(f"behaviours.{value.value}", value) for value in self.behaviours]
        named += [
            ("urgency", self.urgency),
            ("role", self.role),
            ("suspect_is", self.suspect_is),
            ("describes_suspect", self.describes_suspect),
            ("under_18", self.under_18),
            ("support", self.support),
            ("intent", self.intent),
            ("answer", self.answer),
            *((f"wishes.{name}", value) for name, value in self.wishes.items()),
        ]
        return named

    def _reasons(self) -> list[tuple[str, Value]]:
        return [("language", self.language), *self._named(), *[("danger", v) for v in self.danger]]
