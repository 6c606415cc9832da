"""Steps that cannot be come to, ways without an end, questions in the wrong number or at the wrong time."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from conversations.conditions import View
from conversations.flow import Flow, Kind, Order, Step
from conversations.lint.issue import Issue, issue
from conversations.lint.paths import asked_in, is_reached, walk, way_to
from conversations.lint.views import exhaustive, views
from conversations.machine import RESERVED, MachineError, compile_flow

MOST_BEFORE_FACT = 2
MOST_MINUTES = 10
FORWARDABLE = ("place", "service", "account")
"""Slots that make something to pass on."""


def compiled(flow: Flow) -> Iterator[Issue]:
    """Reserved ids, and steps that make no machine."""
    reserved = [step for step in flow.steps if step.id in RESERVED]
    for step in reserved:
        yield issue(step.id, None, "this id is reserved, choose another", step.at)
    if reserved:
        return
    try:
        compile_flow(flow)
    except MachineError as error:
        yield issue(None, None, str(error), flow.first.at)


def reached(flow: Flow) -> Iterator[Issue]:
    """Every step is come to in some conversation, every order fits some."""
    linked = {name for order in flow.orders for name in _before_end(flow, order)}
    linked |= {choice.to for step in flow.steps for choice in step.choices if choice.to}
    linked.add(flow.end.id)
    for step in flow.steps:
        if step.id not in linked:
            yield issue(step.id, None, "no step leads here: no order asks it and no choice leads to it", step.at)
        elif not is_reached(flow, step.id):
            yield issue(step.id, None, "never asked: its conditions and its orders' never hold at once", step.at)
    for index, order in enumerate(flow.orders):
        whens = [each.when for each in flow.orders[: index + 1]]
        if exhaustive(flow, whens) and not any(fits(flow, view) is order for view in views(flow, whens)):
            yield issue(None, None, "this order never fits: one before it always does", order.at)


def fits(flow: Flow, view: View) -> Order:
    """The order that fits."""
    return next(order for order in flow.orders if order.when is None or order.when.holds(view))


def _before_end(flow: Flow, order: Order) -> list[str]:
    for index, name in enumerate(order.ask):
        if flow.by_id[name].kind is Kind.END:
            return list(order.ask[: index + 1])
    return list(order.ask)


def dead_ends(flow: Flow) -> Iterator[Issue]:
    """Questions in an order behind an end, and rounds of choices that every answer leads on in."""
    for order in flow.orders:
        asked = _before_end(flow, order)
        for name in order.ask[len(asked) :]:
            yield issue(name, None, f"stands behind the end {asked[-1]!r}, so this order never asks it", order.at)
    for step in flow.steps:
        if _goes_round(flow, step):
            way = way_to(flow, step.id)
            round_trip = _round(flow, step)
            message = f"every answer leads on to {round_trip[0].id!r} and in a circle; only SKIP gets out"
            yield issue(step.id, None, message, step.at, (*way, *_said(flow, round_trip)))


def _goes_round(flow: Flow, step: Step) -> bool:
    """Whether choosing an answer, whichever, never comes to anything but choices that lead on by themselves."""
    seen: set[str] = set()
    waiting = [step.id]
    while waiting:
        each = flow.by_id[waiting.pop()]
        if each.id in seen:
            continue
        seen.add(each.id)
        if not each.choices or any(choice.to is None for choice in each.choices):
            return False
        waiting.extend(choice.to for choice in each.choices if choice.to is not None)
    return True


def _round(flow: Flow, step: Step) -> list[Step]:
    """The steps that 1 leads through until one comes again."""
    found: list[Step] = []
    while step not in found:
        found.append(step)
        step = flow.by_id[step.choices[0].to or ""]
    return [*found[1:], step]


def _said(flow: Flow, steps: list[Step]) -> list[str]:
    language = flow.languages[0]
    texts = [step.text.templates.get(language) for step in steps]
    return [line for text in texts for line in ("> 1", f"< {text.source if text else ''}")]


def time_outs(flow: Flow) -> Iterator[Issue]:
    """No question waits so long that what is known goes forward late (rule 12)."""
    for step in flow.steps:
        if step.minutes is not None and step.minutes > MOST_MINUTES:
            message = f"{step.minutes:g} minutes is no time-out: what is known would wait, at most {MOST_MINUTES}"
            yield issue(step.id, None, message, step.at, way_to(flow, step.id))


def shorts(flow: Flow) -> Iterator[Issue]:
    """Every question has a few words to stand behind another line."""
    for step in flow.steps:
        if step.short is None and step.kind is not Kind.END:
            yield issue(step.id, None, "a question needs a short text, to stand behind the emergency advice", step.at)


def situations(flow: Flow) -> list[View]:
    """The situations that a flow's orders and questions tell apart."""
    orders = [order.when for order in flow.orders]
    found = list(views(flow, orders))
    more = list(views(flow, [*orders, *(step.when for step in flow.steps)]))
    return [replace(view, answered={}) for view in (*found, *more)]


def questions(flow: Flow) -> Iterator[Issue]:
    """In no situation do more than two questions come before the first fact that can be passed on (rule 12).

    In quiet mode 1 or 2 answers each (rule 9).
    """
    late: dict[int, Issue] = {}
    loud: dict[str, Issue] = {}
    for view in (*situations(flow), View(language=flow.languages[0], quiet=True)):
        if not FORWARDED.isdisjoint(view.known):
            continue
        order, asked = fits(flow, view), asked_in(flow, view)
        before = next((i for i, step in enumerate(asked) if _root(step) in FORWARDABLE), None)
        if view.quiet:
            for step in asked:
                if len(step.choices) != 2:
                    message = "in quiet mode this would be asked, and 1 or 2 does not answer it"
                    way = walk(flow, view, asked.index(step) + 1)
                    loud.setdefault(step.id, issue(step.id, None, message, step.at, way))
        elif before is None:
            message = "nothing that can be passed on is asked in this order"
            late.setdefault(order.at.line, issue(None, None, message, order.at, walk(flow, view, len(asked))))
        elif before > MOST_BEFORE_FACT:
            message = f"{before} questions come before the first fact that can be passed on, at most {MOST_BEFORE_FACT}"
            late.setdefault(order.at.line, issue(None, None, message, order.at, walk(flow, view, before + 1)))
    yield from late.values()
    yield from loud.values()


FORWARDED = frozenset(FORWARDABLE)


def _root(step: Step) -> str | None:
    return step.slot.partition(".")[0] if step.slot else None


def danger(flow: Flow) -> Iterator[Issue]:
    """In danger fewer questions are asked than otherwise (rule 8)."""
    usual = _listed(flow, View(language=flow.languages[0], urgency="now"))
    view = View(language=flow.languages[0], urgency="emergency", alarmed=True)
    asked = _listed(flow, view)
    if len(asked) >= len(usual):
        message = f"{len(asked)} questions in danger, {len(usual)} otherwise; ask fewer in danger"
        yield issue(None, None, message, fits(flow, view).at, walk(flow, view, len(asked)))


def _listed(flow: Flow, view: View) -> list[Step]:
    """The questions of the order that fits, those included that need something to be known."""
    steps = [flow.by_id[name] for name in fits(flow, view).ask]
    return [step for step in steps if step.kind is not Kind.END and (step.when is None or step.when.holds(view))]
