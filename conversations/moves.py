"""How a session moves: through the machine, back and on, and what it keeps of a text."""

from __future__ import annotations

from conversations.events import Text
from conversations.flow import Flow, Step
from conversations.machine import Facts, advance
from conversations.reader import Reading
from conversations.session import Entry, Said, Session
from conversations.telling import known_slots


class Moves:
    """Changes one session for one turn. `now` is Unix seconds."""

    __slots__ = ("flow", "now", "s")

    def __init__(self, flow: Flow, session: Session, now: float) -> None:
        self.flow = flow
        self.s = session
        self.now = now

    def move(self, event: str, choice: int = 0) -> None:
        """Lets the machine decide the step that follows."""
        s = self.s
        known = known_slots(s)
        facts = Facts(
            state=s.step,
            settled=self._settled(known),
            known=known,
            choice=choice,
            misunderstood=s.misunderstood,
            came_from=s.trail[-1] if s.trail else None,
            danger=s.alarmed,
        )
        following = advance(self.flow, event, facts)
        if following != s.step:
            s.misunderstood = 0
        s.step = following

    def forward(self, event: str, step: Step, choice: int = 0) -> None:
        """On from a question; one that was answered, skipped or given up is settled."""
        s = self.s
        if (event != "not_understood" or s.misunderstood) and step.id not in s.settled:
            s.settled.append(step.id)
        self.move(event, choice)
        if s.step != step.id:
            s.trail = [*(passed for passed in s.trail if passed != step.id), step.id]

    def back(self) -> None:
        """To the question before this one; the first stays."""
        before = self.s.step
        self.move("back")
        if self.s.step != before:
            self.s.trail.pop()

    def new_sitting(self) -> None:
        """From now on nothing from before is shown or counts as answered (R2, R3)."""
        s = self.s
        s.since, s.before = self.now, len(s.account)
        s.trail, s.settled, s.misunderstood, s.alarmed = [], [], 0, False

    def keep(self, event: Text, step: Step | None, slot: str | None) -> None:
        """Keeps a text with the question as it was put; as the answer to `slot`, instead of one of this sitting."""
        s = self.s
        asks, put = (step.asks, s.put) if step is not None else (None, None)
        s.account.append(Entry(event.body, self.now, asks, put, s.language, event.notes))
        if slot is not None and event.body.strip():
            self._say(slot, [(0, len(event.body))])

    def note(self, reading: Reading) -> None:
        """Takes over what was read from the text kept last."""
        self.s.values.update(reading.values)
        for slot, spans in reading.spans.items():
            self._say(slot, list(spans))

    def _say(self, slot: str, spans: list[tuple[int, int]]) -> None:
        s = self.s
        latest = len(s.account) - 1
        earlier = [said for said in s.said.get(slot, ()) if said.entry < s.before]
        s.said[slot] = [*earlier, *(Said(latest, start, end) for start, end in spans)]

    def _settled(self, known: frozenset[str]) -> set[str]:
        """The questions answered, skipped, or volunteered in another text: those are not asked."""
        settled = set(self.s.settled)
        if known:
            groups = {slot.partition(".")[0] for slot in known}
            settled.update(step.id for step in self.flow.steps if step.slot and step.slot.partition(".")[0] in groups)
        return settled
