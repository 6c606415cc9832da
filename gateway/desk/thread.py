"""The thread of a report, both ways, in the order it was said, each text of ours with how far it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.desk import words
from handlers.desk import Report, Sent
from handlers.staff import Standing
from handlers.unanswered import HONEST

STATES: Final = {
    "due": ("queued", "queued"),
    "sending": ("queued", "queued, being sent"),
    "unknown": ("sent", "sent, perhaps"),
    "sent": ("sent", "sent"),
    "failed": ("failed", "failed, not sent"),
    "lapsed": ("failed", "failed, too late to send"),
}
"""What we know of a text of ours: its mark and the words."""

CARRIER: Final = {
    "accepted": ("queued", "queued by the network"),
    "scheduled": ("queued", "queued by the network"),
    "queued": ("queued", "queued by the network"),
    "sending": ("queued", "queued by the network"),
    "sent": ("sent", "sent"),
    "delivered": ("delivered", "delivered"),
    "read": ("delivered", "delivered and read"),
    "undelivered": ("failed", "failed, not delivered"),
    "failed": ("failed", "failed, not delivered"),
    "canceled": ("failed", "failed, called off"),
}
"""What the carrier said of it last, which counts for more. Source: Twilio, "Message status values"."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One text. `side` is `them`, `us` (the questions) or `staff`.

    `mark` is queued, sent, delivered, failed, answered or open, `state` the same in words; empty for a reporter's text.
    """

    side: str
    text: str
    at: int
    mark: str = ""
    state: str = ""


def of(report: Report, standing: Standing | None = None) -> list[Turn]:
    """Every text that the report knows of, and the question that is still open."""
    turns: list[Turn] = []
    for entry in report.line.document.get("account", []):
        at = words.milliseconds_of(entry["at"])
        if entry.get("put"):
            turns.append(Turn("us", str(entry["put"]), at - 1, "answered", "answered"))
        turns.append(Turn("them", str(entry["text"]), at))
    for sent in report.sent:
        if sent.body:
            turns.append(Turn(_side(sent), sent.body, sent.at, *_state(sent)))
    if standing is not None and standing.put:
        turns.append(Turn("us", standing.put, int(standing.put_at * 1000) + 1, "open", "no answer yet"))
    return sorted(turns, key=lambda turn: turn.at)


def _side(sent: Sent) -> str:
    """Who said it: the line that nobody has been free (`handlers.unanswered`) goes the way of a person's, by itself."""
    return "staff" if sent.purpose == "staff" and sent.body not in HONEST.values() else "us"


def _state(sent: Sent) -> tuple[str, str]:
    if sent.status:
        return CARRIER.get(sent.status, ("sent", sent.status))
    return STATES.get(sent.state, ("queued", sent.state))
