"""Walks through a flow's machine, and the shortest way to a step as a conversation on the phone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from conversations.conditions import FLAGS, VALUES, Condition, View
from conversations.flow import OPENING, Flow, Kind, Step
from conversations.guards import Facts
from conversations.lint.views import exhaustive, views
from conversations.table import advance
from conversations.wording import Template, Wording

_MOST_STATES = 400
_WAYS = 8
"""Of so many conversations that come to a step the shortest is shown."""

_SAMPLES = {
    Kind.PLACE: "Leeds",
    Kind.TRAIN: "18:05 to Leeds",
    Kind.TIME: "yesterday at 6",
    Kind.PERSON: "blue jacket",
    Kind.ACCOUNT: "what happened",
}


class _Stand(Struct, frozen=True):
    """Where a walk stands: the step, what is settled and answered so far, and what was said and heard."""

    facts: Facts
    lines: tuple[str, ...]


def asked_in(flow: Flow, view: View) -> list[Step]:
    """The questions asked one after the other where nothing new becomes known, up to the end."""
    facts, found = Facts(OPENING, view), list[Step]()
    while True:
        step = flow.by_id[advance(flow, "next", facts)]
        if step.kind is Kind.END:
            return found
        found.append(step)
        facts = Facts(step.id, view, settled=(*facts.settled, step.id))


def walk(flow: Flow, view: View, most: int) -> tuple[str, ...]:
    """The conversation in which nothing new becomes known, up to its first `most` questions."""
    lines = [opening(view)]
    for step in asked_in(flow, view)[:most]:
        lines += [heard(flow, step, view), "> skip"]
    return tuple(lines[:-1])


@lru_cache(maxsize=4096)
def way_to(flow: Flow, step_id: str) -> tuple[str, ...]:
    """The shortest conversation that comes to a step; empty where none was found."""
    found = (lines for view in _situations(flow, step_id) if (lines := _shortest(flow, view, step_id)))
    return min(islice(found, _WAYS), key=len, default=())


def is_reached(flow: Flow, step_id: str) -> bool:
    """Whether some conversation comes to a step; True too where there are too many to look at them all."""
    return bool(way_to(flow, step_id)) or not exhaustive(flow, _conditions(flow, step_id))


def _conditions(flow: Flow, step_id: str) -> list[Condition | None]:
    """The conditions that decide whether a step is come to: its own, the orders' up to the last that lists it."""
    listing = [index for index, order in enumerate(flow.orders) if step_id in order.ask]
    leading = [step for step in flow.steps if any(choice.to == step_id for choice in step.choices)]
    last = max(listing, default=-1 if leading else len(flow.orders))
    found = [flow.by_id[step_id].when, *(order.when for order in flow.orders[: last + 1])]
    for step in leading:
        found += [step.when, *(order.when for order in flow.orders if step.id in order.ask)]
    return found


def way_to_text(flow: Flow, step_id: str, wording: Wording, template: Template, language: str) -> tuple[str, ...]:
    """The shortest conversation that comes to a step while one variant of its wording is the one said, in its language.

    Empty where none was found.
    """
    whens = [when for when, _ in wording.every()]

    def is_said(view: View) -> bool:
        return wording.template(language, view) is template

    for view in _situations(flow, step_id, whens):
        lines = _shortest(flow, replace(view, language=language), step_id, is_said)
        if lines:
            return lines
    return ()


def _situations(flow: Flow, step_id: str, more: Iterable[Condition | None] = ()) -> Iterator[View]:
    """Views in which the step may be asked, all else told at once or nothing; answers are left to the walk."""
    own = flow.by_id[step_id].slot
    other = frozenset(step.slot for step in flow.steps if step.slot is not None and step.slot != own)
    seen: set[str] = set()
    for view in views(flow, [*_conditions(flow, step_id), *more]):
        for known in (view.known | other, view.known):
            start = replace(view, answered={}, known=known)
            if repr(start) not in seen:
                seen.add(repr(start))
                yield start


def _always(_: View) -> bool:
    return True


def _shortest(flow: Flow, view: View, step_id: str, fits: Callable[[View], bool] = _always) -> tuple[str, ...]:
    """Breadth first over what may be answered; a slot that an answer fills becomes known."""
    step = flow.by_id[step_id]
    if step.repeats:
        view = replace(view, known=view.known | {step.repeats[0].slot})
    waiting = deque([_arrive(flow, _Stand(Facts(OPENING, view), (opening(view),)), "next")])
    seen: set[tuple[str, tuple[str, ...], str]] = set()
    while waiting and len(seen) < _MOST_STATES:
        stand = waiting.popleft()
        if stand.facts.state == step_id and fits(stand.facts.view):
            return stand.lines
        key = (stand.facts.state, tuple(stand.facts.settled), repr(stand.facts.view))
        if key not in seen:
            seen.add(key)
            waiting.extend(_onward(flow, stand))
    return ()


def _onward(flow: Flow, stand: _Stand) -> Iterator[_Stand]:
    step, facts = flow.by_id[stand.facts.state], stand.facts
    if step.kind is Kind.END:
        return
    settled = (*facts.settled, step.id)
    for choice in step.choices:
        told = {key: value for key, value in choice.sets.items() if key != "contact"}
        view = replace(facts.view, answered={**facts.view.answered, step.id: choice.number}, **_plain(told))
        if step.slot is not None:
            view.known = view.known | {step.slot}
        after = Facts(step.id, view, settled, choice=choice.number)
        yield _arrive(flow, _Stand(after, (*stand.lines, f"> {choice.number}")), "choose")
    if step.kind in _SAMPLES and step.slot is not None:
        view = replace(facts.view, known=facts.view.known | {step.slot, step.slot.partition(".")[0]})
        yield _arrive(flow, _Stand(Facts(step.id, view, settled), (*stand.lines, f"> {_SAMPLES[step.kind]}")), "next")
    yield _arrive(flow, _Stand(Facts(step.id, facts.view, settled), (*stand.lines, "> skip")), "next")


def _plain(told: dict[str, str | bool]) -> dict[str, Any]:
    """What a choice tells, as keys of a view."""
    return {key: value for key, value in told.items() if key in View.__struct_fields__}


def _arrive(flow: Flow, stand: _Stand, event: str) -> _Stand:
    step = flow.by_id[advance(flow, event, stand.facts)]
    facts = replace(stand.facts, state=step.id, choice=0)
    return _Stand(facts, (*stand.lines, heard(flow, step, stand.facts.view)))


def heard(flow: Flow, step: Step, view: View) -> str:
    """What a step texts."""
    language = view.language if view.language in step.text.templates else next(iter(step.text.templates))
    template = step.text.template(language, view)
    return "< " + template.render(dict.fromkeys(template.names, "..."))


_SAID: dict[str, Any] = {
    "urgency": {"emergency": "I am in danger", "now": "it is happening now", "past": "it was yesterday"},
    "role": {"self": "it was done to me", "behalf": "it was done to my friend", "witness": "I saw it"},
    "suspect_is": {"police": "by an officer", "rail_staff": "by one of the staff"},
    "quiet": ".",
    "under_18": "I am 15",
    "confidential": "one of your own people",
    "deaf": "I am deaf",
    "unsure": "not sure if I should say",
    "alarmed": "there was danger",
    "support_given": "I want to talk to someone",
    "platform": "on the platform",
    "other_language": "(no language told, at a place of another)",
    "few_words": "(in a few words)",
    "day_told": "this morning",
    "life_at_risk": "a life is at risk",
}
_SAID_OF = {
    "account": "this is what happened",
    "place": "at Leeds",
    "service": "on the 18:05 to Leeds",
    "when": "at six",
    "look": "blue jacket",
    "contact": "you may text me",
    "still_there": "still near",
}


def opening(view: View) -> str:
    """A first text as somebody might send it, that tells what a view holds."""
    told = [_SAID[key][getattr(view, key)] for key in VALUES if getattr(view, key) != "unknown"]
    told += [_SAID[flag] for flag in FLAGS if flag != "still_there" and getattr(view, flag)]
    if view.still_there is not None:
        told.append("still here" if view.still_there else "gone now")
    told += [behaviour.replace("_", " ") for behaviour in sorted(view.behaviours)]
    said_so = {"still_there"} if view.still_there is not None else set()
    slots = [slot for slot in sorted(view.known - said_so) if f"{slot}." not in " ".join(view.known)]
    told += [said for slot in slots if (said := _SAID_OF.get(slot.partition(".")[0])) and said not in told]
    if view.language != "en":
        told.append(f"(in {view.language})")
    return f"> {', '.join(told)}" if told else "> hello"
