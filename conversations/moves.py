"""How a session moves: through the machine, back and on, and what it keeps of a text."""

from __future__ import annotations

from datetime import datetime

from conversations import facts
from conversations.conditions import View
from conversations.events import Text
from conversations.flow import Flow, Kind, Step
from conversations.guards import Facts
from conversations.house import House
from conversations.known import view as view_of
from conversations.replies import enough, is_yes_or_no, read_first
from conversations.session import WITHDRAWS, Entry, Session
from conversations.table import advance

MORE = "account.more"
"""What a question for more of what happened fills: the words are added to the account."""

_LETTERS = 3
"""The fewest letters or figures of an answer that is kept as said."""


class Moves:
    """Changes one session for one turn. `now` is Unix seconds."""

    __slots__ = ("_earlier", "_local", "_view", "flow", "house", "now", "s")

    def __init__(self, flow: Flow, session: Session, house: House, now: float) -> None:
        self.flow = flow
        self.s = session
        self.house = house
        self.now = now
        self._view: View | None = None
        self._local: datetime | None = None
        self._earlier = len(session.account)

    @property
    def view(self) -> View:
        """What conditions look at now."""
        if self._view is None:
            self._view = view_of(self.s, self.local.hour)
        return self._view

    @property
    def local(self) -> datetime:
        """The local time."""
        if self._local is None:
            self._local = self.house.local(self.now)
        return self._local

    def touch(self) -> None:
        """The session has changed: what conditions look at is worked out anew."""
        self._view = None

    def move(self, event: str, choice: int = 0, change_to: str | None = None) -> None:
        """Lets the machine decide the step that follows."""
        s = self.s
        came_from = s.trail[-1] if s.trail else None
        model = Facts(s.step, self.view, s.settled, choice, s.misunderstood, came_from, change_to)
        following = advance(self.flow, event, model)
        if following != s.step:
            s.misunderstood = 0
        s.step = following

    def forward(self, event: str, step: Step, choice: int = 0) -> None:
        """On from a question; one that was answered, skipped or given up is settled."""
        s = self.s
        if (event != "again" or s.misunderstood) and step.id not in s.settled:
            s.settled.append(step.id)
        if choice:
            s.answered[step.id] = choice
        self.move(event, choice)
        self._pass(step)

    def change(self, step: Step, slot: str) -> bool:
        """From the play-back to the question that fills `slot`; False where there is none."""
        asked = next((other for other in self.flow.steps if fills(other, slot)), None)
        if asked is None:
            return False
        if step.id not in self.s.settled:
            self.s.settled.append(step.id)
        self.move("change", change_to=asked.id)
        self._pass(step)
        return True

    def finish(self, step: Step) -> None:
        """DONE: all that is still wanted is skipped, up to the end."""
        for _ in self.flow.steps:
            if step.kind is Kind.END:
                return
            self.forward("next", step)
            step = self.flow.by_id[self.s.step]

    def back(self) -> None:
        """To the question before this one; the first stays."""
        before = self.s.step
        self.move("back")
        if self.s.step != before:
            self.s.trail.pop()

    def new_sitting(self) -> None:
        """From now on nothing from before is shown or counts as answered (R2, R3)."""
        s = self.s
        if s.values:
            s.earlier = facts.joined(s.earlier, s.values)
        s.before = len(s.account)
        s.values, s.answered, s.trail, s.settled, s.guessed = {}, {}, [], [], []
        s.misunderstood, s.alarmed, s.still_there, s.aside = 0, False, None, None
        s.told = [name for name in s.told if name not in ("support", "person_wanted")]
        s.marks = [mark for mark in s.marks if mark not in ("silent", "platform", "day_told")]
        self.touch()

    def keep(self, event: Text, step: Step | None, *, withdraws: bool = False) -> None:
        """Keeps a text with the question as it was put; one that `withdraws` is no part of the report."""
        s = self.s
        asks, put = (step.asks, s.put) if step is not None else (None, None)
        notes = (*event.notes, WITHDRAWS) if withdraws else event.notes
        s.account.append(Entry(event.body, self.now, asks, put, s.language, notes))

    def fill(self, slot: str, entry: int | None = None) -> None:
        """A text, by default the one kept last, answers a slot, instead of one of this sitting."""
        if not self.s.account:
            return
        body = self.s.account[-1 if entry is None else entry].text
        if not body.strip():
            return
        if slot == MORE:
            facts.say_more(self.s)
        else:
            facts.say(self.s, slot, [(0, len(body))], entry)
        self.touch()

    def fill_with_first_try(self, step: Step) -> bool:
        """The first answer to a question, which could not be read, is kept as said where the second skips (rule 6)."""
        s = self.s
        if not s.misunderstood or step.slot is None or step.choices or self.view.knows(step.slot):
            return False
        for index in range(s.before, self._earlier):
            text = s.account[index].text
            if s.account[index].question == step.asks and enough(text, _LETTERS) and not self._tells_else(index, text):
                self.fill(step.slot, index)
                return True
        return False

    def _tells_else(self, index: int, text: str) -> bool:
        """Whether a text kept was a question of theirs, or told something."""
        told = any(said.entry == index for found in self.s.said.values() for said in found)
        return told or is_yes_or_no(self.flow, text) or read_first(self.flow, text).topic is not None

    def _pass(self, step: Step) -> None:
        s = self.s
        if s.step != step.id:
            s.trail = [*(passed for passed in s.trail if passed != step.id), step.id]


def fills(step: Step, slot: str) -> bool:
    """Whether a question is about a slot or its group."""
    return step.slot is not None and step.slot.partition(".")[0] == slot.partition(".")[0]
