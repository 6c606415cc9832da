"""Flow to StateMachine: the machine decides every next step.

One class a flow version, compiled once, and read off once more into a table (`conversations.table`), which travels with
the shipped flows: a process that answers a carrier need not load the library. Flat states, strict `StateMachine` (an
unknown event or a guard that raises is an error, never a silent other way).

    MachineError    the steps do not make a machine
"""

from __future__ import annotations

import threading
from functools import lru_cache
from types import new_class
from typing import Any, cast

from statemachine import State, StateMachine
from statemachine.exceptions import InvalidDefinition
from statemachine.transition_list import TransitionList

from conversations.conditions import View
from conversations.flow import OPENING, STOPPED, Flow, Kind, Step
from conversations.guards import EVENTS, Facts, guard

_ON_INSTANCES = frozenset({"model", "state_field", "start_value", "history_values", "allow_event_without_transition"})
RESERVED = frozenset(dir(StateMachine)) | _ON_INSTANCES | frozenset(EVENTS)
"""Names that a step may not have: they would shadow the machine's own."""


class MachineError(ValueError):
    """The steps of a flow do not make a machine. The text names the step."""


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
    arrivals = [(step.id, guard(flow, f"next:{step.id}")) for step in flow.steps]
    for name, state in states.items():
        step = flow.by_id.get(name)
        onward = ["next"]
        if step is not None and step.kind is not Kind.END:
            _question(flow, states, step, routes)
            onward += ["choose", "again"]
        for target, arrives in arrivals:
            leads = state.to(states[target], cond=arrives)
            for event in onward:
                routes[event].append(leads)
        routes["stop"].append(state.to(states[STOPPED]))
    return {event: _joined(found) for event, found in routes.items()}


def _question(flow: Flow, states: dict[str, State], step: Step, routes: dict[str, list[TransitionList]]) -> None:
    """What comes before the way on: a choice's own step, the question once more, the way back, a change."""
    state = states[step.id]
    for choice in step.choices:
        if choice.to is not None:
            routes["choose"].append(state.to(states[choice.to], cond=guard(flow, f"choose:{choice.number}")))
    stays = state.to(state, cond=guard(flow, "again"))
    routes["again"].append(stays)
    for other in flow.steps:
        if other.kind is not Kind.END and other is not step:
            routes["back"].append(state.to(states[other.id], cond=guard(flow, f"back:{other.id}")))
            if step.kind is Kind.PLAYBACK:
                routes["change"].append(state.to(states[other.id], cond=guard(flow, f"change:{other.id}")))
    otherwise = state.to(state)
    routes["back"].append(otherwise)
    if step.kind is Kind.PLAYBACK:
        routes["change"].append(otherwise)


def _joined(found: list[TransitionList]) -> TransitionList:
    joined = TransitionList()
    for transitions in found:
        joined.add_transitions(transitions)
    return joined
