"""A conversation as frozen data: texts, keywords, topics, orders, steps. Read from YAML by `flowfile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import msgspec
from msgspec import Struct

from conversations.conditions import Condition
from conversations.wording import NOWHERE, Position, Wording


class Kind(StrEnum):
    """What a step is. What each brings is in `conversations.kinds`."""

    PLACE = "place"
    TRAIN = "train"
    YES_NO = "yes_no"
    CHOICE = "choice"
    TIME = "time"
    PERSON = "person"
    ACCOUNT = "account"
    CONSENT = "consent"
    PLAYBACK = "playback"
    END = "end"


OPENING = "opening"
"""The step of a conversation that has not been asked anything yet."""

STOPPED = "stopped"
"""The step of a conversation that the reporter stopped."""

BUILT_IN = frozenset({OPENING, STOPPED})

LINES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "greeting": frozenset({"question"}),
        "noted": frozenset({"question"}),
        "added": frozenset({"reference"}),
        "stop": frozenset(),
        "withdrawn": frozenset(),
        "danger": frozenset({"question"}),
        "safe": frozenset(),
        "support": frozenset({"services", "question"}),
        "no_services": frozenset({"question"}),
        "handover": frozenset({"question"}),
        "handover_off": frozenset({"question"}),
        "offtopic": frozenset(),
        "child": frozenset({"question"}),
        "confidential": frozenset({"services", "question"}),
        "deleted": frozenset({"question"}),
        "which": frozenset({"name", "options"}),
        "wrong": frozenset({"options"}),
        "switched": frozenset({"question"}),
        "unsure": frozenset({"services"}),
        "not_yet": frozenset(),
        "quiet": frozenset({"question"}),
        "not_your_fault": frozenset(),
    }
)
"""The texts every flow has besides its questions, each with the placeholders it may use."""

WHOLE_QUESTION = frozenset({"greeting", "noted", "switched", "quiet"})
"""Lines whose {question} is the question's `text`; in all others, and in topics, it is its `short`."""

KEYWORDS = (
    "stop",
    "start",
    "danger",
    "skip",
    "back",
    "reword",
    "thanks",
    "support",
    "done",
    "language",
    "delete",
    "withdraw",
    "yes",
    "no",
)
"""The keywords every flow has, each with its words; those of `language` stand under the language they ask for."""


class Words(Struct, frozen=True):
    """Ways to say one thing, by language."""

    by_language: Mapping[str, tuple[str, ...]]
    at: Position = NOWHERE


class Choice(Struct, frozen=True):
    """One numbered answer. `words` are the other ways to say it, the plainest first.

    `sets` are the values that choosing it tells, by key; yes and no are True and False. `to` is the step it leads to;
    None for the next one wanted.
    """

    number: int
    words: Words
    sets: Mapping[str, str | bool] = msgspec.field(default_factory=dict)
    to: str | None = None
    at: Position = NOWHERE


class Repeat(Struct, frozen=True):
    """One thing a play-back repeats.

    `slot` is its group; `name` what to call it when asking which is wrong ("place"), `unnamed` what stands for it where
    the words may not be repeated ("the place you gave").
    """

    slot: str
    name: Wording
    unnamed: Wording


class Topic(Struct, frozen=True):
    """A question of the reporter's that is answered in one line: the phrases that ask it, and the answer."""

    id: str
    words: Words
    text: Wording
    at: Position = NOWHERE


class Order(Struct, frozen=True):
    """Which questions are asked, and in which order, where `when` holds; None holds always."""

    when: Condition | None
    ask: tuple[str, ...]
    at: Position = NOWHERE


class Step(Struct, frozen=True, eq=False):
    """One step: a question, or an end.

    `asks` is the name of the thing asked; `slot` what an answer fills; `when` where it is asked at all. `text` is the
    question, `again` the same in other words with an example, `short` a few words to stand behind another line.
    `minutes` is the step's own silence time, None for the usual one. `ends`: how the conversation ended by coming here.
    """

    id: str
    kind: Kind
    text: Wording
    asks: str | None = None
    slot: str | None = None
    when: Condition | None = None
    again: Wording | None = None
    short: Wording | None = None
    choices: tuple[Choice, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    minutes: float | None = None
    ends: str | None = None
    at: Position = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """One published version of a conversation. `hash` is the SHA-256 of its content, in hexadecimal.

    `lines` are the texts named in `LINES`, `keywords` the words of each keyword. `complete`: the slots of which one
    must be known, beside an account, for a whole report. `reviewed_by`: who has read a language, empty for nobody yet.
    """

    slug: str
    version: int
    hash: str
    label: str
    languages: tuple[str, ...]
    lines: Mapping[str, Wording]
    keywords: Mapping[str, Words]
    steps: tuple[Step, ...]
    orders: tuple[Order, ...]
    topics: tuple[Topic, ...] = ()
    complete: tuple[str, ...] = ("place", "service")
    reviewed_by: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, int, str] = field(init=False)
    _hashed: int = field(init=False, repr=False)
    by_id: Mapping[str, Step] = field(init=False)
    end: Step = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.slug, self.version, self.hash))
        object.__setattr__(self, "_hashed", hash(self.key))  # asked for dozens of times a turn
        object.__setattr__(self, "by_id", {step.id: step for step in self.steps})
        ends = [step for step in self.steps if step.kind is Kind.END]
        object.__setattr__(self, "end", ends[0] if ends else self.steps[-1])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flow) and self.key == other.key

    def __hash__(self) -> int:
        return self._hashed

    @property
    def first(self) -> Step:
        """The question that a text telling nothing is answered with: the first of the order that always fits."""
        return self.by_id[self.orders[-1].ask[0]]

    @property
    def safe(self) -> dict[str, str]:
        """The neutral sentence for a turn that failed, by language."""
        return {language: template.source for language, template in self.lines["safe"].templates.items()}

    @property
    def advice(self) -> dict[str, str]:
        """The emergency advice without a question, for a text whose turn is still to be taken, by language."""
        templates = self.lines["danger"].templates
        return {language: template.render({"question": ""}).strip() for language, template in templates.items()}
