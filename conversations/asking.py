"""The open question: whether a text answers it, and what follows; and the questions beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from msgspec.structs import replace

from conversations import asides, facts
from conversations.answering import IDLE, SKIPPED, UNCLEAR, Answer, answer_to, beside, consent, tells
from conversations.events import Text
from conversations.flow import Flow, Kind, Step
from conversations.hearing import NOISE, REPORT, Hearing
from conversations.kinds import KINDS
from conversations.moves import MORE
from conversations.reading import Context
from conversations.replies import Reply, declines, is_thanks, key_of, yes_or_no
from conversations.session import Aside

_GROUPS = frozenset({"place", "place.at", "service"})
_IN_WORDS = {brings.asks: brings.slot for brings in KINDS.values() if brings.asks and brings.slot and not brings.two}
"""What words tell that answer a thing asked, whatever the kind of question that asks it."""

_OPEN = frozenset({Kind.PLACE, Kind.TRAIN})
_NOTED = frozenset({Kind.ACCOUNT, Kind.PERSON})
_WANTED = "person_wanted"
_FIGURES = re.compile(r"\D{0,12}?(\d{2,6})\D{0,3}\Z")


@lru_cache(maxsize=256)
def _numbered(flow: Flow) -> Step | None:
    """The question that asks for one thing of a vehicle, such as the number on it."""
    return next((step for step in flow.steps if step.kind is Kind.TRAIN and "." in (step.slot or "")), None)


class Asking(Hearing):
    """A text while a question is open."""

    __slots__ = ()

    # A question beside the step

    def _beside(self, event: Text, reply: Reply, step: Step, aside: Aside) -> None:
        number = 0 if self._counts(event.body) else asides.chosen(self.flow, self.s, aside, event.body)
        if not number or reply.keep:
            self._keep(event, None if aside.ask == "pass_on" else step, asks=asides.ASKS[aside.ask])
        if number:
            self.s.aside = None
            _BESIDE[aside.ask](self, aside, number, step)
            return
        if self.s.aside is not aside:
            self._settled_by()
        elif aside.ask == "wrong" and tells(step, self.new):
            self.s.aside = None
            self.moves.forward("next", step)
        elif aside.put >= asides.MOST_PUT:
            self.s.aside = None
            if aside.ask == "pass_on":
                self._not_yet()
            elif aside.ask == "which":
                self._unchosen(step)
            else:
                self.moves.forward("next", step)
        else:
            self.s.aside = Aside(aside.ask, aside.options, aside.slot, aside.put + 1)
            self.leads.add("aside")

    def _station(self, aside: Aside, number: int, step: Step) -> None:
        """One of two stations of one name."""
        del step
        label = aside.options[number - 1]
        self.s.values[aside.slot] = label
        if self.reader is not None:
            read_again = self.reader(label, Context(asks="location", area=self.house.area))
            value = read_again.place.get("at")
            ids = dict(self.s.values.get("place.ids", {}))
            ids.pop(aside.slot.partition(".")[2], None)
            if value is not None and value.value == label and value.ids:
                ids[aside.slot.partition(".")[2]] = value.ids[0]
            self.s.values["place.ids"] = ids
        self.changes.facts = True
        self._settled_by()

    def _unchosen(self, step: Step) -> None:
        """Which of some stations is not known: the name is kept as it was said, and not asked for again (rule 6)."""
        s = self.s
        if step.kind is not Kind.PLACE:
            return
        answers = [index for index in range(s.before, len(s.account)) if s.account[index].question == step.asks]
        if answers:
            self.moves.fill(step.slot or "place", answers[0])
            self.changes.facts = True
        self.moves.forward("next", step)

    def _settled_by(self) -> None:
        """The open question is not put again where this has answered it."""
        self.moves.touch()
        step = self.step
        if step is not None and step.slot is not None and self.moves.view.knows(step.slot) and not step.choices:
            self.moves.forward("next", step)

    def _change(self, aside: Aside, number: int, step: Step) -> None:
        done = tells(step, self.new)
        if done or number > len(aside.options) or not self.moves.change(step, aside.options[number - 1]):
            self.moves.forward("next", step)

    def _pass_on(self, aside: Aside, number: int, step: Step) -> None:
        del aside, step
        if number == 1:
            self.s.sealed = False
            self.changes.opened = self.changes.words = True
            self.leads.add("noted")
        else:
            self._not_yet()

    def _not_yet(self) -> None:
        """Nothing leaves; a yes may come at any time. Said once: further words are kept in silence."""
        told = self.s.told
        self.s.aside = Aside("pass_on", put=asides.MOST_PUT)
        self.ended = "support_only"
        if "not_yet" in told:
            self.leads.silent = True
        else:
            told.append("not_yet")
            self.leads.add("not_yet")

    # The open question

    def _answer(self, event: Text, reply: Reply, step: Step) -> None:
        quiet = "silent" in self.s.marks
        self._quieten(event, step, reply)
        if reply.keep or event.notes:
            self._keep(event, step)
            self._figures(event.body, step)
        self._spoken(fresh=False)
        insists = self._insists(event.body, step)
        wish = self._wishes(reply)
        noise = self.reading is not None and self.reading.intent.value == NOISE
        also = wish == "support" and self.reading is not None and self.reading.intent.value == REPORT
        if wish and not also and not self.changes.alert and not tells(step, self.new) and "behaviours" not in self.new:
            if insists:  # a wish alone does not count against the question, but nobody is led round in a circle
                self._skipped(step)
            return
        if noise and not self.s.reportable:
            self.leads.silent = True
            return
        if (
            not self.new
            and is_thanks(self.flow, event.body)
            and self.reading is not None
            and not self.reading.answer.value
        ):
            self._thanked(step, self.telling.ask(step))
            return
        answer = self._judged(event, reply, step)
        if answer.choice:
            self._chose(event, step, answer.choice)
        elif self._left_alone(step, quiet) or self._no_longer(step):
            self.moves.move("next")
        elif answer.answered and not self._is_cry(step):
            self._told(step)
        elif answer.skipped:
            self._skipped(step)
        else:
            self._not_understood(event, step, fill=not (self.changes.alert or self._is_idle(step)))

    def _thanked(self, step: Step, again: str | None) -> None:
        """Thanks answer nothing: the question once more, then the next; to a play-back they are as good as a yes."""
        if self.s.misunderstood or (step.kind is Kind.PLAYBACK and self.s.aside is None):
            self.s.aside = None
            self._skipped(step)
        else:
            self.s.misunderstood += 1
            self.reply = again

    def _left_alone(self, step: Step, quiet: bool) -> bool:
        """A question that is no longer asked, danger or the end of quiet mode having come, and was not answered."""
        changed = self.changes.alert or (quiet and "silent" not in self.s.marks)
        return changed and not tells(step, self.new) and not self._in_order(step)

    def _insists(self, body: str, step: Step) -> bool:
        """Whether the same is wished once more instead of an answer: a person, or in the words of the text before."""
        s = self.s
        if self.reading is not None and facts.wished(self.reading, "person"):
            if _WANTED in s.told:
                return True
            s.told.append(_WANTED)
        return self._said_again(body, step, kept=1)

    def _said_again(self, body: str, step: Step, kept: int = 0) -> bool:
        """Whether the text before this one, at the same question, said the same; `kept`: 1 where this one is kept."""
        account, last = self.s.account, len(self.s.account) - kept - 1
        if last < self.s.before:
            return False
        return account[last].question in (None, step.asks) and key_of(account[last].text) == key_of(body)

    def _no_longer(self, step: Step) -> bool:
        """What was told makes the question needless, and is no answer to it ("no train, it was on the platform")."""
        if not self.new or tells(step, self.new):
            return False
        if step.when is not None and not step.when.holds(self.moves.view):
            return True
        return "urgency" in self.new and not self._in_order(step)

    def _is_idle(self, step: Step) -> bool:
        """Noise and questions of theirs are not what happened."""
        return step.kind is Kind.ACCOUNT and self.reading is not None and self.reading.intent.value in IDLE

    def _is_cry(self, step: Step) -> bool:
        """Danger told, and nothing of what was asked: the question stays."""
        return self.changes.alert and step.kind is not Kind.ACCOUNT and not tells(step, self.new)

    def _skipped(self, step: Step) -> None:
        if self.moves.fill_with_first_try(step):
            self.changes.facts = True
        self.moves.forward("next", step)

    def _figures(self, body: str, step: Step) -> None:
        """Bare figures that answer what asks for one thing of a vehicle are that thing; later, as many put it right."""
        numbered = _numbered(self.flow)
        slot = numbered.slot or "" if numbered is not None else ""
        if numbered is None or slot in self.new or "service.time" in self.new:
            return
        found = _FIGURES.match(body)
        held = str(self.s.values.get(slot, ""))
        if found is not None and (numbered is step or (len(held) == len(found[1]) and step.kind is not Kind.CONSENT)):
            facts.say(self.s, slot, [found.span(1)])
            self.s.values[slot] = found[1]
            self.new.add(slot)
            self.changes.facts = True
            self.moves.touch()

    def _judged(self, event: Text, reply: Reply, step: Step) -> Answer:
        if self.leads.quiet_begun:
            return UNCLEAR if step.choices else SKIPPED
        if step.kind is Kind.PLAYBACK and declines(self.flow, event.body):
            self.changes.words = False
            return SKIPPED
        if reply.choice and not reply.keep:
            return Answer(answered=True, choice=reply.choice)
        if reply.choice and self._counts(event.body):
            reply = replace(reply, choice=0, clear=False)
        return answer_to(step, reply, self.reading, self.new, event.body)

    def _counts(self, body: str) -> bool:
        """Whether the figure that opens a text is part of a time it tells ("2 min ago"), and chooses nothing."""
        when = getattr(self.reading, "when", None)
        if when is None or not body.lstrip()[:1].isdigit():
            return False
        opens = len(body) - len(body.lstrip())
        return any(start == opens < end - 1 for start, end in when.spans)

    def _told(self, step: Step) -> None:
        """Answered in words: they are kept as said where nothing was read from them."""
        slot = step.slot or ""
        if step.choices:
            described = self.reading is not None and bool(self.reading.describes_suspect.value)
            slot = _IN_WORDS.get(step.asks or "", "") if described else ""
        elif step.kind is Kind.TRAIN and tells(step, self.new):
            slot = ""
        told = slot in self.new or (slot in _GROUPS and self._known(slot)) or self._is_beside(step)
        if slot and not told:
            self.moves.fill(slot)
            self.changes.facts = True
        self.moves.forward("next", step)
        if step.kind in _NOTED:
            self.leads.add("noted")

    def _is_beside(self, step: Step) -> bool:
        """Words that tell something, and nothing of a place, a train or a time asked for, are not kept as it."""
        if step.kind in _OPEN:
            return bool(self.new)
        return step.kind is Kind.TIME and "look" in self.new

    def _known(self, slot: str) -> bool:
        return bool(self.new) and self.moves.view.knows(slot)

    def _chose(self, event: Text, step: Step, number: int) -> None:
        if step.kind is Kind.PLAYBACK and number == 2:
            self._wrong(step)
            return
        if step.kind is Kind.CONSENT:
            consent(self.s, number, event.body)
            self.changes.words = True
        else:
            choice = next(choice for choice in step.choices if choice.number == number)
            for key, value in choice.sets.items():
                facts.tell(self.s, key, value)
                if (key, value) == ("urgency", "emergency"):
                    self._alarm(f"answer.{step.id}", anew=True)
            self.changes.facts = bool(choice.sets) or bool(self.new)
            self._decide()
        if not self.new and step.kind is not Kind.CONSENT:
            self.changes.words = False
        self.moves.touch()
        self.moves.forward("choose", step, number)

    def _wrong(self, step: Step) -> None:
        """2 at the play-back: what is put right in the same text is right; else we ask which."""
        aside = asides.wrong(step, self.moves.view.known)
        if tells(step, self.new) or not aside.options:
            self.moves.forward("choose", step, 2)
        elif len(aside.options) == 1:
            self._change(aside, 1, step)
        else:
            self.s.aside = aside
            self.leads.add("aside")

    def _not_understood(self, event: Text, step: Step, *, fill: bool) -> None:
        """Asked once more in other words; the second time the words are kept as said and it moves on (rule 6)."""
        s = self.s
        if step.slot == MORE and not self.changes.alert:  # nothing more is nothing to ask again; "yes" is to be heard
            if s.misunderstood or yes_or_no(self.flow, event.body) != 1:
                self._skipped(step)
                return
            fill, self.changes.words = True, False
        kept = s.misunderstood and not step.choices and not self._is_beside(step)
        if kept and fill and step.slot is not None and yes_or_no(self.flow, event.body):
            self._skipped(step)
            return
        if kept and fill and step.slot is not None and event.body.strip():
            self.moves.fill(step.slot)
            self.changes.facts = True
        self.moves.forward("again", step)
        if s.step == step.id:
            s.misunderstood += 1
            if self.new or beside(step, self.reading, self.new, event.body):
                self.leads.add("noted")
            elif fill:
                self.leads.add("again")


_BESIDE: dict[str, Callable[[Asking, Aside, int, Step], None]] = {
    "which": Asking._station,
    "wrong": Asking._change,
    "pass_on": Asking._pass_on,
}
