"""The words of our answers, from the flow's wordings and what the session holds."""

from __future__ import annotations

from functools import lru_cache

from conversations.echo import repeatable
from conversations.flow import Flow, Kind, Step
from conversations.session import Session
from conversations.texts import fits_one


def line(flow: Flow, name: str, session: Session) -> str:
    """One of the flow's own lines."""
    return flow.lines[name].render(session.language, {"reference": session.reference})


def ask(step: Step | None, session: Session) -> str | None:
    """The text of a step as it is first put: its question, the play-back, or the closing line."""
    if step is None:
        return None
    if step.kind is Kind.PLAYBACK:
        return _playback(step, session)
    if step.kind is Kind.END:
        return step.text.render(session.language, {"reference": session.reference})
    return step.text.render(session.language, {})


def again(step: Step, session: Session) -> str:
    """A question in other words, with an example."""
    return (step.again or step.text).render(session.language, {})


def greeting(flow: Flow, step: Step | None, session: Session) -> str | None:
    """The answer to a first text: thanks, and the first question."""
    if step is None or step.kind is Kind.END:
        return ask(step, session)
    return _greeting(flow, step, session.language)


def danger(flow: Flow, step: Step | None, session: Session) -> str:
    """The emergency advice, with the open question in few words behind it."""
    return _danger(flow, step if step is not None and step.kind is not Kind.END else None, session.language)


def known_slots(session: Session) -> frozenset[str]:
    """The slots answered in this sitting: nothing older is repeated (R2)."""
    return frozenset(slot for slot, found in session.said.items() if found and found[-1].entry >= session.before)


@lru_cache(maxsize=1024)
def _greeting(flow: Flow, step: Step, language: str) -> str:
    return flow.lines["greeting"].render(language, {"question": step.text.render(language, {})}).rstrip()


@lru_cache(maxsize=1024)
def _danger(flow: Flow, step: Step | None, language: str) -> str:
    wording = step.short if step is not None else None
    question = wording.render(language, {}) if wording is not None else ""
    return flow.lines["danger"].render(language, {"question": question}).rstrip()


def _playback(step: Step, session: Session) -> str:
    """What is repeated to be confirmed: the reporter's words where R2 allows, else how the thing is called."""
    named: list[str] = []
    unnamed: list[str] = []
    known = known_slots(session)
    for repeat in step.repeats:
        if repeat.slot not in known:
            continue
        said = session.said[repeat.slot][-1]
        called = repeat.unnamed.render(session.language, {})
        unnamed.append(called)
        named.append(repeatable(session.account[said.entry].text[said.start : said.end]) or called)
    text = step.text.render(session.language, {"repeat": ", ".join(named)})
    return text if fits_one(text) else step.text.render(session.language, {"repeat": ", ".join(unnamed)})
