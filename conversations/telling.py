"""The words of our answers, from the flow's wordings and what the session holds."""

from __future__ import annotations

from functools import lru_cache

from conversations.conditions import BEHAVIOURS, View
from conversations.flow import WHOLE_QUESTION, Flow, Kind, Step, Topic
from conversations.playback import playback
from conversations.session import Session
from conversations.texts import fits_one
from conversations.wording import Wording, parse

HARM = frozenset(BEHAVIOURS) - {"theft", "antisocial", "other"}
"""What may leave somebody thinking that it was their fault."""

_ALONE = frozenset({Kind.PLAYBACK, Kind.END})


class Telling:
    """The words for one session as it stands, `view` being what conditions look at."""

    __slots__ = ("flow", "s", "view")

    def __init__(self, flow: Flow, session: Session, view: View) -> None:
        self.flow = flow
        self.s = session
        self.view = view

    def line(self, name: str, step: Step | None = None, /, **values: str) -> str:
        """One of the flow's own lines, with the open question behind it where it takes one."""
        if name in WHOLE_QUESTION and step is not None and step.kind in _ALONE:
            return self.ask(step) or ""
        values.setdefault("services", "")
        values.setdefault("reference", self.s.shown_reference)
        line, said = self.flow.lines[name], values.pop("question", None)
        if said is None and step is not None and (whole := self._played(step)):
            text = self._fill(line, question=whole, **values).rstrip()
            if fits_one(text):
                return text
        question = said or self._question(step, whole=name in WHOLE_QUESTION)
        return self._fill(line, question=question, **values).rstrip()

    def topic(self, topic: Topic, step: Step | None, question: str | None = None) -> str:
        """The answer to a question of the reporter's, the open question (or `question` instead of it) behind it."""
        return self._fill(topic.text, question=question or self._question(step, whole=False)).rstrip()

    def ask(self, step: Step | None) -> str | None:
        """The text of a step as it is first put: its question, the play-back, or the closing line."""
        if step is None:
            return None
        if step.kind is Kind.PLAYBACK:
            return playback(step, self.s, self.view)
        if step.kind is Kind.END:
            return self._closing(step)
        return self._fill(step.text)

    def again(self, step: Step) -> str:
        """A question in other words, with an example."""
        return self._fill(step.again or step.text)

    def _played(self, step: Step) -> str:
        """What a play-back repeats, where it has not been put before."""
        if step.kind is not Kind.PLAYBACK:
            return ""
        whole = playback(step, self.s, self.view)
        return whole if whole != self.s.put else ""

    def _question(self, step: Step | None, *, whole: bool) -> str:
        if step is None or step.kind is Kind.END:
            return ""
        if whole:
            return self._fill(step.text)
        return self._fill(step.short) if step.short is not None else ""

    def _closing(self, step: Step) -> str:
        """The end; "it is not your fault" once, to the person it happened to, when it is over (rule 11)."""
        s, view = self.s, self.view
        after = ""
        if view.role == "self" and view.urgency == "past" and view.behaviours & HARM and "fault" not in s.told:
            after = f" {self._fill(self.flow.lines['not_your_fault'])}"
            s.told.append("fault")
        return self._fill(step.text, after, reference=s.shown_reference)

    def _fill(self, wording: Wording, after: str = "", **values: str) -> str:
        template = wording.template(self.s.language, self.view)
        if template.fixed is not None and not after:
            return template.fixed
        if template.names <= _SAME:
            return _filled(template.source, values.get("question", ""), after)
        return template.render(values, after=after)


_SAME = frozenset({"question"})


@lru_cache(maxsize=4096)
def _filled(source: str, question: str, after: str) -> str:
    """Texts that hold nothing of a conversation's own, worked out once."""
    return parse(source).render({"question": question}, after=after)
