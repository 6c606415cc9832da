"""The thread of a report, both ways, in the order it was said."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.desk import words
from handlers.desk import Report


@dataclass(frozen=True, slots=True)
class Turn:
    """One text. `side` is `them`, `us` (the questions) or `staff`; `state` how far a text of ours got."""

    side: str
    text: str
    at: int
    state: str = ""


def of(report: Report) -> list[Turn]:
    """Every text that the report knows of."""
    turns: list[Turn] = []
    for entry in report.line.document.get("account", []):
        at = words.milliseconds_of(entry["at"])
        if entry.get("put"):
            turns.append(Turn("us", str(entry["put"]), at - 1))
        turns.append(Turn("them", str(entry["text"]), at))
    for sent in report.sent:
        if sent.body:
            state = sent.status or words.TEXT_STATES.get(sent.state, sent.state)
            turns.append(Turn("staff" if sent.purpose == "staff" else "us", sent.body, sent.at, state))
    return sorted(turns, key=lambda turn: turn.at)
