"""The table decides as the machine does: every shipped flow, every state and event, whatever is known."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine import State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

from conversations import flows
from conversations.conditions import BEHAVIOURS, FLAGS, SLOTS, VALUES, View
from conversations.flow import Flow
from conversations.flows import shipped, slugs
from conversations.flows.compile import as_text
from conversations.guards import EVENTS, Facts
from conversations.machine import compile_flow, send
from conversations.table import advance, ways_of

FLOWS = [shipped(slug) for slug in slugs()]


@st.composite
def views(draw: st.DrawFn, steps: list[str]) -> View:
    """Anything that may be known of a conversation."""
    return View(
        **{key: draw(st.sampled_from(values)) for key, values in VALUES.items()},
        **{flag: draw(st.booleans()) for flag in FLAGS if flag != "still_there"},
        still_there=draw(st.none() | st.booleans()),
        behaviours=draw(st.frozensets(st.sampled_from(BEHAVIOURS), max_size=3)),
        language=draw(st.sampled_from(["en", "cy"])),
        hour=draw(st.integers(0, 23)),
        known=draw(st.frozensets(st.sampled_from(SLOTS))),
        answered=draw(st.dictionaries(st.sampled_from(steps), st.integers(0, 3), max_size=2)),
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[int, str, Facts]:
    index = draw(st.integers(0, len(FLOWS) - 1))
    names = [str(state.value) for state in compile_flow(FLOWS[index]).states]
    facts = Facts(
        state=draw(st.sampled_from(names)),
        view=draw(views(names)),
        settled=draw(st.lists(st.sampled_from(names), unique=True)),
        choice=draw(st.integers(0, 4)),
        misunderstood=draw(st.integers(0, 3)),
        came_from=draw(st.none() | st.sampled_from(names)),
        change_to=draw(st.none() | st.sampled_from(names)),
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
        advance(FLOWS[0], "next", Facts(state="nowhere"))


def test_a_machine_that_does_more_than_lead_on_is_refused() -> None:
    class Busy(StateMachine):
        first = State(initial=True)
        last = State(final=True)
        go = first.to(last)

        def on_go(self) -> None:
            """What a table would leave out."""

    with pytest.raises(ValueError, match="more than lead on"):
        ways_of(Busy)


def test_what_travels_with_the_flows_is_what_their_machines_say() -> None:
    """`python -m conversations.flows.compile` writes the file anew."""
    assert flows.AHEAD.read_text() == as_text()


@pytest.mark.parametrize("flow", FLOWS, ids=slugs())
def test_a_table_compiled_ahead_is_the_one_read_off_the_machine(flow: Flow) -> None:
    ahead, read_off = flows.ways(flow), ways_of(compile_flow(flow))

    assert ahead is not None
    assert json.dumps(ahead, sort_keys=True) == json.dumps(read_off, sort_keys=True)


def test_an_operators_own_flow_has_its_table_from_its_machine() -> None:
    """The same steps under another hash, as an edited file has them."""
    edited = replace(shipped("starter"), hash="0" * 64)

    assert flows.ways(edited) is None
    assert advance(edited, "next", Facts("place", settled=("place",))) == "train"
    assert advance(edited, "stop", Facts("done")) == "stopped"


def test_a_shipped_file_that_was_edited_in_place_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = shipped("starter")
    monkeypatch.setattr(flows, "source", lambda _: "# edited")
    flows.version.cache_clear()
    monkeypatch.setattr(flows, "shipped", lambda _: replace(flow, version=7, hash="f" * 64))

    assert flows.version("starter") == (7, "f" * 64)

    flows.version.cache_clear()


def test_a_process_that_answers_loads_no_machine() -> None:
    """S20: loading the library takes longer than ten turns."""
    script = (
        "import sys\n"
        "from conversations.flows import shipped\n"
        "from conversations.table import Table, advance\n"
        "from conversations.guards import Facts\n"
        "assert advance(shipped('railway'), 'stop', Facts()) == 'stopped'\n"
        "assert 'statemachine' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
