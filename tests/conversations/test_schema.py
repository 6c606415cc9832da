"""The JSON Schema of flow files against the reader: what one refuses the other refuses."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conversations import flowfile, flows
from conversations.conditions import BEHAVIOURS, SLOTS
from conversations.flow import KEYWORDS, LINES, Kind
from conversations.flowconditions import KEYS
from conversations.kinds import KINDS, SETTABLE
from conversations.session import ENDINGS
from tests.conversations.small import SMALL

SCHEMA: dict[str, Any] = json.loads(Path(flowfile.__file__).with_name("flow.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

ONLY_THE_READER = re.compile(
    r"is no step|is here already|is here twice|built in|unknown placeholder|has no meaning|not closed|"
    r"'when' is missing|has no 'when'|unknown language|unknown behaviour|offers \d choices|an order begins|"
    r"expected keys en$|is a behaviour already"
)
"""What takes knowledge of the whole file, which a schema cannot have."""


def as_an_editor_reads_it(source: str) -> Any:
    """YAML 1.2: whole and other numbers and true and false are no texts; yes, no, on and off are."""
    return _resolved(yaml.compose(source, yaml.SafeLoader))


def _resolved(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _resolved(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_resolved(item) for item in node.value]
    if node.style is None and re.fullmatch(r"[0-9]+", node.value):
        return int(node.value)
    if node.style is None and re.fullmatch(r"[0-9]+\.[0-9]+", node.value):
        return float(node.value)
    return {"true": True, "false": False}.get(node.value, node.value) if node.style is None else node.value


def reader_refuses(source: str) -> list[str]:
    """What the reader alone and the schema too could refuse, in the reader's words."""
    try:
        flowfile.loads(source)
    except flowfile.FlowFileError as error:
        return [problem.message for problem in error.problems]
    return []


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("slug", flows.slugs())
def test_every_shipped_flow_keeps_to_the_schema(slug: str) -> None:
    assert [error.json_path for error in VALIDATOR.iter_errors(as_an_editor_reads_it(flows.source(slug)))] == []


def test_the_schema_knows_what_the_reader_knows() -> None:
    parts = SCHEMA["$defs"]

    assert set(SCHEMA["properties"]["lines"]["properties"]) == set(LINES)
    assert set(SCHEMA["properties"]["keywords"]["properties"]) == set(KEYWORDS)
    assert set(SCHEMA["properties"]) == {*flowfile.REQUIRED, *flowfile.OPTIONAL}
    assert set(parts["condition"]["properties"]) == set(KEYS)
    assert set(parts["sets"]["properties"]) == set(SETTABLE)
    assert (parts["slot"]["enum"], parts["behaviour"]["enum"]) == (list(SLOTS), list(BEHAVIOURS))
    assert set(parts["end_step"]["properties"]["ends"]["enum"]) == ENDINGS
    for kind in Kind:
        step, brings = parts[f"{kind}_step"], KINDS[kind]
        assert set(step["properties"]) == {"id", "kind", "text", *brings.needs, *brings.may}
        assert set(step["required"]) == {"id", "kind", "text", *brings.needs}


@cache
def _small() -> Any:
    return as_an_editor_reads_it(SMALL)


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield from _places(value, (*path, key))


PLACES = [path for path in _places(_small()) if path]
OTHER = st.sampled_from(
    ["", "now", "yes", "no", "unknown", "place", "self", "Two words", "22-6", "5", 0, 1, 2.5, 61, True, [], {},
     ["place"], ["yes", "no"], {"en": "x"}, {"en": ["x"]}, {"quiet": "yes"}, {"urgency": "now"}, {"side": 1},
     [{"quiet": "yes"}], {"not": {"known": "place"}}, [{"when": {"quiet": "yes"}, "en": "a"}, {"en": "b"}]]
)  # fmt: skip


@st.composite
def edited(draw: st.DrawFn) -> Any:
    """The small flow with one or two places cut out, replaced, or given a key more."""
    flow = copy.deepcopy(_small())
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(PLACES))
        holder = flow
        try:
            for key in way:
                holder = holder[key]
            holder[last]
        except (KeyError, IndexError, TypeError):
            continue
        if not isinstance(holder, dict | list):
            continue  # a letter of what the first edit put there
        match draw(st.sampled_from(["cut", "replace", "replace", "add"])):
            case "cut":
                del holder[last]
            case "replace":
                holder[last] = draw(OTHER)
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(["when", "slot", "asks", "minutes", "to", "sets", "choices", "more"]))] = (
                    draw(OTHER)
                )
    return flow


class _Written(yaml.SafeDumper):
    """Writes what an editor reads the same way: texts that look like something else in quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@settings(deadline=None)
@given(edited())
def test_what_the_schema_refuses_the_reader_refuses_and_the_other_way_round(flow: Any) -> None:
    source = yaml.dump(flow, Dumper=_Written, allow_unicode=True, sort_keys=False)
    refused = reader_refuses(source)
    broken = [error.message for error in VALIDATOR.iter_errors(as_an_editor_reads_it(source))]

    if broken:
        assert refused, broken
    if any(not ONLY_THE_READER.search(message) for message in refused):
        assert broken, refused


@pytest.mark.parametrize("written", ["version: {}", "minutes: {}"])
@pytest.mark.parametrize("figures", ['"5"', "'5'"])
def test_quoted_figures_are_a_text_for_both(written: str, figures: str) -> None:
    """An editor that completes by the schema and the reader agree on what a number is."""
    source = re.sub(written.format("[0-9.]+"), written.format(figures), SMALL, count=1)

    assert source != SMALL
    assert reader_refuses(source)
    assert [error.message for error in VALIDATOR.iter_errors(as_an_editor_reads_it(source))]
