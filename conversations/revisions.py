"""What goes forward: which kind of revision a turn makes (CONVERSATION rule 12)."""

from __future__ import annotations

from dataclasses import dataclass

from conversations import report
from conversations.events import Revision
from conversations.flow import Kind, Step
from conversations.session import Session

_CONFIRMING = frozenset({"confirm", "contact"})


@dataclass(slots=True)
class Changes:
    """What a turn did to the report: an alert, new words, the first place or train, a stop, a silence."""

    alert: bool = False
    words: bool = False
    first_said: bool = False
    stopped: bool = False
    quiet: bool = False


def revise(session: Session, step: Step | None, changes: Changes, now: float) -> Revision | None:
    """The revision that a turn makes, None for none; notes it in the session."""
    s = session
    newly = _finished(s, step) and not s.completed
    if newly:
        s.completed, s.state = True, "complete"
    kind = _kind(s, changes, newly)
    if kind is None:
        return None
    s.kind, s.revised, s.forwarded = kind, now, True
    s.revision += 1
    document = report.document(s)
    return None if document is None else Revision(kind, s.revision, document, s.alarmed)


def _finished(session: Session, step: Step | None) -> bool:
    """Complete: nothing is open but to confirm, or nothing at all."""
    return step is not None and (step.kind is Kind.END or step.asks in _CONFIRMING) and report.known(session)


def _kind(session: Session, changes: Changes, newly_complete: bool) -> str | None:
    """The kind; after a stop a report that never went forward stays here, one that did gets the mark and additions."""
    forwarded = session.forwarded
    if changes.alert:
        return "alert"
    if changes.stopped:
        return "stopped" if forwarded else None
    if changes.quiet:
        return "unfinished"
    if newly_complete:
        return "complete"
    if not changes.words:
        return None
    if session.completed or session.state == "stopped":
        return "added" if forwarded else None
    if changes.first_said:
        return "started"
    return "updated" if forwarded else None
