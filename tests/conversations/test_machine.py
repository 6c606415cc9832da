"""The compiled machine decides each step, strictly; the library's traps stay closed."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from statemachine.exceptions import TransitionNotAllowed

from conversations.flow import Flow, Step
from conversations.flows import shipped
from conversations.machine import RESERVED, Facts, MachineError, advance, compile_flow

FLOW = shipped("starter")


def changed(flow: Flow, *steps: Step, hash: str) -> Flow:  # noqa: A002
    """A flow with some of its steps replaced by id."""
    by_id = {step.id: step for step in steps}
    return Flow(
        slug=flow.slug,
        version=flow.version,
        hash=hash,
        label=flow.label,
        languages=flow.languages,
        lines=flow.lines,
        keywords=flow.keywords,
        steps=tuple(by_id.get(step.id, step) for step in flow.steps),
    )


def renamed(flow: Flow, old: str, new: str) -> Flow:
    """The flow with one step called otherwise, its links with it."""
    steps = [
        dataclasses.replace(
            step,
            id=new if step.id == old else step.id,
            next=new if step.next == old else step.next,
            choices=tuple(dataclasses.replace(c, to=new) if c.to == old else c for c in step.choices),
        )
        for step in flow.steps
    ]
    return Flow(
        flow.slug, flow.version, f"renamed {new}", flow.label, flow.languages, flow.lines, flow.keywords, tuple(steps)
    )


@pytest.mark.parametrize(
    ("facts", "event", "following"),
    [
        (Facts("opening"), "open", "place"),
        (Facts("place"), "answered", "train"),
        (Facts("place", settled=("train",)), "answered", "account"),
        (Facts("place", settled=("train", "account")), "answered", "done"),
        (Facts("place", settled=("train", "account"), known=("place.at",)), "answered", "playback"),
        (Facts("place", settled=("train", "account", "playback"), known=("place.at",)), "answered", "done"),
        (Facts("account", known=("service",)), "answered", "playback"),
        (Facts("account", known=("service",), danger=True), "answered", "done"),
        (Facts("account", known=("look",)), "answered", "done"),
        (Facts("playback", choice=1), "answered", "done"),
        (Facts("playback", choice=2), "answered", "which"),
        (Facts("which", choice=1), "answered", "place"),
        (Facts("which", choice=2), "answered", "train"),
        (Facts("place"), "skipped", "train"),
        (Facts("playback"), "skipped", "done"),
        (Facts("place"), "not_understood", "place"),
        (Facts("place", misunderstood=1), "not_understood", "train"),
        (Facts("playback", misunderstood=1), "not_understood", "done"),
        (Facts("place"), "back", "place"),
        (Facts("train", came_from="place"), "back", "place"),
        (Facts("account", came_from="train"), "back", "train"),
        (Facts("opening", danger=True), "danger", "place"),
        (Facts("train", danger=True), "danger", "train"),
        (Facts("playback", danger=True, known=("service",)), "danger", "done"),
        (Facts("done", danger=True), "danger", "done"),
        (Facts("stopped", danger=True), "danger", "stopped"),
        (Facts("done"), "open", "place"),
        (Facts("stopped"), "open", "place"),
        *((Facts(step), "stop", "stopped") for step in ("opening", "stopped", *FLOW.by_id)),
    ],
)
def test_the_machine_decides_the_step(facts: Facts, event: str, following: str):
    assert advance(FLOW, event, facts) == following


def test_facts_are_left_alone():
    facts = Facts("place")

    advance(FLOW, "answered", facts)

    assert facts == Facts("place")


@pytest.mark.parametrize("event", ["answered", "skipped", "back", "not_understood"])
@pytest.mark.parametrize("state", ["opening", "done", "stopped"])
def test_an_event_that_a_step_does_not_know_raises(state: str, event: str):
    """Trap 1: lenient defaults would ignore it; the next turn works (rebuilt after an exception)."""
    with pytest.raises(TransitionNotAllowed):
        advance(FLOW, event, Facts(state))

    assert advance(FLOW, "answered", Facts("place")) == "train"


def test_an_unknown_event_raises():
    with pytest.raises(TransitionNotAllowed):
        advance(FLOW, "timed_out", Facts("place"))


def test_an_unknown_step_raises_and_the_next_turn_works():
    """Traps 3 and 7."""
    with pytest.raises(KeyError):
        advance(FLOW, "answered", Facts("interview"))

    assert advance(FLOW, "answered", Facts("place")) == "train"


def test_a_guard_that_raises_is_no_silent_other_way():
    """Trap 1: on a StateChart the next transition would be taken."""
    with pytest.raises(TypeError):
        advance(FLOW, "not_understood", Facts("place", misunderstood=None))  # type: ignore[arg-type]


def test_an_end_is_not_the_end_of_the_machine():
    """Trap 6: a reused instance would refuse everything after a final state."""
    for _ in range(3):
        assert advance(FLOW, "answered", Facts("playback", choice=1)) == "done"
        assert advance(FLOW, "stop", Facts("done")) == "stopped"


@pytest.mark.parametrize(
    "name", ["send", "model", "states", "configuration", "history_values", "name", "answered", "stop"]
)
def test_a_reserved_id_is_refused(name: str):
    """Trap 5."""
    assert name in RESERVED

    with pytest.raises(MachineError, match=name):
        compile_flow(renamed(FLOW, "train", name))


def test_no_step_of_the_shipped_flow_is_reserved():
    assert RESERVED.isdisjoint(FLOW.by_id)


def test_steps_in_a_circle_are_refused():
    circle = dataclasses.replace(FLOW.by_id["account"], next="place")

    with pytest.raises(MachineError, match="no end"):
        compile_flow(changed(FLOW, circle, hash="in a circle"))


def test_a_version_is_compiled_once():
    assert compile_flow(FLOW) is compile_flow(FLOW)


def test_threads_share_no_instance():
    """Trap 10 of the performance notes: a second thread's send on a busy machine would return None."""
    wrong: list[str] = []
    begin = threading.Barrier(8)

    def talk() -> None:
        begin.wait()
        for _ in range(200):
            walked = [advance(FLOW, "open", Facts("opening")), advance(FLOW, "answered", Facts("place"))]
            wrong.extend(step for step, right in zip(walked, ("place", "train"), strict=True) if step != right)

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
