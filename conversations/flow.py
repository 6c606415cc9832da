"""A conversation as frozen data: steps, choices, wordings, keywords. Read from YAML by `flowfile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from conversations.wording import NOWHERE, Position, Wording


class Kind(StrEnum):
    """What a step is."""

    PLACE = "place"
    TRAIN = "train"
    WORDS = "words"
    CHOICE = "choice"
    PLAYBACK = "playback"
    END = "end"


OPENING = "opening"
"""The step of a conversation that has not been asked anything yet."""

STOPPED = "stopped"
"""The step of a conversation that the reporter stopped."""

BUILT_IN = frozenset({OPENING, STOPPED})

LINES = ("greeting", "added", "stop", "danger", "safe")
"""The texts every flow has besides its questions."""

KEYWORDS = ("stop", "start", "danger", "skip", "back", "reword", "thanks")
"""The keywords every flow has, each with its words."""


@dataclass(frozen=True, slots=True)
class Words:
    """Ways to say one thing, by language."""

    by_language: Mapping[str, tuple[str, ...]]
    at: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered answer. `words` are the other ways to say it, the plainest first; `to` the step it leads to."""

    number: int
    words: Words
    to: str
    at: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Repeat:
    """One thing a play-back repeats: its slot, and how it is called where the words may not be repeated."""

    slot: str
    unnamed: Wording


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step: a question, or an end.

    `asks` is the name of the thing asked; `slot` where the answer belongs; `text` the question, `again` the same in
    other words with an example, `short` a few words to stand behind the emergency advice. `next` is the step that
    follows; None only at an end. `in_danger`: asked in danger too. `ends`: how the conversation ended by coming here.
    """

    id: str
    kind: Kind
    text: Wording
    asks: str | None = None
    slot: str | None = None
    again: Wording | None = None
    short: Wording | None = None
    choices: tuple[Choice, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    next: str | None = None
    in_danger: bool = False
    ends: str | None = None
    at: Position = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """One published version of a conversation. `hash` is the SHA-256 of its content, in hexadecimal.

    `lines` are the texts named in `LINES`, `keywords` the words of each keyword.
    """

    slug: str
    version: int
    hash: str
    label: str
    languages: tuple[str, ...]
    lines: Mapping[str, Wording]
    keywords: Mapping[str, Words]
    steps: tuple[Step, ...]
    key: tuple[str, int, str] = field(init=False)
    by_id: Mapping[str, Step] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.slug, self.version, self.hash))
        object.__setattr__(self, "by_id", {step.id: step for step in self.steps})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flow) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def first(self) -> Step:
        """The first question."""
        return self.steps[0]

    @property
    def safe(self) -> dict[str, str]:
        """The neutral sentence for a turn that failed, by language."""
        return {language: template.source for language, template in self.lines["safe"].templates.items()}
