"""Turns a second of the conversation engine, state read and written each turn, beside a bare table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.crowd import Reporter

# step -> (what it asks, next step); the floor decides nothing but where to go
TABLE = {
    "new": ("Tell us where you are: station, or between which stations?", "place"),
    "place": ("Which train is it: time, from or to, coach if you know?", "train"),
    "train": ("What happened? In your own words, as much or little as you like.", "account"),
    "account": ("Thanks. We have the place and the train you gave. Right? 1 yes 2 no", "check"),
    "check": ("Thanks, noted. Add anything any time.", "done"),
    "done": ("Thanks, added.", "done"),
}


def table_turn(state: str, body: str) -> tuple[str, str]:
    """One turn of the bare table: saved state in, saved state and reply out."""
    session: dict[str, Any] = json.loads(state) if state else {"step": "new", "answers": {}}
    reply, following = TABLE[session["step"]]
    session["answers"][session["step"]] = body
    session["step"] = following
    return json.dumps(session), reply


ENGINES = (("starter", False), ("railway", False), ("starter", True), ("railway", True))
"""The conversations measured: the flow, and whether its texts are read."""


@dataclass(slots=True)
class Engines:
    """Turns a second of each, pair by pair."""

    ours: dict[tuple[str, bool], list[float]] = field(default_factory=lambda: {each: [] for each in ENGINES})
    table: list[float] = field(default_factory=list)


def table_rate(reporters: list[Reporter], seconds: float) -> float:
    """Turns a second of the bare table over whole conversations."""

    def conversation(reporter: Reporter) -> int:
        state = ""
        for text in reporter.texts:
            state, _ = table_turn(state, text.body)
        return len(reporter.texts)

    return _rate(conversation, reporters, seconds)


def engine_rate(reporters: list[Reporter], seconds: float, flow: str = "starter", *, reads: bool = False) -> float:
    """Turns a second of `take_turn` with a shipped flow: load, step, reply, dump, the report where one is made."""
    from tests.bench.product import start_conversation, turn

    def conversation(reporter: Reporter) -> int:
        state, now = start_conversation(flow), 1_790_000_000.0
        for text in reporter.texts:
            state, now = turn(state, text.body, now, flow, reads=reads), now + 20
        return len(reporter.texts)

    return _rate(conversation, reporters, seconds)


def _rate(conversation: Callable[[Reporter], int], reporters: list[Reporter], seconds: float) -> float:
    conversation(reporters[0])
    began, turns = time.perf_counter(), 0
    while True:
        for reporter in reporters:
            turns += conversation(reporter)
        if (elapsed := time.perf_counter() - began) >= seconds:
            return turns / elapsed


def measure(reporters: list[Reporter], pairs: int, seconds: float) -> Engines:
    """Interleaved pairs, one core."""
    engines = Engines()
    for _ in range(pairs):
        engines.table.append(table_rate(reporters, seconds))
        for (flow, reads), found in engines.ours.items():
            found.append(engine_rate(reporters, seconds, flow, reads=reads))
    return engines
