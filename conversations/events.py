"""What happens to a conversation, and what a turn comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conversations.session import Session


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """A text of the reporter, already normalised (`texts.normalise`).

    `repeat`: the network sent it twice (F2): nothing moves, the question is put again. `held`: it comes late: kept,
    no step, no answer; a bare word of danger alerts all the same. `carrier` is the keyword that the carrier handled
    itself (`STOP`, `START`, `HELP`). `notes` say what came with it, such as `photo`, and are kept beside the words.
    """

    body: str
    repeat: bool = False
    held: bool = False
    carrier: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has written by the time a silence was due."""


Event = Text | Silence


@dataclass(frozen=True, slots=True)
class Revision:
    """A report to be forwarded. `kind` is one of CONVERSATION rule 12; `urgent` revisions go first."""

    kind: str
    number: int
    document: dict[str, Any]
    urgent: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to.

    `reply` is the one text to send, or None; `asks` the name of the thing now asked; `ended` how the conversation
    ended, None while it goes on; `due_at` when, in Unix seconds, a Silence is wanted, None for never.
    """

    session: Session
    reply: str | None
    asks: str | None
    step: str
    ended: str | None
    revision: Revision | None
    due_at: float | None
