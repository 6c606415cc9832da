"""The thread of a report, both ways, in the order it was said, each text of ours with how far it got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.desk import words
from handlers.desk import Report, Sent
from handlers.exchanges import REPEAT, Exchange
from handlers.queue_lines import Line
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


ANSWERED: Final = ("sent", "sent")
"""An answer goes back in the carrier's own request, so that it has it; what became of it may be told later."""
CAME: Final = {REPEAT: "came twice"}
OPEN: Final = ("open", "no answer yet")


class Turn(Struct, frozen=True):
    """One text. `side` is `them`, `us` (the questions) or `staff`.

    `mark` is queued, sent, delivered, failed or open, `state` the same in words; of a reporter's text how it came,
    where that was unusual. `number` counts their texts, 0 where it is not known.
    """

    side: str
    text: str
    at: int
    mark: str = ""
    state: str = ""
    number: int = 0


def of(report: Report, exchanges: Sequence[Exchange] = (), standing: Standing | None = None) -> list[Turn]:
    """Every text, theirs and ours, in order, and which question is still open.

    Args:
        report: its document and the texts of ours that were no answers.
        exchanges: what came and how it was answered.
        standing: where the thread stands.
    """
    turns = _as_told(report, exchanges)
    for each in exchanges:
        turns += exchanged(each, report.line)
    turns += [Turn(_side(each), each.body, each.at, *_state(each)) for each in report.sent if each.body]
    turns.sort(key=_when)
    if standing is not None and standing.put:
        turns = _with_open(turns, standing)
    return turns


def exchanged(each: Exchange, line: Line) -> list[Turn]:
    """A text and its answer. While a report is taken back the words that did so are no part of it (R5); a bare STOP is
    no words."""
    text = each.text or ", ".join(f"[{kind}]" for kind in each.media)
    known = {str(entry["text"]) for entry in line.document.get("account", [])}
    said = line.state != "stopped" or each.text in known or len(each.text.split()) < 2
    turns = [Turn("them", text, each.at, "came" * (each.state in CAME), CAME.get(each.state, ""), each.number)]
    how = CARRIER.get(each.reply_status, ANSWERED) if each.reply_status else ANSWERED
    answer = [Turn("us", each.reply, each.at, *how)] if each.reply else []
    return turns * (said and bool(text)) + answer


def _as_told(report: Report, exchanges: Sequence[Exchange]) -> list[Turn]:
    """What only the document has: texts from before the report moved, with their questions."""
    left = Counter(each.text for each in exchanges)
    turns: list[Turn] = []
    for entry in report.line.document.get("account", []):
        text, at = str(entry["text"]), words.milliseconds_of(entry["at"])
        if left[text] > 0:
            left[text] -= 1
            continue
        if entry.get("put"):
            turns.append(Turn("us", str(entry["put"]), at - 1, *ANSWERED))
        turns.append(Turn("them", text, at))
    return turns


def _with_open(turns: list[Turn], standing: Standing) -> list[Turn]:
    """The question that is open is marked where it was put; where that is not known it stands last."""
    for place in range(len(turns) - 1, -1, -1):
        if turns[place].side == "us" and turns[place].text == standing.put:
            state = turns[place].state
            marked = replace(turns[place], state=f"{state}, {OPEN[1]}" if state else OPEN[1])
            return [*turns[:place], marked, *turns[place + 1 :]]
    return sorted([*turns, Turn("us", standing.put or "", int(standing.put_at * 1000) + 1, *OPEN)], key=_when)


def _when(turn: Turn) -> int:
    return turn.at


def _side(sent: Sent) -> str:
    """Who said it: the line that nobody has been free (`handlers.unanswered`) goes the way of a person's, by itself."""
    return "staff" if sent.purpose == "staff" and sent.body not in HONEST.values() else "us"


def _state(sent: Sent) -> tuple[str, str]:
    if sent.status:
        return CARRIER.get(sent.status, ("sent", sent.status))
    return STATES.get(sent.state, ("queued", sent.state))
