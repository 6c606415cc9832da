"""What goes forward: which revisions a turn makes, and for whom (CONVERSATION rule 12, R8, R9)."""

from __future__ import annotations

import orjson
from msgspec import Struct

from conversations import report
from conversations.conditions import View
from conversations.events import DESK, Revision
from conversations.flow import Flow, Kind, Step
from conversations.moves import fills
from conversations.session import Session

_BEGUN = "began"
_CONFIRMING = frozenset({"confirm", "contact"})


class Changes(Struct):
    """What a turn did to the report.

    `alert`: new danger. `words`: a text was kept. `facts`: something told is news. `stopped`, `quiet`: a stop, a
    silence. `moved`: the report has become confidential. `opened`: nothing is held back any more.
    """

    alert: bool = False
    words: bool = False
    facts: bool = False
    stopped: bool = False
    quiet: bool = False
    moved: bool = False
    opened: bool = False


def revise(
    flow: Flow, session: Session, step: Step | None, changes: Changes, view: View, now: float
) -> tuple[Revision, ...]:
    """The revisions that a turn makes, in the order to be written; notes them in the session.

    What is confidential goes to its own audience under its own id. The desk learns of it no more than that what it
    has is handled elsewhere, and, in danger or with the person still present, place, train and urgency.
    """
    s = session
    s.unheard = s.unheard or changes.words or changes.facts
    newly = not s.completed and _finished(flow, s, step, view)
    if newly:
        s.completed, s.state = True, "complete"
    if s.sealed and not changes.alert:
        return ()
    kind = _kind(flow, s, changes, newly, view) or _unheard(s, step)
    made: list[Revision] = []
    if changes.moved and s.forwarded:
        made.append(_desk(s, "moved", now))
        kind = kind or ("complete" if s.completed else "started")
    if kind is None or not report.known(s):
        return tuple(made)
    if s.confidential and (card := _card(s, view)):
        s.card = card
        made.append(_desk(s, "alert", now))
    if _BEGUN not in s.told and any(view.knows(slot) for slot in flow.complete):
        s.told.append(_BEGUN)
    s.kind, s.revised, s.forwarded, s.unheard = kind, now, True, False
    if s.confidential:
        s.apart += 1
    else:
        s.revision += 1
    document = report.document(s)
    if document is not None:
        number, audience = document["revision"], document["audience"]
        made.append(Revision(kind, number, document, s.alarmed, document["id"], audience))
    return tuple(made)


def told(flow: Flow, session: Session, view: View) -> bool:
    """Whether there is an account, and a value of what the flow needs beside it; what was asked and skipped counts."""
    return _settled(flow, session, view, ("account",)) and _settled(flow, session, view, flow.complete)


def _finished(flow: Flow, session: Session, step: Step | None, view: View) -> bool:
    """Complete: told, and nothing is open but to confirm, or nothing at all."""
    if step is None or not (step.kind is Kind.END or step.asks in _CONFIRMING):
        return False
    if session.aside is not None and session.aside.ask == "which" and session.aside.put:
        return False
    return report.known(session) and told(flow, session, view)


def _settled(flow: Flow, session: Session, view: View, slots: tuple[str, ...]) -> bool:
    """Whether one of the slots is known, or every question about them was answered or skipped, or there is none."""
    if any(view.knows(slot) for slot in slots):
        return True
    asked = [step for step in flow.steps if any(fills(step, slot) for slot in slots)]
    return all(
        step.id in session.settled or (step.when is not None and not step.when.holds(view)) for step in asked
    ) and (not asked or any(step.id in session.settled for step in asked))


def _kind(flow: Flow, session: Session, changes: Changes, newly_complete: bool, view: View) -> str | None:
    """The kind; after a stop a report that never went forward stays here, one that did gets the mark and additions.

    What is past goes forward when it is whole, or after a long silence. Who is answered by a person is heard by one:
    each text goes forward.
    """
    forwarded = session.forwarded
    if changes.alert:
        return "alert"
    if changes.stopped:
        return "stopped" if forwarded else None
    if changes.quiet:
        return "unfinished"
    if newly_complete:
        return "complete"
    if changes.opened and (session.completed or view.urgency != "past"):
        return "complete" if session.completed else "started"
    if not (changes.words or changes.facts):
        return None
    if session.completed or session.state == "stopped":
        return _later(session)
    return _on_the_way(flow, session, changes, view)


def _on_the_way(flow: Flow, session: Session, changes: Changes, view: View) -> str | None:
    """The kind of something new in a report that is not complete yet."""
    if (session.staffed or session.typing) and session.forwarded:
        return "updated"
    if view.urgency == "past":
        return None
    if _BEGUN not in session.told and any(view.knows(slot) for slot in flow.complete):
        return "started"
    return "updated" if changes.facts and session.forwarded else None


def _unheard(session: Session, step: Step | None) -> str | None:
    """At the end of the questions nothing that is known stays here: whoever cannot type is present and silent."""
    s = session
    if step is None or step.kind is not Kind.END or s.forwarded or s.completed or not report.known(s):
        return None
    session.state = "unfinished"
    return "unfinished"


def _later(session: Session) -> str | None:
    if session.forwarded:
        return "added"
    return "complete" if session.completed and session.state != "stopped" else None


def _card(session: Session, view: View) -> str:
    """The facts to show the desk now; empty where nothing of it is news, or nobody is in danger."""
    there = session.still_there
    if not (session.alarmed or there or (there is None and view.urgency == "now" and view.known)):
        return ""
    facts = report.card(session)["facts"]
    if not session.alarmed and not (view.knows("place") or view.knows("service")):
        return ""
    digest = orjson.dumps(facts).decode()
    return "" if digest == session.card else digest


def _desk(session: Session, kind: str, now: float) -> Revision:
    session.revision += 1
    session.revised = now
    document = report.moved(session) if kind == "moved" else report.card(session)
    return Revision(kind, session.revision, document, kind == "alert", session.id, DESK)
