"""What every text may do: kept, read, merged; danger, marks, wishes, the language it is in."""

from __future__ import annotations

from collections.abc import Callable

from conversations import asides, facts
from conversations.events import Text
from conversations.flow import Flow, Kind, Step
from conversations.helplines import nation
from conversations.house import House
from conversations.leads import SURE, Leads, is_lone, language_told
from conversations.moves import Moves
from conversations.reading import Context, Reading
from conversations.replies import Reply, is_yes_or_no
from conversations.revisions import Changes
from conversations.session import Aside, Session
from conversations.telling import Telling

Reader = Callable[[str, Context], Reading]
"""Reads what a text says, in the light of what was asked. Pure, and never raises."""

REPORT, SUPPORT, NOISE, QUESTION = "report", "support", "noise", "question"
"""What a text may be for (`Reading.intent`)."""

LIKENESS = "intent.likeness"
"""How a text came to be taken for something by words like others', never enough to end a conversation."""

_FEW_WORDS = 2


class Hearing:
    """One session in one turn, and what a text has come to so far.

    `reply` is the text to send, `changes` what it did to the report, `ended` an ending that is no step's.
    """

    __slots__ = ("changes", "ended", "flow", "house", "leads", "moves", "new", "now", "reader", "reading", "reply", "s")

    def __init__(self, flow: Flow, session: Session, now: float, house: House, reader: Reader | None) -> None:
        self.flow = flow
        self.s = session
        self.now = now
        self.house = house
        self.reader = reader
        self.reading: Reading | None = None
        self.reply: str | None = None
        self.ended: str | None = None
        self.changes = Changes()
        self.new: set[str] = set()
        self.moves = Moves(flow, session, house, now)
        self.leads = Leads()

    @property
    def step(self) -> Step | None:
        """The step stood at; None before the first question and after a stop."""
        return self.flow.by_id.get(self.s.step)

    @property
    def telling(self) -> Telling:
        """The words, as things stand now."""
        return Telling(self.flow, self.s, self.moves.view)

    def _read(self, body: str, step: Step | None) -> Reading:
        local = self.moves.local
        if not self.s.reportable:
            step = None  # only greetings so far: nothing has been asked that a further one could answer
        aside = self.s.aside
        asks = asides.ASKS[aside.ask] if step is not None and aside is not None and aside.put else None
        context = Context(
            asks=asks or (step.asks if step is not None and step.kind is not Kind.END else None),
            facts=facts.nested(self.s.values) if step is not None else {},
            area=self.house.area,
            at=local.hour * 60 + local.minute,
            choices=len(step.choices) if step is not None else 0,
        )
        assert self.reader is not None
        return self.reader(body, context)

    def _keep(self, event: Text, step: Step | None, asks: str | None = None) -> None:
        """Keeps a text and takes over what it says."""
        if not event.body.strip() and not event.notes:
            return
        s, reading = self.s, self.reading
        self.moves.keep(event, step)
        self.changes.words = True
        if reading is None:
            s.reportable = self.changes.facts = True
            return
        asked = asks or (step.asks if step is not None else None)
        if reading.intent.value == REPORT or facts.told(reading, begun=s.reportable):
            s.reportable = True
            self.new = facts.Merge(s, reading, asked).all()
            self.changes.facts = bool(self.new)
        else:
            self.changes.facts = facts.marks(s, reading, asked) or self.changes.facts
            if reading.intent.value in (SUPPORT, QUESTION):
                facts.date(s, reading)
        if _adds_nothing(reading, event.body) and not (event.notes or self.new):
            self.changes.words = False
        for danger in reading.danger:
            self._alarm(danger.rule or f"danger.{danger.value}")
        self._decide()
        self.moves.touch()

    def _alarm(self, rule: str, *, anew: bool = False) -> None:
        """Danger: alerts where the rule is new in this sitting, or always (`anew`)."""
        s = self.s
        rule = rule.replace(" ", "_")
        if rule in s.danger and s.alarmed and not anew:
            return
        if rule not in s.danger:
            s.danger.append(rule)
        s.alarmed, s.sealed = True, False
        s.values["urgency"] = "emergency"
        if s.aside is not None and s.aside.ask == "pass_on":
            s.aside = None
        self.changes.alert = True
        self.moves.touch()

    def _in_order(self, step: Step) -> bool:
        """Whether a question is one that is still asked as things stand."""
        for order in self.flow.orders:
            if order.when is None or order.when.holds(self.moves.view):
                return step.id in order.ask
        return False

    def _decide(self) -> None:
        """R8: whose conduct is confidential here is decided in the turn, and never turns back."""
        s = self.s
        if not s.confidential and s.values.get("suspect_is") in self.house.confidential:
            s.confidential = self.changes.moved = True
        self.moves.touch()

    def _aside_word(self, reply: Reply) -> None:
        if reply.keyword == "language":
            if reply.word in self.flow.languages:
                self.s.language = reply.word
            self.leads.add("switched")
        else:
            self.leads.add("deleted" if reply.keyword == "delete" else "support")
        self.moves.touch()

    def _wishes(self, reply: Reply) -> str:
        """What a text wants of us beside reporting; empty for nothing."""
        s, reading = self.s, self.reading
        if reply.topic is not None:
            self.leads.topic = reply.topic
            self.leads.add("topic")
            return "topic"
        if reading is None:
            return ""
        if facts.wished(reading, "person"):
            self.changes.facts |= facts.note(s, "person_wanted")
            self.leads.add("handover" if self.house.people else "handover_off")
            return "person_wanted"
        if self._is_unsure(reading):
            s.sealed, s.aside = True, Aside("pass_on", put=0)
            s.told.append("pass_on")
            self.leads.add("unsure")
            return "unsure"
        if reading.support.value or reading.intent.value == SUPPORT:
            self.leads.add("support")
            return "support"
        return ""

    def _is_unsure(self, reading: Reading) -> bool:
        """Not sure about passing it on, and nothing has left yet."""
        s = self.s
        if s.forwarded or s.alarmed or "pass_on" in s.told:
            return False
        if facts.wished(reading, "unsure"):
            return True
        return reading.intent.value == SUPPORT and s.reportable and "not_report" in reading.intent.rule

    def _spoken(self, *, fresh: bool) -> None:
        """The language follows the reporter's."""
        if self.reading is None:
            return
        if fresh and self._may_be_of_another_language(self.reading):
            facts.note(self.s, "other_language")
        language = language_told(self.reading, self.s, fresh=fresh)
        if language in self.flow.languages and language != self.s.language:
            self.s.language = language
            self.moves.touch()

    def _may_be_of_another_language(self, reading: Reading) -> bool:
        """A first text without a language, at a place or an organisation of another language of the flow's."""
        if len(self.flow.languages) < 2 or reading.language.spans or reading.language.confidence >= SURE:
            return False
        welsh = nation(self.s, self.house) == "WLS" and "cy" in self.flow.languages
        return welsh or self.s.language != self.flow.languages[0] or self.s.language == "cy"

    def _quieten(self, event: Text, step: Step | None, reply: Reply) -> None:
        """A lone character says "I am here and cannot type"; words end it (rule 9)."""
        marks = self.s.marks
        if is_lone(event.body, step, reply) and not is_yes_or_no(self.flow, event.body):
            self.s.reportable = True
            if facts.note(self.s, "silent"):
                self.leads.quiet_begun = True
                self.leads.add("quiet")
            self.moves.touch()
        elif "silent" in marks and len(event.body.split()) > 1 and not reply.choice:
            marks.remove("silent")
            self.moves.touch()


_UNKNOWN_WORDS = frozenset({"intent.nothing_said", "intent.likeness", "intent.unknown"})


def _adds_nothing(reading: Reading, body: str) -> bool:
    """Whether a text is kept and no cause to forward a report: a question of theirs, a word or two known as noise.

    Words that nothing is known of go forward: "bald" may be all that tells who it was.
    """
    if reading.intent.value == NOISE:
        return len(body.split()) <= _FEW_WORDS and reading.intent.rule not in _UNKNOWN_WORDS
    return bool(reading.intent.value == QUESTION)
