"""A compiled machine's own states and transitions as a table: the same decisions at a fraction of the cost.

`conversations.machine` defines the flow's machine with python-statemachine, and the library stays the measure: a
property test holds every decision of the table against the machine's own `send`. A send costs about as much as the
commit of a whole turn, most of it spent on callbacks that a flow does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statemachine import StateMachine
from statemachine.exceptions import TransitionNotAllowed

Guards = tuple[Callable[[Any], bool], ...]


class Table:
    """What follows each state on each event.

    Args:
        machine: a class whose guards are plain functions of the model and whose transitions do nothing else.

    Raises ValueError where the machine has callbacks that a table cannot honour.
    """

    def __init__(self, machine: type[StateMachine]) -> None:
        self._machine = machine
        self._ways: dict[tuple[str, str], list[tuple[Guards, str]]] = {}
        for state in machine.states:
            for transition in state.transitions:
                _refuse_actions(machine, transition)
                way = (tuple(_function(spec) for spec in transition.cond), str(transition.target.value))
                for event in transition.events:
                    self._ways.setdefault((str(state.value), str(event)), []).append(way)

    def follows(self, state: str, event: str, model: Any) -> str:
        """The state that follows: the first way whose guards all hold.

        Raises:
            TransitionNotAllowed: no way is open, as in the machine.
            KeyError: the machine has no such state.
        """
        for guards, target in self._ways.get((state, event), ()):
            if all(guard(model) for guard in guards):
                return target
        found = self._machine.states_map[state]
        raise TransitionNotAllowed(None, {found})


def _refuse_actions(machine: type[StateMachine], transition: Any) -> None:
    for group in ("before", "on", "after", "validators"):
        for spec in getattr(transition, group):
            # The library lists the names it would call by convention, whether or not the machine has them.
            if not (spec.is_convention and not hasattr(machine, spec.func)):
                raise ValueError(f"state {transition.source.id!r}: a transition does more than lead on")


def _function(spec: Any) -> Callable[[Any], bool]:
    if not callable(spec.func) or not getattr(spec, "expected_value", True):
        raise ValueError("a guard is not a plain function of the model")
    function: Callable[[Any], bool] = spec.func
    return function
