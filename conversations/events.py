"""What happens to a conversation, and what a turn comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from conversations.session import Session


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """A text of the reporter, already normalised (`texts.normalise`).

    `repeat`: the network sent it twice (F2): nothing moves, the question is put again. `held`: it comes late: kept,
    no step, no answer; danger in it alerts all the same. `carrier` is the keyword that the carrier handled
    itself (`STOP`, `START`, `HELP`). `notes` say what came with it, such as `photo`, and are kept beside the words.
    """

    body: str
    repeat: bool = False
    held: bool = False
    carrier: str | None = None
    notes: tuple[str, ...] = ()


class Silence(Struct, frozen=True):
    """Nobody has written by the time a silence was due."""


class Staff(Struct, frozen=True):
    """A person of the organisation has texted in the thread: from now on the questions rest."""


class Typing(Struct, frozen=True):
    """A person of the organisation has begun to write: the questions rest until a text is sent or a `HandBack`."""


class HandBack(Struct, frozen=True):
    """That person is done, or has left without sending anything: the questions go on."""


Event = Text | Silence | Staff | Typing | HandBack

DESK, CONFIDENTIAL = "desk", "confidential"
"""Who a revision is for."""


class Revision(Struct, frozen=True):
    """A report to be forwarded. `kind` is one of CONVERSATION rule 12, or `moved`; `urgent` revisions go first.

    `report_id` is the id that the document carries, `number` counts its revisions from 1, `audience` says who may see
    it: `desk`, or `confidential` for the small separate team (R8).
    """

    kind: str
    number: int
    document: dict[str, Any]
    urgent: bool
    report_id: str
    audience: str = DESK


class Outcome(Struct, frozen=True):
    """What a turn came to.

    `reply` is the one text to send, or None; `asks` the name of the thing now asked; `ended` how the conversation
    ended, None while it goes on; `revisions` in the order to be written; `due_at` when, in Unix seconds, a Silence is
    wanted, None for never.
    """

    session: Session
    reply: str | None
    asks: str | None
    step: str
    ended: str | None
    revisions: tuple[Revision, ...]
    due_at: float | None
