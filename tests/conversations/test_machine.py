"""The compiled machine decides each step, strictly; the library's traps stay closed."""

from __future__ import annotations

import threading
from dataclasses import fields
from typing import Any

import pytest
from msgspec.structs import replace
from statemachine.exceptions import TransitionNotAllowed

from conversations.conditions import Condition, Is, Not, View
from conversations.flow import Flow
from conversations.flows import shipped
from conversations.guards import Facts, following
from conversations.machine import RESERVED, MachineError, compile_flow, send
from conversations.table import advance

FLOW = shipped("starter")


def renamed(flow: Flow, old: str, new: str) -> Flow:
    """The flow with one step called otherwise, its orders with it."""
    steps = tuple(replace(step, id=new) if step.id == old else step for step in flow.steps)
    orders = tuple(
        replace(order, ask=tuple(new if name == old else name for name in order.ask)) for order in flow.orders
    )
    return rebuilt(flow, steps=steps, orders=orders, hash=f"renamed {new}")


def rebuilt(flow: Flow, **changes: Any) -> Flow:
    """The flow with some of its parts replaced; give it another hash."""
    parts = {part.name: getattr(flow, part.name) for part in fields(flow) if part.init}
    return Flow(**{**parts, **changes})


def knowing(*slots: str, **more: Any) -> View:
    """A view of a conversation in which something of these slots is known."""
    return View(known=frozenset(slots), **more)


@pytest.mark.parametrize(
    ("facts", "event", "leads_to"),
    [
        (Facts("opening"), "next", "place"),
        (Facts("opening", view=knowing("place", "place.at")), "next", "train"),
        (Facts("opening", view=knowing("place", "account", "service")), "next", "playback"),
        (Facts("place", settled=("place",)), "next", "train"),
        (Facts("place", settled=("place", "train")), "next", "account"),
        (Facts("place", settled=("place", "train", "account")), "next", "done"),
        (Facts("place", view=knowing("place", "account"), settled=("train",)), "next", "playback"),
        (Facts("place", view=knowing("place"), settled=("train", "account", "playback")), "next", "done"),
        (Facts("account", view=knowing("look", "account"), settled=("place", "train")), "next", "done"),
        (Facts("account", view=knowing("service", "account", urgency="emergency"), settled=("place",)), "next", "done"),
        (Facts("playback", choice=1, settled=("place", "train", "account", "playback")), "choose", "done"),
        (Facts("playback", change_to="place"), "change", "place"),
        (Facts("playback", change_to="train"), "change", "train"),
        (Facts("playback"), "change", "playback"),
        (Facts("place"), "again", "place"),
        (Facts("place", misunderstood=1, settled=("place",)), "again", "train"),
        (Facts("place"), "back", "place"),
        (Facts("train", came_from="place"), "back", "place"),
        (Facts("account", came_from="train"), "back", "train"),
        (Facts("done"), "next", "place"),
        (Facts("stopped"), "next", "place"),
        *((Facts(step), "stop", "stopped") for step in ("opening", "stopped", *FLOW.by_id)),
    ],
)
def test_the_machine_decides_the_step(facts: Facts, event: str, leads_to: str):
    assert advance(FLOW, event, facts) == leads_to
    assert send(FLOW, event, facts) == leads_to


def test_a_choice_with_a_way_of_its_own_goes_before_the_order():
    playback = FLOW.by_id["playback"]
    ways = (replace(playback.choices[0], to="train"), playback.choices[1])
    flow = rebuilt(
        FLOW,
        steps=tuple(replace(s, choices=ways) if s is playback else s for s in FLOW.steps),
        hash="own way",
    )
    settled = ("place", "train", "account", "playback")

    for number, leads_to in ((1, "train"), (2, "done"), (0, "done")):
        assert advance(flow, "choose", Facts("playback", choice=number, settled=settled)) == leads_to
        assert send(flow, "choose", Facts("playback", choice=number, settled=settled)) == leads_to


def test_a_question_is_asked_only_where_its_condition_holds():
    train = replace(FLOW.by_id["train"], when=Condition((Not(Condition((Is("platform", (True,)),))),)))
    flow = rebuilt(FLOW, steps=tuple(train if s.id == "train" else s for s in FLOW.steps), hash="no train on platforms")

    assert advance(flow, "next", Facts("place", view=knowing("place"))) == "train"
    assert advance(flow, "next", Facts("place", view=knowing("place", platform=True))) == "account"


def test_the_first_order_that_fits_decides():
    assert following(FLOW, Facts(view=knowing("place", "service", "account"))) == "playback"
    assert following(FLOW, Facts(view=knowing("place", "service", "account", urgency="emergency"))) == "done"


def test_a_new_fact_changes_what_follows_at_once():
    """Nothing of the turn before is remembered in the facts themselves."""
    facts = Facts("place", settled=["place"])
    assert advance(FLOW, "next", facts) == "train"

    facts.view = knowing("service")

    assert advance(FLOW, "next", facts) == "account"


def test_facts_are_left_alone():
    facts = Facts("place")

    advance(FLOW, "next", facts)

    assert replace(facts, leads_to=None) == Facts("place")


@pytest.mark.parametrize("event", ["choose", "back", "again", "change"])
@pytest.mark.parametrize("state", ["opening", "done", "stopped"])
def test_an_event_that_a_step_does_not_know_raises(state: str, event: str):
    """Trap 1: lenient defaults would ignore it; the next turn works (rebuilt after an exception)."""
    with pytest.raises(TransitionNotAllowed):
        advance(FLOW, event, Facts(state))

    assert advance(FLOW, "next", Facts("place", settled=("place",))) == "train"


def test_an_unknown_event_raises():
    with pytest.raises(TransitionNotAllowed):
        advance(FLOW, "timed_out", Facts("place"))


def test_an_unknown_step_raises_and_the_next_turn_works():
    """Traps 3 and 7."""
    with pytest.raises(KeyError):
        advance(FLOW, "next", Facts("interview"))

    assert advance(FLOW, "next", Facts("place", settled=("place",))) == "train"


def test_a_guard_that_raises_is_no_silent_other_way():
    """Trap 1: on a StateChart the next transition would be taken."""
    with pytest.raises(TypeError):
        advance(FLOW, "again", Facts("place", misunderstood=None))  # type: ignore[arg-type]


def test_an_end_is_not_the_end_of_the_machine():
    """Trap 6: a reused instance would refuse everything after a final state."""
    for _ in range(3):
        assert advance(FLOW, "change", Facts("playback", change_to="train")) == "train"
        assert advance(FLOW, "stop", Facts("done")) == "stopped"


@pytest.mark.parametrize(
    "name", ["send", "model", "states", "configuration", "history_values", "name", "choose", "stop"]
)
def test_a_reserved_id_is_refused(name: str):
    """Trap 5."""
    assert name in RESERVED

    with pytest.raises(MachineError, match=name):
        compile_flow(renamed(FLOW, "train", name))


def test_no_step_of_the_shipped_flow_is_reserved():
    assert RESERVED.isdisjoint(FLOW.by_id)


def test_a_version_is_compiled_once():
    assert compile_flow(FLOW) is compile_flow(FLOW)


def test_threads_share_no_instance():
    """Trap 10 of the performance notes: a second thread's send on a busy machine would return None."""
    wrong: list[str] = []
    begin = threading.Barrier(8)

    def talk() -> None:
        begin.wait()
        for _ in range(200):
            walked = [advance(FLOW, "next", Facts(at, settled=(at,))) for at in ("opening", "place")]
            wrong.extend(step for step, right in zip(walked, ("place", "train"), strict=True) if step != right)

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
