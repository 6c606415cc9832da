"""What stands before the open question in an answer, and what tells it."""

from __future__ import annotations

from conversations.flow import Kind, Step, Topic
from conversations.reading import Reading
from conversations.replies import Reply
from conversations.session import Session

RANKS = (
    "unsure",
    "support",
    "confidential",
    "child",
    "handover",
    "handover_off",
    "offtopic",
    "topic",
    "deleted",
    "not_yet",
    "aside",
    "switched",
    "quiet",
    "greeting",
    "added",
    "again",
    "noted",
)
"""What may lead an answer, the weightiest first."""

_RANK = {name: rank for rank, name in enumerate(RANKS)}
_ANSWERS = frozenset("0123456789ynec?")
SURE = 0.9
"""How sure a language is that English words tell."""

_WELSH, _LEAST_WORDS = "cy", 5


class Leads:
    """What one text calls for. `silent`: no answer at all. `quiet_begun`: a lone character has begun quiet mode."""

    __slots__ = ("_names", "quiet_begun", "silent", "topic")

    def __init__(self) -> None:
        self._names: set[str] = set()
        self.topic: Topic | None = None
        self.silent = False
        self.quiet_begun = False

    def add(self, name: str) -> None:
        """One more thing that may lead the answer."""
        self._names.add(name)

    def holds(self, name: str) -> bool:
        """Whether something may lead the answer."""
        return name in self._names

    def first(self) -> str | None:
        """The weightiest; None where the question stands alone."""
        return min(self._names, key=_RANK.__getitem__, default=None)


def is_lone(body: str, step: Step | None, reply: Reply) -> bool:
    """Whether a text is one character that answers nothing asked: not a choice, y/n, e/c, a coach or "?"."""
    character = body.strip()
    if len(character) != 1 or reply.keyword is not None or reply.choice or character.casefold() in _ANSWERS:
        return False
    return not (step is not None and step.kind is Kind.TRAIN and character.isalnum())


def language_told(reading: Reading, session: Session, *, fresh: bool) -> str:
    """The language a text is clearly in, else the conversation's."""
    told = reading.language
    if told.value == _WELSH:
        return _WELSH if len(told.spans) >= 2 or (told.spans and fresh) else session.language
    body = session.account[-1].text if session.account else ""
    if told.confidence >= SURE and (fresh or len(body.split()) >= _LEAST_WORDS):
        return str(told.value)
    return session.language
