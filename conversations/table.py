"""A compiled machine's own states and transitions as a table: the same decisions at a fraction of the cost.

`conversations.machine` defines the flow's machine with python-statemachine, and the library stays the measure: a
property test holds every decision of the table against the machine's own `send`. A send costs about as much as the
commit of a whole turn, most of it spent on callbacks that a flow does not have. The tables of the shipped flows are
read off ahead (`conversations.flows`), and a test holds them against the machines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from conversations import flows
from conversations.flow import Flow
from conversations.guards import Facts, Guard, following, guard

if TYPE_CHECKING:
    from statemachine import StateMachine

Ways = Mapping[str, Mapping[str, Sequence[tuple[Sequence[str], str]]]]
"""By state and event the ways on, the first open one is taken: the names of its guards, and where it leads."""

_Ways = tuple[tuple[tuple[tuple[Guard, ...], str], ...], dict[str, str], tuple[tuple[tuple[Guard, ...], str], ...]]
_ONWARD = "next:"


class Table:
    """What follows each state on each event, by the names of guards of a flow."""

    def __init__(self, ways: Ways, flow: Flow) -> None:
        self._names = ways
        self._flow = flow
        self._guards: dict[str, Guard] = {}
        self._ways: dict[tuple[str, str], _Ways] = {}

    def follows(self, state: str, event: str, model: Facts) -> str:
        """The state that follows: the first way whose guards all hold.

        Raises:
            statemachine.exceptions.TransitionNotAllowed: no way is open, as in the machine.
            KeyError: the machine has no such state.
        """
        guarded, onward, others = self._ways.get((state, event)) or self._look_up(state, event)
        for guards, target in guarded:
            for holds in guards:
                if not holds(model):
                    break
            else:
                return target
        if onward:
            if model.leads_to is None:
                model.leads_to = following(self._flow, model)
            if (arrived := onward.get(model.leads_to)) is not None:
                return arrived
        for guards, target in others:
            for holds in guards:
                if not holds(model):
                    break
            else:
                return target
        raise _not_allowed(state)

    def _look_up(self, state: str, event: str) -> _Ways:
        """The ways in their order, a first run of those that only lead on to the next step as one look-up."""
        named = list(self._names[state].get(event, ()))
        runs = [len(names) == 1 and names[0].startswith(_ONWARD) for names, _ in named]
        first = runs.index(True) if True in runs else len(runs)
        last = next((index for index in range(first, len(runs)) if not runs[index]), len(runs))
        onward: dict[str, str] = {}
        for names, target in named[first:last]:
            onward.setdefault(names[0].removeprefix(_ONWARD), target)
        found = self._guarded(named[:first]), onward, self._guarded(named[last:])
        self._ways[state, event] = found
        return found

    def _guarded(self, named: Sequence[tuple[Sequence[str], str]]) -> tuple[tuple[tuple[Guard, ...], str], ...]:
        return tuple((tuple(self._guard(name) for name in names), target) for names, target in named)

    def _guard(self, name: str) -> Guard:
        if name not in self._guards:
            self._guards[name] = guard(self._flow, name)
        return self._guards[name]


@lru_cache(maxsize=256)
def table(flow: Flow) -> Table:
    """The table of a flow version: as it was read off ahead, else from its machine. Raises MachineError."""
    ways = flows.ways(flow)
    if ways is None:
        from conversations.machine import compile_flow

        ways = ways_of(compile_flow(flow))
    return Table(ways, flow)


def advance(flow: Flow, event: str, facts: Facts) -> str:
    """The step that follows an event, by the machine's own states and transitions; `facts` says the same afterwards.

    Raises:
        statemachine.exceptions.TransitionNotAllowed: the step does not know the event.
        KeyError: the flow does not have the step.
    """
    facts.leads_to = None
    return table(flow).follows(facts.state, event, facts)


def ways_of(machine: type[StateMachine]) -> Ways:
    """What a machine class says of its ways on.

    Args:
        machine: a class whose guards are plain functions of the model and whose transitions do nothing else.

    Raises ValueError where the machine has callbacks that a table cannot honour.
    """
    found: dict[str, dict[str, list[tuple[list[str], str]]]] = {}
    for state in machine.states:
        of = found.setdefault(str(state.value), {})
        for transition in state.transitions:
            _refuse_actions(machine, transition)
            way = ([_name(spec) for spec in transition.cond], str(transition.target.value))
            for event in transition.events:
                of.setdefault(str(event), []).append(way)
    return found


def _refuse_actions(machine: type[StateMachine], transition: Any) -> None:
    for group in ("before", "on", "after", "validators"):
        for spec in getattr(transition, group):
            # The library lists the names it would call by convention, whether or not the machine has them.
            if not (spec.is_convention and not hasattr(machine, spec.func)):
                raise ValueError(f"state {transition.source.id!r}: a transition does more than lead on")


def _name(spec: Any) -> str:
    if not callable(spec.func) or not getattr(spec, "expected_value", True):
        raise ValueError("a guard is not a plain function of the model")
    return str(spec.func.__name__)


def _not_allowed(state: str) -> Exception:
    from statemachine import State
    from statemachine.exceptions import TransitionNotAllowed

    return TransitionNotAllowed(None, {State(state, value=state)})
