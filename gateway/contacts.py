"""Who may answer for a report, and who is told where nobody does: their part of the organisations file.

A sink with an `answer_secret` may acknowledge what it got. An organisation with `acknowledge_within` has `contacts`:
sinks that get no reports otherwise, or `env:NAME` for an address of the apprise library that is only told to look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode

from conversations.nodes import Nodes
from handlers.sinks.settings import webhook_secret

ENTRIES: Final = ("acknowledge_within", "contacts", "confidential_contacts")
SHORTEST, LONGEST = 30, 86_400
_SECRETS: Final = ("answer_secret", "previous_answer_secret")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_VARIABLE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,60}")


@dataclass(frozen=True, slots=True)
class Contacts:
    """Seconds to answer, the sinks that are told then; `notices` are those of them that are apprise addresses."""

    within: float | None = None
    ordinary: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()
    notices: Mapping[str, str] = field(default_factory=dict, repr=False)


def answer_secrets(reader: Nodes, node: Node, settings: dict[str, str], *, resolved: bool) -> tuple[str, ...]:
    """Takes the secrets of a sink's answers out of its settings, the newest first; checks them where `resolved`."""
    found = {name: settings.pop(name) for name in _SECRETS if settings.get(name)}
    for name, secret in found.items() if resolved else ():
        try:
            webhook_secret(secret, name)
        except ValueError as problem:
            reader.problem(node, str(problem))
    if "previous_answer_secret" in found and "answer_secret" not in found:
        reader.problem(node, "previous_answer_secret needs answer_secret")
    return tuple(found.values())


def read_contacts(
    reader: Nodes, entries: Mapping[str, Node], places: Mapping[str, Node], environ: Mapping[str, str] | None
) -> Contacts:
    """An organisation's contacts.

    Args:
        reader: notes what is wrong.
        entries: the organisation's.
        places: the sinks of the file by name.
        environ: for `env:NAME`; None leaves those as they stand.
    """
    if not any(name in entries for name in ENTRIES):
        return Contacts()
    if "acknowledge_within" not in entries or "contacts" not in entries:
        reader.problem(next(iter(entries.values())), "acknowledge_within and contacts belong together")
        return Contacts()
    lists = {name: _names(entries.get(name)) for name in (*ENTRIES[1:], "sinks", "confidential_sinks")}
    _check_answerable(reader, entries["acknowledge_within"], (*lists["sinks"], *lists["confidential_sinks"]), places)
    notices: dict[str, str] = {}
    for name, beside in (("contacts", "sinks"), ("confidential_contacts", "confidential_sinks")):
        taken = {at.value for at in lists[beside]}
        for at in lists[name]:
            _check(reader, at, taken, places)
            if _VARIABLE.fullmatch(at.value):
                notices[notice_id(at.value)] = _address(reader, at, environ)
    for at in lists["confidential_contacts"]:
        if at.value in {other.value for other in lists["contacts"]}:
            reader.problem(at, "this contact is told of ordinary reports too; confidential ones need one of their own")
    ordinary, confidential = (tuple(notice_id(at.value) for at in lists[name]) for name in ENTRIES[1:])
    return Contacts(_seconds(reader, entries["acknowledge_within"]), ordinary, confidential, notices)


def notice_id(contact: str) -> str:
    """The sink's name of a contact: its own, or made of the variable's (`env:DUTY_URL` is `notice-duty-url`)."""
    if not contact.startswith("env:"):
        return contact
    return "notice-" + contact.removeprefix("env:").lower().replace("_", "-")


def _seconds(reader: Nodes, node: Node) -> float | None:
    text = str(node.value).strip()
    if _NUMBER.fullmatch(text) and SHORTEST <= int(text) <= LONGEST:
        return float(text)
    reader.problem(node, f"acknowledge_within must be whole seconds from {SHORTEST} to {LONGEST}")
    return None


def _check(reader: Nodes, at: ScalarNode, taken: set[str], places: Mapping[str, Node]) -> None:
    if _VARIABLE.fullmatch(at.value):
        return
    if at.value not in places:
        reader.problem(at, "a contact must be the name of a sink, or env:NAME for an address of the apprise library")
    elif at.value in taken:
        reader.problem(at, "this sink gets every report already; a contact must be somebody else")
    elif _has(places[at.value], "operator"):
        reader.problem(at, "an operator's control room cannot be a contact: the report may be about its staff")


def _check_answerable(reader: Nodes, node: Node, sinks: Sequence[ScalarNode], places: Mapping[str, Node]) -> None:
    if not any(at.value in places and _has(places[at.value], "answer_secret") for at in sinks):
        reader.problem(node, "no sink has an answer_secret, so nobody could acknowledge in time")


def _address(reader: Nodes, at: ScalarNode, environ: Mapping[str, str] | None) -> str:
    if environ is None:
        return str(at.value)
    name = at.value.removeprefix("env:")
    if not environ.get(name):
        reader.problem(at, f"the environment has no {name}")
    return environ.get(name, "")


def _names(node: Node | None) -> list[ScalarNode]:
    if node is None or not isinstance(node.value, list):
        return []
    return [at for at in node.value if isinstance(at, ScalarNode) and at.value.strip()]


def _has(node: Node, name: str) -> bool:
    return isinstance(node, MappingNode) and any(key.value == name for key, _ in node.value)
