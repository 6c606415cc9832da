"""What a text does, by where the conversation stands: danger and exit words first."""

from __future__ import annotations

from msgspec.structs import replace

from conversations import asides, facts
from conversations.answering import names_somebody
from conversations.asking import Asking
from conversations.events import Text
from conversations.flow import OPENING, STOPPED, Kind, Step
from conversations.hearing import LIKENESS, NOISE, QUESTION, REPORT, SUPPORT, Reader
from conversations.leads import is_lone
from conversations.reading import Value
from conversations.replies import Reply, is_idle, is_yes_or_no, key_of, lexicon, read, read_first, takes_back
from conversations.saying import say
from conversations.session import Aside
from conversations.timing import SITTING

__all__ = ["Reader", "Texting"]

_ASIDE = frozenset({"support", "delete", "language"})
_OPTOUT, _OTHER = "optout", "lost_property_or_other_service"
_ASKS = Value(QUESTION)
_NOTHING_SAID = frozenset({"skip", "dont_know", "no"})
_SENTENCE = 4
"""The fewest words of a text that wants to tell something."""

_SAME_QUESTION = frozenset({"start", "reword", "thanks"})
_DONE = frozenset({"thanks", "skip", "done"})
_CONFIRMS = frozenset({Kind.PLAYBACK, Kind.CONSENT})


class Texting(Asking):
    """One text in one conversation."""

    __slots__ = ("rested",)

    def take(self, event: Text) -> None:
        """A text: what it is depends on where the conversation stands, danger and exit words come first."""
        s, step = self.s, self.step
        fresh = s.step == OPENING or self.now - s.last_text > SITTING
        self.rested = s.ended if s.step == OPENING and self.now - s.last_text <= SITTING else None
        if not event.held or s.step == OPENING:
            s.last_text = self.now
        at = None if fresh else step
        reply = read_first(self.flow, event.body) if at is None else read(self.flow, at, event.body)
        if names_somebody(at, reply, event.body):
            reply = replace(reply, topic=None, bare=False)
        if event.carrier == "STOP" or (event.carrier == "START" and s.step == STOPPED):
            reply = Reply(keyword=event.carrier.lower(), word=key_of(event.body))
        if reply.keyword is not None and s.step == OPENING and not s.account:
            self._tongue(reply)
        if reply.keyword is None and reply.keep and self.reader is not None:
            self.reading = self._read(event.body, at)
            if reply.bare and not self.reading.danger:
                self.reading = replace(self.reading, intent=_ASKS, behaviours=())
        if event.held:
            self._held(event, reply)
            return
        self._hear(event, reply, fresh)
        say(self)

    def _hear(self, event: Text, reply: Reply, fresh: bool) -> None:
        step = self.step
        if (exit_word := self._exit_word(event, reply)) is not None:
            self._stop(event, reply, exit_word)
        elif self.s.step == STOPPED:
            self._after_stop(event, reply)
        elif reply.keyword == "danger":
            self._danger(reply, fresh)
        elif self.s.staffed or (self.s.typing and self.s.put is None and reply.keyword not in _ASIDE):
            self._keep(event, None)
        elif self.rested is not None and self._wants_nothing(event, reply):
            self._rest(event, reply)
        elif fresh or step is None:
            self._open(event, reply)
        elif step.kind is Kind.END:
            self._after_end(event, reply)
        else:
            self._within(event, reply, step)

    # What a text does, by where the conversation stands

    def _tongue(self, reply: Reply) -> None:
        """A keyword of one language alone, as the very first text, tells the language (rule 19)."""
        language = lexicon(self.flow).tongues.get(reply.word)
        if language is not None and language != self.s.language:
            self.s.language = language
            self.moves.touch()

    def _wants_nothing(self, event: Text, reply: Reply) -> bool:
        """After support alone, or what is for others: thanks, a skip, noise and bare questions tell of nothing."""
        if reply.keyword is not None:
            return False
        reading = self.reading
        if reading is None or not (reading.danger or reading.behaviours or reading.place or reading.service):
            if reply.topic is not None or is_idle(self.flow, event.body):
                return True
            if reading is not None and reading.intent.rule == LIKENESS and self._is_a_sentence(event.body):
                return False
            return reading is not None and (reading.intent.value == NOISE or reading.answer.value in _NOTHING_SAID)
        return False

    def _is_a_sentence(self, body: str) -> bool:
        """Whether a text says more than thanks: "ok actually i want to tell you"."""
        words = body.split()
        thanked = any(is_idle(self.flow, " ".join(words[:count])) for count in (1, 2)) and len(words) < _SENTENCE + 2
        return len(words) >= _SENTENCE and not thanked

    def _rest(self, event: Text, reply: Reply) -> None:
        """Nobody who wanted no more is pressed: a question is answered in one line, all else is kept in silence."""
        reportable = self.s.reportable
        self._keep(event, None)
        self.s.reportable = reportable
        self.changes.words = self.changes.facts = False
        self.ended = self.rested
        if reply.topic is not None:
            self._wishes(reply)
        else:
            self.leads.silent = True

    def _held(self, event: Text, reply: Reply) -> None:
        if reply.keyword == "danger":
            self._alarm(f"keyword.{reply.word}", anew=True)
        elif reply.keyword != "stop":
            self._keep(event, None)

    def _exit_word(self, event: Text, reply: Reply) -> str | None:
        """The line that answers a wish to stop; None where there is none."""
        if reply.keyword in ("stop", "withdraw"):
            return "stop" if reply.keyword == "stop" else "withdrawn"
        reading, step = self.reading, self.step
        if reading is None or reading.danger or reading.behaviours:
            return None
        if reading.intent.value != _OPTOUT and not facts.wished(reading, "withdraw"):
            return None
        if is_idle(self.flow, event.body):
            return None
        if reading.intent.value != _OPTOUT or reading.intent.rule == LIKENESS:
            confirms = step is not None and step.kind in _CONFIRMS
            if not (facts.wished(reading, "withdraw") and (confirms or takes_back(self.flow, event.body))):
                return None
        return "withdrawn" if self.s.reportable and facts.wished(reading, "withdraw") else "stop"

    def _stop(self, event: Text, reply: Reply, line: str) -> None:
        if self.s.step == STOPPED:
            self.leads.silent = True
            return
        if reply.keyword is None and event.body.strip():
            self.moves.keep(event, None, withdraws=True)
        self.reply = self.telling.line(line)
        self.moves.move("stop")
        self.s.state, self.s.aside = "stopped", None
        self.changes.stopped = True

    def _after_stop(self, event: Text, reply: Reply) -> None:
        """Silence, but for START, danger, and a new account of an incident (R5)."""
        reading = self.reading
        told = reading is not None and reading.intent.value == REPORT and bool(reading.behaviours)
        if reply.keyword == "start" or (told and reading is not None and not reading.danger):
            self.s.state = "complete" if self.s.completed else "open"
            self.changes.words = self.changes.facts = True
            self._open(event, reply)
            return
        self.leads.silent = True
        if reply.keyword == "danger":
            self._alarm(f"keyword.{reply.word}", anew=True)
        elif reply.keyword is None:
            self._keep(event, None)

    def _danger(self, reply: Reply, fresh: bool) -> None:
        """A bare word of danger; the question open stays, or the first is asked."""
        if fresh:
            self.moves.new_sitting()
        self._alarm(f"keyword.{reply.word}", anew=True)
        self.s.reportable = True
        self.moves.touch()
        step = self.step
        if fresh or step is None or (step.kind is not Kind.END and not self._in_order(step)):
            self.moves.move("next")

    def _open(self, event: Text, reply: Reply) -> None:
        """The first question, as if nothing had been before (R3)."""
        self.moves.new_sitting()
        if reply.keyword in _ASIDE:
            self._aside_word(reply)
            if reply.keyword != "language":
                self._leave(OPENING, "support_only" if reply.keyword == "support" else "complete")
                return
        elif reply.keyword is None:
            self._quieten(event, None, reply)
            self._keep(event, None)
            if self._is_for_others():
                return
            self._spoken(fresh=True)
            self._wishes(reply)
        self.moves.move("next")
        self.leads.add("greeting")
        if self.s.sealed:
            self.s.aside = Aside("pass_on", put=0)
            self.leads.add("unsure")

    def _is_for_others(self) -> bool:
        """Support alone, or what another service is for: one line, no question, and no report."""
        reading = self.reading
        if reading is None or reading.danger or reading.behaviours:
            return False
        if reading.intent.value == SUPPORT and reading.intent.rule != LIKENESS:
            self.s.marks = [mark for mark in self.s.marks if mark not in ("person_wanted", "unsure")]
            self._spoken(fresh=True)
            self._leave(OPENING, "support_only")
            self.leads.add("support")
            return True
        if reading.intent.value == _OTHER:
            self._spoken(fresh=True)
            self._leave(OPENING, "complete")
            self.leads.add("offtopic")
            return True
        return False

    def _leave(self, step: str, ended: str) -> None:
        """No question is open; the next text is a first one."""
        s = self.s
        s.step = step
        self.ended = "complete" if s.completed else ended

    def _after_end(self, event: Text, reply: Reply) -> None:
        lone = is_lone(event.body, None, reply) and not is_yes_or_no(self.flow, event.body)
        if lone or reply.keyword == "start":
            self._open(event, reply)
            return
        if reply.keyword in _ASIDE:
            self._aside_word(reply)
            return
        if reply.keyword in ("back", "reword"):
            self.reply = self.telling.ask(self.step)
            return
        if reply.keyword in _DONE or key_of(event.body) in lexicon(self.flow).yes_no:
            self._keep(event, None)
            self.changes.words = self.changes.facts = False
            self.leads.silent = True
            return
        self._keep(event, None)
        self._wishes(reply)
        self._changed_mind(event.body)
        if self.changes.words:
            self.leads.add("added")
        elif self.leads.first() is None:
            self.leads.silent = True

    def _changed_mind(self, body: str) -> None:
        """Whether we may text later can be taken back or given after the end too (R4)."""
        held = self.s.consent.get("contact")
        said = facts.contact_allowed(self.reading, body) if self.reading is not None else None
        if said is not None and (held is None or (said == "anonymous") != (held == "anonymous")):
            self.s.consent["contact"] = said
            self.changes.words = self.changes.facts = True

    def _within(self, event: Text, reply: Reply, step: Step) -> None:
        """A text while a question is open."""
        if reply.keyword in _ASIDE:
            self._aside_word(reply)
        elif reply.keyword in _SAME_QUESTION:
            self._once_more(reply, step)
        elif reply.keyword == "back":
            self.s.aside = None
            self.moves.back()
        elif reply.keyword == "skip":
            self._skip(step)
        elif reply.keyword == "done":
            self.s.aside = None
            self.moves.finish(step)
        elif self.s.aside is not None and (self.s.aside.put or self._names_one(self.s.aside, event.body)):
            if reply.bare and reply.topic is not None and self.s.aside.put and not self._said_again(event.body, step):
                self._keep(event, None)
                self._wishes(reply)
            else:
                self._beside(event, reply, step, self.s.aside)
        else:
            self._answer(event, reply, step)

    def _once_more(self, reply: Reply, step: Step) -> None:
        """START, "?" and thanks: the open question again."""
        aside = self.s.aside
        if aside is not None and aside.ask == "pass_on" and aside.put:
            self._ask_to_pass_on(reply)
        elif reply.keyword != "thanks":
            self.reply = self.telling.again(step)
            self.leads.silent = True
        elif self.s.reportable:
            self._thanked(step, self.telling.again(step))
        else:
            self.leads.silent = True

    def _ask_to_pass_on(self, reply: Reply) -> None:
        """The same question again; thanks are no answer, and after "not yet" they are left in peace."""
        aside, held = self.s.aside, "not_yet" in self.s.told
        if held:
            self.ended = "support_only"
        if reply.keyword != "thanks" or aside is None:
            self.leads.add("aside")
        elif held:
            self.leads.silent = True
        elif aside.put >= asides.MOST_PUT:
            self._not_yet()
        else:
            self.s.aside = replace(aside, put=aside.put + 1)
            self.leads.add("aside")

    def _names_one(self, aside: Aside, body: str) -> bool:
        """Whether a text settles a question that is still to be put; figures cannot."""
        return not body.lstrip()[:1].isdigit() and asides.chosen(self.flow, self.s, aside, body) > 0

    def _skip(self, step: Step) -> None:
        aside = self.s.aside
        self.s.aside = None
        if aside is not None and aside.put and aside.ask == "pass_on":
            self._not_yet()
        elif aside is not None and aside.put and aside.ask == "which":
            self._unchosen(step)
        else:
            self._skipped(step)
