"""The one text that answers a turn: what matters most, with the question that is open now."""

from __future__ import annotations

from conversations import asides
from conversations.flow import Kind, Step
from conversations.hearing import Hearing
from conversations.helplines import services
from conversations.session import Aside
from conversations.texts import fits_one


def say(heard: Hearing) -> None:
    """The one text that answers: what matters most, with the question that is open now."""
    s, leads = heard.s, heard.leads
    if heard.changes.alert:
        heard.reply = heard.telling.line("danger", _open_step(heard))
        return
    if s.typing and not (heard.changes.stopped or leads.first() in _ASKED_FOR):
        heard.reply = None
        return
    if heard.reply is not None or leads.silent or s.staffed:
        return
    if s.confidential and "confidential" not in s.told:
        leads.add("confidential")
    if "under_18" in s.marks and "child" not in s.told:
        leads.add("child")
    if s.aside is not None and s.aside.put == 0:
        leads.add("aside")
    heard.reply = _led(heard, leads.first())


def _open_step(heard: Hearing) -> Step | None:
    step = heard.step
    if step is None or step.kind is Kind.END or heard.ended is not None:
        return None
    return step


def _led(heard: Hearing, lead: str | None) -> str | None:
    s, telling, step = heard.s, heard.telling, heard.step
    open_step = _open_step(heard)
    if lead is None:
        return telling.ask(step)
    if lead in ("confidential", "child"):
        s.told.append(lead)
    if lead in _ANSWERS:
        return _answered(heard, lead, open_step)
    if lead == "confidential":
        return telling.line(lead, open_step, services=services(s, heard.moves.view, heard.house, heard.now))
    if lead in ("aside", "unsure") and s.aside is not None:
        if not s.aside.put:
            s.aside = Aside(s.aside.ask, s.aside.options, s.aside.slot, 1)
        put = asides.put(telling, s.aside, services(s, heard.moves.view, heard.house, heard.now))
        greets = heard.leads.holds("greeting") and s.aside.ask == "which"
        return _if_short(telling.line("greeting", None, question=put), put) if greets else put
    if lead == "again" and open_step is not None:
        return telling.again(open_step)
    if lead in ("greeting", "noted", "switched", "quiet") and open_step is None:
        return telling.ask(step)
    return telling.line(lead, open_step)


_ASKED_FOR = frozenset({"support", "deleted"})
"""What is answered even while a person writes: who asks for help gets it at any point (rule 10)."""
_ANSWERS = frozenset({"topic", "support", "deleted", "handover", "handover_off"})


def _answered(heard: Hearing, lead: str, step: Step | None) -> str:
    """What was asked of us, and the question that is open, in a step or beside it."""
    telling, topic, beside = heard.telling, heard.leads.topic, _question_beside(heard)
    if lead == "support":
        return _support(heard, step, beside)
    if lead == "topic" and topic is not None:
        return _if_short(telling.topic(topic, step, beside), telling.topic(topic, None))
    if beside is None:
        return telling.line(lead, step)
    return _if_short(telling.line(lead, None, question=beside), telling.line(lead, None))


def _question_beside(heard: Hearing) -> str | None:
    """The question beside the step that was put before this text and is open still."""
    aside = heard.s.aside
    if aside is None or not aside.put or heard.ended is not None or "not_yet" in heard.s.told:
        return None
    return asides.put(heard.telling, aside, "")


def _if_short(text: str, without: str) -> str:
    """A text with its question, or without it where both are too long for one: it is on their screen already."""
    return text if fits_one(text) else without


def _support(heard: Hearing, step: Step | None, beside: str | None) -> str:
    if "support" not in heard.s.told:
        heard.s.told.append("support")
    offers = services(heard.s, heard.moves.view, heard.house, heard.now)
    heard.moves.touch()
    telling = heard.telling
    question = {} if beside is None else {"question": beside}
    if not offers:
        return telling.line("no_services", step, **question)
    return telling.line("support", step, services=offers, **question)
