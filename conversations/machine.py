"""Flow to StateMachine: the machine decides every next step.

One class a flow version, compiled once, and read off once more into a table (`conversations.table`). Flat states,
strict `StateMachine` (an unknown event or a guard that raises is an error, never a silent other way).

    MachineError    the steps do not make a machine
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import new_class
from typing import Any, cast

from statemachine import State, StateMachine
from statemachine.exceptions import InvalidDefinition
from statemachine.transition_list import TransitionList

from conversations.flow import OPENING, STOPPED, Flow, Kind, Step
from conversations.table import Table

EVENTS = ("open", "answered", "skipped", "not_understood", "back", "danger", "stop")
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

    `settled` are the questions answered or skipped, `known` the slots with something to repeat, `choice` the number
    chosen or 0, `came_from` the question before this one.
    """

    state: str = OPENING
    settled: Collection[str] = ()
    known: Collection[str] = ()
    choice: int = 0
    misunderstood: int = 0
    came_from: str | None = None
    danger: bool = False


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


def advance(flow: Flow, event: str, facts: Facts) -> str:
    """The step that follows an event, by the machine's own states and transitions; `facts` is not changed.

    Raises:
        statemachine.exceptions.TransitionNotAllowed: the step does not know the event.
        KeyError: the flow does not have the step.
    """
    return _table(flow).follows(facts.state, event, facts)


_instances = threading.local()


def send(flow: Flow, event: str, facts: Facts) -> str:
    """The same by the machine itself, an instance a thread and version: what the table is held against."""
    machines = cast("dict[tuple[str, int, str], FlowMachine]", _instances.__dict__)
    machine = machines.get(flow.key)
    if machine is None:
        if len(machines) > 64:
            machines.clear()
        machine = machines[flow.key] = compile_flow(flow)(Facts())
    model: Any = machine.model
    model.settled, model.known, model.choice = facts.settled, facts.known, facts.choice
    model.misunderstood, model.came_from, model.danger = facts.misunderstood, facts.came_from, facts.danger
    model.state = facts.state
    try:
        machine.send(event)
        following: str = model.state
    except BaseException:
        del machines[flow.key]
        raise
    model.settled = model.known = ()
    return following


def _events(flow: Flow, states: dict[str, State]) -> dict[str, TransitionList]:
    routes: dict[str, list[TransitionList]] = {event: [] for event in EVENTS}
    chain_from_first = [flow.first, *_chain(flow, flow.first)]
    for name, state in states.items():
        routes["open"] += _first_wanted(states, state, chain_from_first)
        routes["stop"].append(state.to(states[STOPPED]))
        step = flow.by_id.get(name)
        if step is None:
            routes["danger"] += _first_wanted(states, state, chain_from_first) if name == OPENING else [state.to(state)]
        elif step.kind is Kind.END:
            routes["danger"].append(state.to(state))
        else:
            _question(flow, states, step, routes)
    return {event: _joined(found) for event, found in routes.items()}


def _question(flow: Flow, states: dict[str, State], step: Step, routes: dict[str, list[TransitionList]]) -> None:
    state, chain = states[step.id], _chain(flow, step)
    for choice in step.choices:
        routes["answered"].append(state.to(states[choice.to], cond=_chose(choice.number)))
    routes["answered"] += _first_wanted(states, state, chain)
    routes["skipped"] += _first_wanted(states, state, chain)
    routes["not_understood"].append(state.to(state, cond=_may_ask_again))
    routes["not_understood"] += _first_wanted(states, state, chain)
    for other in flow.steps:
        if other.kind is not Kind.END and other is not step:
            routes["back"].append(state.to(states[other.id], cond=_came_from(other.id)))
    routes["back"].append(state.to(state))
    routes["danger"] += [state.to(state)] if step.in_danger else _first_wanted(states, state, chain)


def _chain(flow: Flow, step: Step) -> list[Step]:
    """The steps that follow by `next`, up to an end. Raises MachineError where they run in a circle."""
    found: list[Step] = []
    while step.next is not None:
        step = flow.by_id[step.next]
        if step in found:
            raise MachineError(f"step {step.id!r}: the steps after it lead back to it and to no end")
        found.append(step)
    return found


def _first_wanted(states: dict[str, State], source: State, chain: Iterable[Step]) -> list[TransitionList]:
    """Transitions to the first step of the chain that is still wanted; an end always is."""
    return [
        source.to(states[step.id]) if step.kind is Kind.END else source.to(states[step.id], cond=_wanted(step))
        for step in chain
    ]


def _joined(found: list[TransitionList]) -> TransitionList:
    joined = TransitionList()
    for transitions in found:
        joined.add_transitions(transitions)
    return joined


def _wanted(step: Step) -> Guard:
    slots = frozenset(repeat.slot for repeat in step.repeats)

    def wanted(model: Facts) -> bool:
        if step.id in model.settled or (model.danger and not step.in_danger):
            return False
        return not slots or not slots.isdisjoint(model.known)

    return wanted


def _chose(number: int) -> Guard:
    def chose(model: Facts) -> bool:
        return model.choice == number

    return chose


def _came_from(step_id: str) -> Guard:
    def came_from(model: Facts) -> bool:
        return model.came_from == step_id

    return came_from


def _may_ask_again(model: Facts) -> bool:
    return model.misunderstood < ASK_AGAIN_LIMIT
