"""One turn of a conversation: a text, a silence or a person's part in; the answer and what goes forward out.

Pure: time is an argument.

UnknownState    (conversations.session) the session cannot go on with this flow; nothing has changed
"""

from __future__ import annotations

import math
from collections.abc import Callable

from conversations import asides, report
from conversations.echo import place_words
from conversations.events import Event, HandBack, Outcome, Revision, Silence, Staff, Text, Typing
from conversations.flow import OPENING, STOPPED, Flow, Kind
from conversations.house import NO_HOUSE, House
from conversations.reading import Context, Reading
from conversations.replies import lexicon
from conversations.revisions import revise
from conversations.session import Session, UnknownState
from conversations.table import table
from conversations.texting import Reader, Texting
from conversations.timing import QUIET, SITTING, patience

__all__ = [
    "NO_HOUSE",
    "QUIET",
    "SITTING",
    "Context",
    "Event",
    "HandBack",
    "House",
    "Outcome",
    "Reader",
    "Reading",
    "Revision",
    "Silence",
    "Staff",
    "Text",
    "Typing",
    "UnknownState",
    "prepare",
    "take_turn",
]


def take_turn(
    flow: Flow,
    session: Session,
    event: Event,
    now: float,
    house: House = NO_HOUSE,
    reader: Reader | None = None,
) -> Outcome:
    """Takes one turn.

    Args:
        flow: the version that the session is pinned to.
        session: stays as it is; the next one is in the outcome.
        event: what happened.
        now: Unix seconds; a clock that jumps does no harm.
        house: the organisation.
        reader: reads what a text says (`conversations.reading.read`); without one nothing is read from it.

    Raises:
        UnknownState: the session cannot go on with this flow.
    """
    session.check(flow)
    turn = _Turn(flow, session.copy(), now if math.isfinite(now) else session.last_text, house, reader)
    return turn.take(event)


def prepare(flow: Flow) -> None:
    """Does what is done once a flow version, before its first text comes. Raises MachineError."""
    table(flow)
    lexicon(flow)
    place_words()


class _Turn:
    """One session being moved by one event."""

    __slots__ = ("flow", "now", "s", "texting")

    def __init__(self, flow: Flow, session: Session, now: float, house: House, reader: Reader | None) -> None:
        self.flow = flow
        self.s = session
        self.now = now
        self.texting = Texting(flow, session, now, house, reader)

    def take(self, event: Event) -> Outcome:
        """Lets the event happen, and says what came of it."""
        texting = self.texting
        if isinstance(event, Text):
            if event.repeat:
                texting.reply = None if self.s.typing else self.s.put
            else:
                texting.take(event)
                if not event.held or self.s.step == OPENING:
                    self._settle(texting.ended)
        else:
            _BESIDE[type(event)](self)
        return self._outcome()

    def silence(self) -> None:
        """Nobody has written for a while: what is known goes forward, the question stays open."""
        s, step = self.s, self.flow.by_id.get(self.s.step)
        if s.due is None:
            return
        wait = patience(step, self.texting.moves.view)
        if self.now < s.due:
            s.due = min(s.due, self.now + wait)
            return
        s.due = None
        over = step is not None and step.kind is Kind.END
        if s.step == STOPPED or (over and not s.unheard):
            return
        if s.ended is None or (step is not None and not over):
            s.ended = _when_silent(s)
        if not s.completed and not s.sealed and report.known(s):
            s.state = "unfinished"
            self.texting.changes.quiet = True

    def staff(self) -> None:
        """A person has texted: the questions rest until they hand back."""
        self.s.staffed, self.s.typing = True, False
        self.s.put = None

    def typing(self) -> None:
        """A person writes: the questions rest, and the one that is open stays so."""
        self.s.typing = not self.s.staffed

    def hand_back(self) -> None:
        """The open question again, within the half hour after the last text (R4).

        Where somebody only wrote, and the reporter has said nothing meanwhile, it stands as it was put.
        """
        s, step = self.s, self.flow.by_id.get(self.s.step)
        stands = not s.staffed and (s.put is not None or not s.typing)
        if s.staffed:
            s.marks = [mark for mark in s.marks if mark != "person_wanted"]
        s.staffed = s.typing = False
        if stands:
            return
        if step is None or step.kind is Kind.END or self.now - s.last_text > SITTING:
            return
        telling = self.texting.telling
        self.texting.reply = s.put = telling.ask(step)
        if s.aside is not None and s.aside.put:
            self.texting.reply = s.put = asides.put(telling, s.aside, "")
        s.ended, s.due = None, self.now + patience(step, self.texting.moves.view)

    def _settle(self, ended: str | None) -> None:
        """Where the conversation stands now: state, ending, what is put, when a silence is due."""
        s, step = self.s, self.flow.by_id.get(self.s.step)
        s.ended, s.due = None, None
        if s.step == STOPPED:
            s.ended, s.put = "withdrawn", None
        elif ended is not None:
            s.ended, s.put = ended, None
        elif step is not None and step.kind is Kind.END:
            s.ended, s.put = "handover" if _wants_person(s) else step.ends, None
        else:
            s.due = self.now + patience(step, self.texting.moves.view)
            s.put = self.texting.reply or (None if s.staffed or s.typing else s.put)
        if s.state == "unfinished":
            s.state = "open"

    def _outcome(self) -> Outcome:
        s, step, texting = self.s, self.flow.by_id.get(self.s.step), self.texting
        revisions = revise(self.flow, s, step, texting.changes, texting.moves.view, self.now)
        if s.ended == "complete" and texting.ended is None and report.known(s) and not s.completed:
            s.ended = "partial"
        if s.unheard and s.due is None and _goes_forward(s):  # no question waits, what was told must not
            s.due = self.now + patience(step, texting.moves.view)
        asks = asides.asks_of(self.flow, s) if texting.ended is None else None
        return Outcome(s, texting.reply, asks, s.step, s.ended, revisions, s.due)


_BESIDE: dict[type, Callable[[_Turn], None]] = {
    Silence: _Turn.silence,
    Staff: _Turn.staff,
    Typing: _Turn.typing,
    HandBack: _Turn.hand_back,
}


def _goes_forward(session: Session) -> bool:
    """Whether a silence sends forward what has been told."""
    s = session
    return report.known(s) and not (s.completed or s.sealed or s.step == STOPPED)


def _wants_person(session: Session) -> bool:
    return session.alarmed or "person_wanted" in session.marks


def _when_silent(session: Session) -> str:
    """How a conversation ends in which a question is still open."""
    if _wants_person(session):
        return "handover"
    if session.completed:
        return "complete"
    return "support_only" if session.sealed else "partial"
