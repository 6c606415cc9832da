"""What decides which way a conversation goes: the facts that guards look at, and the guards by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct, field

from conversations.conditions import Condition, View
from conversations.flow import OPENING, Flow, Kind, Step

EVENTS = ("next", "choose", "again", "back", "change", "stop")
"""`next`: on, from anywhere. `choose`: a number was chosen. `again`: the answer was not understood. `back`: to the
question before. `change`: to what the play-back found wrong. `stop`: no more texts."""

ASK_AGAIN_LIMIT = 1


class Facts(Struct):
    """What the guards look at, and the state that the machine moves.

    `view` is what conditions look at; `settled` are the questions answered or skipped; `choice` the number chosen or 0;
    `came_from` the question before this one; `change_to` the one to ask again. `leads_to` is for the guards alone.
    """

    state: str = OPENING
    view: View = field(default_factory=View)
    settled: Collection[str] = ()
    choice: int = 0
    misunderstood: int = 0
    came_from: str | None = None
    change_to: str | None = None
    leads_to: str | None = None


def wanted(step: Step, facts: Facts) -> bool:
    """Whether a question is still to be asked: not settled, asked here at all, and nothing known of what it fills.

    A play-back is wanted where there is something to repeat; an end always.
    """
    if step.kind is Kind.END:
        return True
    if step.id in facts.settled or (step.when is not None and not step.when.holds(facts.view)):
        return False
    if step.repeats:
        return any(facts.view.knows(repeat.slot) for repeat in step.repeats)
    return step.slot is None or not facts.view.knows(step.slot)


def following(flow: Flow, facts: Facts) -> str:
    """The first step still wanted of the order that fits."""
    settled = facts.settled
    for when, steps in _plan(flow):
        if when is None or when.holds(facts.view):
            for step in steps:
                if step.id not in settled and wanted(step, facts):
                    return step.id
    return flow.end.id


@lru_cache(maxsize=256)
def _plan(flow: Flow) -> tuple[tuple[Condition | None, tuple[Step, ...]], ...]:
    """The orders with their steps, an end behind each: what is asked never runs out without one."""
    return tuple((order.when, (*(flow.by_id[name] for name in order.ask), flow.end)) for order in flow.orders)


Guard = Callable[[Facts], bool]


def guard(flow: Flow, name: str) -> Guard:
    """The guard of a name, as a machine or a table of the flow has it; the function bears the name.

    `next:STEP` and `back:STEP` lead to that step, `change:STEP` to what was found wrong, `choose:NUMBER` holds for a
    number chosen, `again` while the question may be put once more. Raises KeyError for any other name.
    """
    what, _, of = name.partition(":")
    found = _GUARDS[what](flow, of)
    found.__name__ = found.__qualname__ = name
    return found


def _is_next(flow: Flow, step_id: str) -> Guard:
    def is_next(model: Facts) -> bool:
        if model.leads_to is None:
            model.leads_to = following(flow, model)
        return model.leads_to == step_id

    return is_next


def _chose(_: Flow, number: str) -> Guard:
    chosen = int(number)

    def chose(model: Facts) -> bool:
        return model.choice == chosen

    return chose


def _came_from(_: Flow, step_id: str) -> Guard:
    def came_from(model: Facts) -> bool:
        return model.came_from == step_id

    return came_from


def _changes(_: Flow, step_id: str) -> Guard:
    def changes(model: Facts) -> bool:
        return model.change_to == step_id

    return changes


def _may_ask_again(_: Flow, __: str) -> Guard:
    def may_ask_again(model: Facts) -> bool:
        return model.misunderstood < ASK_AGAIN_LIMIT

    return may_ask_again


_GUARDS: Mapping[str, Callable[[Flow, str], Guard]] = MappingProxyType(
    {"next": _is_next, "choose": _chose, "back": _came_from, "change": _changes, "again": _may_ask_again}
)
