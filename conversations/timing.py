"""How long a conversation waits, in seconds."""

from __future__ import annotations

from conversations.conditions import View
from conversations.flow import Step

SITTING = 30 * 60.0
"""After which a text no longer picks up where the conversation stopped (R3)."""

QUIET = 120.0
"""Without a reply, after which what is known goes forward."""

LONG_QUIET = 30 * 60.0
"""The same where all is past (rule 12)."""


def patience(step: Step | None, view: View) -> float:
    """How long to wait for an answer: the step's own time, long where all is past, else two minutes."""
    if view.urgency == "past" and not view.alarmed:
        return LONG_QUIET
    if step is not None and step.minutes is not None:
        return step.minutes * 60
    return QUIET
