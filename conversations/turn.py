"""One turn of a conversation: a text or a silence in, the answer and what goes forward out. Pure: time is an argument.

UnknownState    (conversations.session) the session cannot go on with this flow; nothing has changed
"""

from __future__ import annotations

import math

from conversations import report, telling
from conversations.echo import place_words
from conversations.events import Event, Outcome, Revision, Silence, Text
from conversations.flow import OPENING, STOPPED, Flow, Kind, Step
from conversations.machine import compile_flow
from conversations.moves import Moves
from conversations.reader import Context, Reader, Reading
from conversations.replies import Reply, key_of, lexicon, read, read_first
from conversations.revisions import Changes, revise
from conversations.session import Session, UnknownState

__all__ = [
    "Event",
    "Outcome",
    "Reader",
    "Reading",
    "Revision",
    "Silence",
    "Text",
    "UnknownState",
    "prepare",
    "take_turn",
]

SITTING = 30 * 60.0
"""Seconds after which a text no longer picks up where the conversation stopped (R3)."""

QUIET = 120.0
"""Seconds without a reply after which what is known goes forward."""


def take_turn(flow: Flow, session: Session, event: Event, now: float, reader: Reader | None = None) -> Outcome:
    """Takes one turn.

    Args:
        flow: the version that the session is pinned to.
        session: stays as it is; the next one is in the outcome.
        event: what happened.
        now: Unix seconds; a clock that jumps does no harm.
        reader: reads the facts in a text; without one nothing is read from it.

    Raises:
        UnknownState: the session cannot go on with this flow.
    """
    session.check(flow)
    turn = _Turn(flow, session.copy(), now if math.isfinite(now) else session.last_text, reader)
    if isinstance(event, Silence):
        turn.silence()
    elif event.repeat:
        turn.repeat()
    else:
        turn.text(event)
    return turn.outcome()


def prepare(flow: Flow) -> None:
    """Does what is done once a flow version, before its first text comes. Raises MachineError."""
    compile_flow(flow)
    lexicon(flow)
    place_words()


class _Turn:
    """The session being moved, and what this turn has come to so far."""

    __slots__ = ("changes", "flow", "moves", "now", "reader", "reply", "s")

    def __init__(self, flow: Flow, session: Session, now: float, reader: Reader | None) -> None:
        self.flow = flow
        self.s = session
        self.now = now
        self.reader = reader
        self.reply: str | None = None
        self.changes = Changes()
        self.moves = Moves(flow, session, now)

    @property
    def step(self) -> Step | None:
        """The step stood at; None before the first question and after a stop."""
        return self.flow.by_id.get(self.s.step)

    def silence(self) -> None:
        """Two minutes without a reply: what is known goes forward, the question stays open."""
        s, step = self.s, self.step
        if s.due is None:
            return
        if self.now < s.due:
            s.due = min(s.due, self.now + QUIET)
            return
        s.due = None
        if s.step == STOPPED or (step is not None and step.kind is Kind.END):
            return
        s.ended = "handover" if s.alarmed else "complete" if s.completed else "partial"
        if not s.completed and report.known(s):
            s.state = "unfinished"
            self.changes.quiet = True

    def repeat(self) -> None:
        """The same text twice (F2): the question once more, nothing else."""
        self.reply = self.s.put

    def text(self, event: Text) -> None:
        """A text: what it is depends on where the conversation stands, danger and exit words come first."""
        s, step = self.s, self.step
        fresh = s.step == OPENING or self.now - s.last_text > SITTING
        if not event.held or s.step == OPENING:
            s.last_text = self.now
        reply = read_first(self.flow, event.body) if fresh or step is None else read(self.flow, step, event.body)
        if event.carrier == "STOP" or (event.carrier == "START" and s.step == STOPPED):
            reply = Reply(keyword=event.carrier.lower(), word=key_of(event.body))
        if event.held:
            self._held(event, reply)
            return
        if reply.keyword == "stop":
            self._stop()
        elif s.step == STOPPED:
            self._after_stop(event, reply)
        elif reply.keyword == "danger":
            self._danger(reply, fresh)
        elif fresh or step is None:
            self._open(event, reply)
        elif step.kind is Kind.END:
            self._after_end(event, reply)
        else:
            self._answer(event, reply, step)
        if self.changes.alert:
            self.reply = telling.danger(self.flow, self.step, s)
        self._settle()

    def outcome(self) -> Outcome:
        """What the turn came to, its revision made and noted."""
        revision = revise(self.s, self.step, self.changes, self.now)
        s, step = self.s, self.step
        return Outcome(s, self.reply, step.asks if step else None, s.step, s.ended, revision, s.due)

    # What a text does, by where the conversation stands

    def _held(self, event: Text, reply: Reply) -> None:
        if reply.keyword == "danger":
            self._alarm(f"keyword.{reply.word}")
        elif reply.keyword != "stop":
            self._keep(event, None)
        if self.s.step == OPENING:
            self.s.due = self.now + QUIET

    def _stop(self) -> None:
        if self.s.step != STOPPED:
            self.reply = telling.line(self.flow, "stop", self.s)
            self.moves.move("stop")
            self.s.state = "stopped"
            self.changes.stopped = True

    def _after_stop(self, event: Text, reply: Reply) -> None:
        if reply.keyword == "start":
            self.s.state = "complete" if self.s.completed else "open"
            self.changes.words = True
            self._open(event, reply)
        elif reply.keyword == "danger":
            self._alarm(f"keyword.{reply.word}")
        else:
            self._keep(event, None)

    def _danger(self, reply: Reply, fresh: bool) -> None:
        if fresh:
            self.moves.new_sitting()
        self._alarm(f"keyword.{reply.word}")
        self.moves.move("open" if fresh else "danger")

    def _open(self, event: Text, reply: Reply) -> None:
        """The first question, as if nothing had been before (R3)."""
        self.moves.new_sitting()
        if reply.keyword is None:
            self._keep(event, None)
        self.moves.move("open")
        self.reply = telling.greeting(self.flow, self.step, self.s)

    def _after_end(self, event: Text, reply: Reply) -> None:
        if reply.keyword == "start":
            self._open(event, reply)
            return
        self._keep(event, None)
        if reply.keyword == "thanks":
            self.changes.words = False
        elif self.changes.words:
            self.reply = telling.line(self.flow, "added", self.s)

    def _answer(self, event: Text, reply: Reply, step: Step) -> None:
        if reply.keyword in ("start", "reword"):
            self.reply = telling.again(step, self.s)
            return
        if reply.keyword == "back":
            self.moves.back()
        elif reply.keyword == "skip":
            self.moves.forward("skipped", step)
        elif reply.clear:
            if reply.keep:
                self._keep(event, step, step.slot)
            self.moves.forward("answered", step, reply.choice)
        elif self._not_understood(event, step):
            return
        self.reply = telling.ask(self.step, self.s)

    def _not_understood(self, event: Text, step: Step) -> bool:
        """Asked once more in other words (True); the second time the words are kept as said and it moves on."""
        s = self.s
        self._keep(event, step, step.slot if s.misunderstood else None)
        self.moves.forward("not_understood", step)
        if s.step != step.id:
            return False
        s.misunderstood += 1
        self.reply = telling.again(step, s)
        return True

    # What every text may do

    def _alarm(self, rule: str) -> None:
        rule = rule.replace(" ", "_")
        if rule not in self.s.danger:
            self.s.danger.append(rule)
        self.s.alarmed = True
        self.changes.alert = True

    def _keep(self, event: Text, step: Step | None, slot: str | None = None) -> None:
        if not event.body.strip() and not event.notes:
            return
        self.changes.words = True
        had = bool(self.s.said)
        self.moves.keep(event, step, slot)
        if self.reader is not None:
            context = Context(step.asks if step else None, dict(self.s.values), self.s.organisation, self.now)
            reading = self.reader.read(event.body, context)
            self.moves.note(reading)
            for rule in reading.danger:
                self._alarm(rule)
        self.changes.first_said = not had and bool(self.s.said)

    def _settle(self) -> None:
        """Where the conversation stands now: state, ending, what is put, when a silence is due."""
        s, step = self.s, self.step
        s.ended, s.due = None, None
        if s.step == STOPPED:
            s.ended, s.put = "withdrawn", None
        elif step is not None and step.kind is Kind.END:
            s.ended, s.put = "handover" if s.alarmed else step.ends, None
        else:
            s.due, s.put = self.now + QUIET, self.reply
        if s.state == "unfinished":
            s.state = "open"
