"""The table decides as the machine does: every shipped flow, every state and event, whatever is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine import State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

from conversations.flows import shipped, slugs
from conversations.machine import EVENTS, Facts, advance, compile_flow, send
from conversations.table import Table

FLOWS = [shipped(slug) for slug in slugs()]


@st.composite
def situations(draw: st.DrawFn) -> tuple[int, str, Facts]:
    index = draw(st.integers(0, len(FLOWS) - 1))
    names = [str(state.value) for state in compile_flow(FLOWS[index]).states]
    slots = [repeat.slot for step in FLOWS[index].steps for repeat in step.repeats]
    facts = Facts(
        state=draw(st.sampled_from(names)),
        settled=draw(st.lists(st.sampled_from(names), unique=True)),
        known=draw(st.lists(st.sampled_from([*slots, "other"]), unique=True)),
        choice=draw(st.integers(0, 4)),
        misunderstood=draw(st.integers(0, 3)),
        came_from=draw(st.none() | st.sampled_from(names)),
        danger=draw(st.booleans()),
    )
    return index, draw(st.sampled_from(EVENTS)), facts


@given(situations())
def test_s13_the_table_and_the_machine_agree(situation: tuple[int, str, Facts]) -> None:
    index, event, facts = situation
    flow = FLOWS[index]
    try:
        expected = send(flow, event, facts)
    except TransitionNotAllowed:
        with pytest.raises(TransitionNotAllowed):
            advance(flow, event, facts)
    else:
        assert advance(flow, event, facts) == expected


def test_a_state_that_the_flow_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        advance(FLOWS[0], "answered", Facts(state="nowhere"))


def test_a_machine_that_does_more_than_lead_on_is_refused() -> None:
    class Busy(StateMachine):
        first = State(initial=True)
        last = State(final=True)
        go = first.to(last)

        def on_go(self) -> None:
            """What a table would leave out."""

    with pytest.raises(ValueError, match="more than lead on"):
        Table(Busy)
