"""Flow to StateMachine: the machine decides every next step.

One class a flow version, compiled once, and read off once more into a table (`conversations.table`). Flat states,
strict `StateMachine` (an unknown event or a guard that raises is an error, never a silent other way).

    MachineError    the steps do not make a machine
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from types import new_class
from typing import Any, cast

from statemachine import State, StateMachine
from statemachine.exceptions import InvalidDefinition
from statemachine.transition_list import TransitionList

from conversations.conditions import Condition, View
from conversations.flow import OPENING, STOPPED, Flow, Kind, Step
from conversations.table import Table

EVENTS = ("next", "choose", "again", "back", "change", "stop")
"""`next`: on, from anywhere. `choose`: a number was chosen. `again`: the answer was not understood. `back`: to the
question before. `change`: to what the play-back found wrong. `stop`: no more texts."""

_ON_INSTANCES = frozenset({"model", "state_field", "start_value", "history_values", "allow_event_without_transition"})
RESERVED = frozenset(dir(StateMachine)) | _ON_INSTANCES | frozenset(EVENTS)
"""Names that a step may not have: they would shadow the machine's own."""

ASK_AGAIN_LIMIT = 1

Guard = Callable[["Facts"], bool]


class MachineError(ValueError):
    """The steps of a flow do not make a machine. The text names the step."""


@dataclass(slots=True)
class Facts:
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
    leads_to: str | None = field(default=None, compare=False, repr=False)


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
    for when, steps in _plan(flow):
        if when is None or when.holds(facts.view):
            for step in steps:
                if wanted(step, facts):
                    return step.id
    return flow.end.id


class FlowMachine(StateMachine):
    """What all compiled flows share. Strict: an event that a step does not know raises."""

    catch_errors_as_events = False
    allow_event_without_transition = False


@lru_cache(maxsize=256)
def compile_flow(flow: Flow) -> type[FlowMachine]:
    """The machine class of a flow version. Raises MachineError. A probe instance resolves every guard."""
    taken = sorted({step.id for step in flow.steps} & RESERVED)
    if taken:
        raise MachineError(f"step {taken[0]!r}: this id is reserved, choose another")
    names = [OPENING, *(step.id for step in flow.steps), STOPPED]
    states = {name: State(name, value=name, initial=name == OPENING) for name in names}
    members = {**states, **_events(flow, states)}
    try:
        machine = cast(
            "type[FlowMachine]",
            new_class(f"Flow_{flow.slug}", (FlowMachine,), exec_body=lambda body: body.update(members)),
        )
        machine(Facts())
    except InvalidDefinition as error:
        raise MachineError(str(error)) from None
    return machine


@lru_cache(maxsize=256)
def _table(flow: Flow) -> Table:
    return Table(compile_flow(flow))


@lru_cache(maxsize=256)
def _plan(flow: Flow) -> tuple[tuple[Condition | None, tuple[Step, ...]], ...]:
    """The orders with their steps, an end behind each: what is asked never runs out without one."""
    return tuple((order.when, (*(flow.by_id[name] for name in order.ask), flow.end)) for order in flow.orders)


def advance(flow: Flow, event: str, facts: Facts) -> str:
    """The step that follows an event, by the machine's own states and transitions; `facts` says the same afterwards.

    Raises:
        statemachine.exceptions.TransitionNotAllowed: the step does not know the event.
        KeyError: the flow does not have the step.
    """
    facts.leads_to = None
    return _table(flow).follows(facts.state, event, facts)


_instances = threading.local()
_COPIED = ("view", "settled", "choice", "misunderstood", "came_from", "change_to", "state")


def send(flow: Flow, event: str, facts: Facts) -> str:
    """The same by the machine itself, an instance a thread and version: what the table is held against."""
    machines = cast("dict[tuple[str, int, str], FlowMachine]", _instances.__dict__)
    machine = machines.get(flow.key)
    if machine is None:
        if len(machines) > 64:
            machines.clear()
        machine = machines[flow.key] = compile_flow(flow)(Facts())
    model: Any = machine.model
    for name in _COPIED:
        setattr(model, name, getattr(facts, name))
    model.leads_to = None
    try:
        machine.send(event)
        came_to: str = model.state
    except BaseException:
        del machines[flow.key]
        raise
    model.view, model.settled = View(), ()
    return came_to


def _events(flow: Flow, states: dict[str, State]) -> dict[str, TransitionList]:
    """All transitions, by event. Of those of one state and event the first whose guard holds is taken."""
    routes: dict[str, list[TransitionList]] = {event: [] for event in EVENTS}
    arrivals = [(step.id, _is_next(flow, step.id)) for step in flow.steps]
    for name, state in states.items():
        step = flow.by_id.get(name)
        onward = ["next"]
        if step is not None and step.kind is not Kind.END:
            _question(flow, states, step, routes)
            onward += ["choose", "again"]
        for target, guard in arrivals:
            leads = state.to(states[target], cond=guard)
            for event in onward:
                routes[event].append(leads)
        routes["stop"].append(state.to(states[STOPPED]))
    return {event: _joined(found) for event, found in routes.items()}


def _question(flow: Flow, states: dict[str, State], step: Step, routes: dict[str, list[TransitionList]]) -> None:
    """What comes before the way on: a choice's own step, the question once more, the way back, a change."""
    state = states[step.id]
    for choice in step.choices:
        if choice.to is not None:
            routes["choose"].append(state.to(states[choice.to], cond=_chose(choice.number)))
    stays = state.to(state, cond=_may_ask_again)
    routes["again"].append(stays)
    for other in flow.steps:
        if other.kind is not Kind.END and other is not step:
            routes["back"].append(state.to(states[other.id], cond=_came_from(other.id)))
            if step.kind is Kind.PLAYBACK:
                routes["change"].append(state.to(states[other.id], cond=_changes(other.id)))
    otherwise = state.to(state)
    routes["back"].append(otherwise)
    if step.kind is Kind.PLAYBACK:
        routes["change"].append(otherwise)


def _joined(found: list[TransitionList]) -> TransitionList:
    joined = TransitionList()
    for transitions in found:
        joined.add_transitions(transitions)
    return joined


def _is_next(flow: Flow, step_id: str) -> Guard:
    def is_next(model: Facts) -> bool:
        if model.leads_to is None:
            model.leads_to = following(flow, model)
        return model.leads_to == step_id

    return is_next


def _chose(number: int) -> Guard:
    def chose(model: Facts) -> bool:
        return model.choice == number

    return chose


def _came_from(step_id: str) -> Guard:
    def came_from(model: Facts) -> bool:
        return model.came_from == step_id

    return came_from


def _changes(step_id: str) -> Guard:
    def changes(model: Facts) -> bool:
        return model.change_to == step_id

    return changes


def _may_ask_again(model: Facts) -> bool:
    return model.misunderstood < ASK_AGAIN_LIMIT
