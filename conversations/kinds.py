"""What each kind of question brings, so that a flow need not say it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from conversations.conditions import FLAGS, VALUES
from conversations.flow import Kind

_FOUND_OUT = (
    "quiet",
    "confidential",
    "alarmed",
    "support_given",
    "other_language",
    "few_words",
    "day_told",
    "life_at_risk",
)

SETTABLE: Mapping[str, tuple[str | bool, ...]] = MappingProxyType(
    {
        **{key: tuple(value for value in values if value != "unknown") for key, values in VALUES.items()},
        **dict.fromkeys(
            [flag for flag in FLAGS if flag not in _FOUND_OUT],
            (True, False),
        ),
        "contact": (True, False),
    }
)
"""What choosing an answer may tell, with the values it may have."""


class Brings(Struct, frozen=True):
    """What a kind brings.

    `asks` and `slot` are used where the step names none; `two` says that 1 is yes and 2 is no; `letters` how many
    letters or figures make an answer in words; `needs` and `may` the keys beside id, kind, text.
    """

    asks: str | None
    slot: str | None
    two: bool
    letters: int
    needs: tuple[str, ...]
    may: tuple[str, ...]


_MAY = ("asks", "slot", "when", "short", "minutes")


def _open(asks: str, slot: str, letters: int) -> Brings:
    return Brings(asks, slot, False, letters, ("again",), _MAY)


KINDS: Mapping[Kind, Brings] = MappingProxyType(
    {
        Kind.PLACE: _open("location", "place", 2),
        Kind.TRAIN: _open("train", "service", 1),
        Kind.TIME: _open("when", "when", 1),
        Kind.PERSON: _open("suspect", "look", 2),
        Kind.ACCOUNT: _open("description", "account", 2),
        Kind.YES_NO: Brings(None, None, True, 1, ("asks", "again"), ("slot", "when", "short", "minutes", "choices")),
        Kind.CHOICE: Brings(None, None, False, 1, ("asks", "again", "choices"), ("slot", "when", "short", "minutes")),
        Kind.CONSENT: Brings("contact", "contact", True, 1, ("again",), ("asks", "when", "short", "minutes")),
        Kind.PLAYBACK: Brings("confirm", None, True, 1, ("again", "repeats"), ("asks", "when", "short", "minutes")),
        Kind.END: Brings(None, None, False, 0, ("ends",), ()),
    }
)
"""What each kind brings."""


def told_by(kind: Kind, slot: str | None, number: int) -> dict[str, str | bool]:
    """What 1 (yes) or 2 (no) tells where the step does not say: the slot of a question that yes or no answers."""
    if not KINDS[kind].two or slot is None or SETTABLE.get(slot) != (True, False):
        return {}
    return {slot: number == 1}
