"""The condition language of flows: what is known of a conversation, and whether a condition holds on it.

All tests of a condition must hold; a list in a test means one of its values. There are no expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct, field

UNKNOWN = "unknown"

VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "urgency": ("emergency", "now", "past", UNKNOWN),
        "role": ("self", "behalf", "witness", UNKNOWN),
        "suspect_is": ("police", "rail_staff", UNKNOWN),
    }
)
"""Keys with one of a few values."""

FLAGS = (
    "quiet",
    "under_18",
    "confidential",
    "deaf",
    "unsure",
    "alarmed",
    "still_there",
    "support_given",
    "platform",
    "other_language",
    "few_words",
    "day_told",
    "life_at_risk",
)
"""Keys that are yes, no or unknown."""

BEHAVIOURS = (
    "touching",
    "rubbing",
    "exposure",
    "masturbation",
    "comments",
    "staring",
    "following",
    "upskirting",
    "photos",
    "voyeurism",
    "spiking",
    "catcalling",
    "indecent_act",
    "rape_or_penetration",
    "sexual_images_shown",
    "hate_abuse",
    "threat",
    "violence",
    "weapon",
    "theft",
    "antisocial",
    "other",
)
"""The labels of what happened."""

PLACE_KEYS = ("at", "from", "to", "next", "between", "line", "direction")
SERVICE_KEYS = ("time", "headcode", "operator", "coach", "seat", "unit")
SLOTS = (
    "place",
    *(f"place.{key}" for key in PLACE_KEYS),
    "service",
    *(f"service.{key}" for key in SERVICE_KEYS),
    "account",
    "account.more",
    "look",
    "when",
    "contact",
    "still_there",
    "role",
    "urgency",
    "suspect_is",
    "platform",
)
"""What a question may fill and a condition may ask for. A group (`place`) is known as soon as one of its keys is."""


class View(Struct):
    """What conditions look at: one conversation at one moment, made for a turn and thrown away after it.

    `hour` is the local hour, 0 to 23. `known` holds the names in `SLOTS` of which something is known, the group beside
    its key (`place` and `place.at`). `answered` holds the number chosen, by step. `still_there` None is unknown.
    `other_language`: the first text told no language, and another of the flow's belongs to its place or organisation.
    `few_words`: what happened is known, from a few words alone. `day_told`: a part of today was told, no time.
    `life_at_risk`: somebody may end their life, or is on the line.
    """

    urgency: str = UNKNOWN
    role: str = UNKNOWN
    suspect_is: str = UNKNOWN
    behaviours: frozenset[str] = frozenset()
    language: str = "en"
    channel: str = "sms"
    hour: int = 12
    quiet: bool = False
    under_18: bool = False
    confidential: bool = False
    deaf: bool = False
    unsure: bool = False
    alarmed: bool = False
    support_given: bool = False
    platform: bool = False
    other_language: bool = False
    few_words: bool = False
    day_told: bool = False
    life_at_risk: bool = False
    still_there: bool | None = None
    known: frozenset[str] = frozenset()
    answered: Mapping[str, int] = field(default_factory=dict)

    def knows(self, slot: str) -> bool:
        """Whether something of a slot is known: by `known`, or by the key of the same name."""
        if slot in self.known:
            return True
        if slot in VALUES:
            return bool(getattr(self, slot) != UNKNOWN)
        return slot == "still_there" and self.still_there is not None


class Test(Protocol):
    """One line of a condition."""

    def holds(self, view: View) -> bool:
        """Whether it holds."""
        ...


class Condition(Struct, frozen=True):
    """Holds where all of its tests do; without tests, always."""

    tests: tuple[Test, ...] = ()

    def holds(self, view: View) -> bool:
        """Whether every test holds on the view."""
        for test in self.tests:  # noqa: SIM110 - twice as fast as all() over a generator, and asked for every step
            if not test.holds(view):
                return False
        return True


class Is(Struct, frozen=True):
    """One key has one of some values; for yes, no and unknown these are True, False and None."""

    key: str
    values: tuple[str | bool | None, ...]

    def holds(self, view: View) -> bool:
        """Whether the key's value is one of them."""
        return getattr(view, self.key) in self.values


class Happened(Struct, frozen=True):
    """At least one of some behaviours was told."""

    behaviours: frozenset[str]

    def holds(self, view: View) -> bool:
        """Whether they have one in common."""
        return not self.behaviours.isdisjoint(view.behaviours)


class Between(Struct, frozen=True):
    """The local time is from `first` o'clock until `last` o'clock, over midnight where `last` is the smaller."""

    first: int
    last: int

    def holds(self, view: View) -> bool:
        """Whether the hour lies in the range, its end excluded."""
        if self.first < self.last:
            return self.first <= view.hour < self.last
        return view.hour >= self.first or view.hour < self.last


class Knows(Struct, frozen=True):
    """Something of at least one of the slots is known (`known` True), or of at least one of them nothing is."""

    slots: tuple[str, ...]
    known: bool

    def holds(self, view: View) -> bool:
        """Whether one of the slots is known, or unknown."""
        for slot in self.slots:  # noqa: SIM110 - asked for every step, as above
            if view.knows(slot) == self.known:
                return True
        return False


class Answered(Struct, frozen=True):
    """A question was answered with one of some numbers."""

    step: str
    numbers: tuple[int, ...]

    def holds(self, view: View) -> bool:
        """Whether the number chosen there is one of them."""
        return view.answered.get(self.step, 0) in self.numbers


class AnyOf(Struct, frozen=True):
    """At least one of some conditions holds."""

    conditions: tuple[Condition, ...]

    def holds(self, view: View) -> bool:
        """Whether one holds."""
        for condition in self.conditions:  # noqa: SIM110 - as above
            if condition.holds(view):
                return True
        return False


class Not(Struct, frozen=True):
    """A condition does not hold."""

    condition: Condition

    def holds(self, view: View) -> bool:
        """Whether it does not."""
        return not self.condition.holds(view)
