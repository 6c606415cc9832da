"""The situations that the conditions of a flow tell apart, one view each.

Every condition looks at a few keys; each key has few values that make a difference. All combinations are looked at
where they are few, else every pair of values (a covering array of strength two; Cohen et al., IEEE TSE 23(7), 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, islice, product
from math import prod
from typing import Any

from msgspec.structs import replace

from conversations.conditions import (
    VALUES,
    Answered,
    AnyOf,
    Between,
    Condition,
    Happened,
    Is,
    Knows,
    Not,
    Test,
    View,
)
from conversations.flow import Flow

MOST = 2000
"""Views of one question asked of a flow."""

Domains = dict[str, tuple[Any, ...]]


def tests_of(conditions: Iterable[Condition | None]) -> Iterator[Test]:
    """All single tests in some conditions, those inside any and not too."""
    for condition in conditions:
        for test in condition.tests if condition is not None else ():
            if isinstance(test, AnyOf):
                yield from tests_of(test.conditions)
            elif isinstance(test, Not):
                yield from tests_of([test.condition])
            elif isinstance(test, Condition):
                yield from tests_of([test])
            else:
                yield test


def domains(flow: Flow, conditions: Iterable[Condition | None]) -> Domains:
    """The keys that some conditions look at, each with the values they tell apart, the usual one first."""
    found: Domains = {}
    told: list[frozenset[str]] = []
    hours: set[int] = set()
    for test in tests_of(conditions):
        if isinstance(test, Is):
            found[test.key] = _values(flow, test, found.get(test.key, ()))
        elif isinstance(test, Knows):
            found.update({f"known {slot}": (False, True) for slot in test.slots})
        elif isinstance(test, Answered):
            before = found.get(f"answered {test.step}", (0,))
            found[f"answered {test.step}"] = tuple(dict.fromkeys((*before, *test.numbers)))
        elif isinstance(test, Between):
            hours |= {test.first, test.last % 24}
        elif isinstance(test, Happened):
            told.append(test.behaviours)
    if hours:
        found["hour"] = tuple(sorted(hours))
    if told:
        found["behaviours"] = _behaviours(told)
    return found


def _values(flow: Flow, test: Is, before: tuple[Any, ...]) -> tuple[Any, ...]:
    if test.key in VALUES:
        return tuple(reversed(VALUES[test.key]))
    if test.key == "language":
        return flow.languages
    if test.key == "channel":
        return tuple(dict.fromkeys(("sms", *before, *test.values)))
    return (None, True, False) if test.key == "still_there" else (False, True)


def _behaviours(told: list[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Nothing, one label of each kind that the conditions tell apart, and all of those."""
    labels = sorted(frozenset().union(*told))
    alike = {tuple(label in each for each in told): label for label in reversed(labels)}
    return (frozenset(), *(frozenset({label}) for label in alike.values()), frozenset(alike.values()))


def view_of(values: Mapping[str, Any]) -> View:
    """The view in which these keys have these values and all others are as at the start."""
    plain: dict[str, Any] = {}
    known: set[str] = set()
    answered: dict[str, int] = {}
    for key, value in values.items():
        what, _, name = key.partition(" ")
        if what == "known" and value:
            known |= {name, name.partition(".")[0]}
        elif what == "answered" and value:
            answered[name] = value
        elif not name:
            plain[key] = value
    return replace(View(**plain), known=frozenset(known), answered=answered)


def views(flow: Flow, conditions: Iterable[Condition | None], most: int = MOST) -> Iterator[View]:
    """A view for every situation that the conditions tell apart; every pair of values where that would be too many."""
    found = domains(flow, conditions)
    found.setdefault("language", flow.languages[:1])
    if prod(map(len, found.values())) <= most:
        yield from (view_of(dict(zip(found, values, strict=True))) for values in product(*found.values()))
        return
    usual = {key: values[0] for key, values in found.items()}
    yield view_of(usual)
    pairs = (
        {**usual, one: first, other: second}
        for one, other in combinations(found, 2)
        for first in found[one]
        for second in found[other]
    )
    yield from islice(map(view_of, pairs), 4 * most)


def exhaustive(flow: Flow, conditions: Iterable[Condition | None], most: int = MOST) -> bool:
    """Whether `views` is every situation, so that what is found in none is impossible."""
    return prod(map(len, domains(flow, conditions).values())) <= most
