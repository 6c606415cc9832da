"""Who takes reports: the forces and operators of an installation, from one YAML file.

    OrganisationsError    every mistake with its line and column (a ConfigError)

The file has two mappings. `sinks` names the places that reports go to, each with its kind and that kind's settings.
`organisations` lists who is texted, on which addresses, and which sinks its reports go to; whose conduct is
confidential there and which sinks alone get reports about that (R8). In a sink's settings `env:NAME` stands for the
value of an environment variable (the only way to give a secret), and `data:NAME` for a file in the data folder;
`operator` says whose control room it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import yaml
from msgspec import Struct
from msgspec.structs import replace
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from conversations.nodes import Nodes, Problem
from conversations.wording import Position
from gateway import contacts
from gateway.config import ConfigError
from handlers import sinks
from handlers.ports import Organisation, Sink

FlowLanguages = Callable[[str], Collection[str] | None]
"""The languages that a flow speaks, by its name; None where there is no such flow."""

_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_MEDIUM: Final = re.compile(r"[a-z]{2,20}")
_SMS: Final = re.compile(r"\+[1-9][0-9]{6,14}|[1-9][0-9]{2,7}|(?=.*[A-Za-z])[A-Za-z0-9]{2,11}")
_OTHER: Final = re.compile(r"[!-~]{1,64}")
_TEXTS: Final = ("id", "name", "timezone", "flow")
_LISTS: Final = ("languages", "addresses", "sinks")
_ENTRIES: Final = (*_TEXTS, *_LISTS)
_CONFIDENTIAL: Final = ("police", "rail_staff")
_MORE_LISTS: Final = ("confidential", "confidential_sinks", "area", "prefixes")
_OPTIONAL: Final = (*_MORE_LISTS, *contacts.ENTRIES, "operator", "people")
_AREA: Final = re.compile(r"England|Scotland|Wales|[A-Z]{3}|9[0-9A-Z]{5,15}")
_PREFIX: Final = re.compile(r"\+[1-9][0-9]{0,6}")
_UK: Final = "+44"
_ANSWERS: Final = {"yes": True, "no": False}
_SECRET: Final = re.compile(r"(.*_)?(secret|password|token)")


class OrganisationsError(ConfigError):
    """The organisations file does not hold together.

    Args:
        path: the file.
        problems: what is wrong, in the order of the file.
    """

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.places = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        super().__init__([f"{path.name}, {problem}." for problem in self.places])


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """One place that reports go to, as configured. `settings` may hold secrets and shows in no repr.

    `operator` is the train operator whose control room it is. `answer_secrets` sign its answers to reports.
    """

    id: str
    kind: str
    settings: Mapping[str, str] = field(repr=False)
    operator: str | None = None
    answer_secrets: tuple[str, ...] = field(default=(), repr=False)


class Installation(Struct, frozen=True):
    """All organisations in the order of the file, and the sinks that they name."""

    organisations: tuple[Organisation, ...]
    sinks: tuple[SinkSettings, ...]


def read_organisations(
    path: Path, *, data: Path, environ: Mapping[str, str] | None, flow_languages: FlowLanguages | None
) -> Installation:
    """Reads and checks the file.

    Args:
        path: the YAML file.
        data: the data folder, for `data:` references.
        environ: the environment, for `env:` references; None leaves those as they stand, where nothing is forwarded.
        flow_languages: tells which flows there are and what they speak; None takes any.

    Raises OrganisationsError, or ConfigError where the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"The organisations file {path} cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"The organisations file {path} is not UTF-8."]) from None
    reader = _Reader(data, environ, flow_languages)
    installation = reader.installation(text)
    if reader.problems:
        raise OrganisationsError(path, reader.problems)
    return installation


def build_sinks(installation: Installation) -> dict[str, Sink]:
    """Every sink by its name; opens none. Raises ConfigError with a line for each whose settings are wrong."""
    built: dict[str, Sink] = {}
    problems: list[str] = []
    for each in installation.sinks:
        try:
            built[each.id] = sinks.build(each.kind, each.id, each.settings)
        except ValueError as problem:
            problems.append(f"The organisations file, {problem}.")
    if problems:
        raise ConfigError(problems)
    return built


class _Reader(Nodes):
    def __init__(self, data: Path, environ: Mapping[str, str] | None, flow_languages: FlowLanguages | None) -> None:
        super().__init__()
        self._data = data
        self._environ = environ
        self._flow_languages = flow_languages
        self._owners: dict[tuple[str, str], str] = {}
        self._notices: dict[str, str] = {}

    def installation(self, text: str) -> Installation:
        root = self._compose(text)
        entries = {} if root is None else self.mapping(root, ("sinks", "organisations"))
        places = self.mapping(entries["sinks"], optional=None) if "sinks" in entries else {}
        settings = tuple(self._sink(name, node) for name, node in places.items())
        listed = self._filled(entries, "organisations")
        organisations = tuple(self._organisation(node, places) for node in listed)
        self._check_apart(listed)
        settings += tuple(SinkSettings(name, "notice", {"url": url}) for name, url in self._notices.items())
        for node, each in zip(listed, organisations, strict=True):
            self._check_contacts(node, each, organisations)
        return Installation(_with_operators(organisations, settings), settings)

    def _compose(self, text: str) -> Node | None:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
            self.problem_at(where, f"this is not YAML ({error.problem or error.context})")
            return None
        except (yaml.YAMLError, RecursionError):
            self.problem_at(Position(1, 1), "this is not YAML")
            return None
        if root is None:
            self.problem_at(Position(1, 1), "the file is empty")
        return root

    def _sink(self, name: str, node: Node) -> SinkSettings:
        self._match(node, _ID, name, "the name of a sink must be small letters, digits and hyphens")
        entries = self.mapping(node, ("kind",), None)
        kind, operator = (self.text(entries.pop(key)).strip() if key in entries else "" for key in ("kind", "operator"))
        settings = {key: self._setting(key, value) for key, value in entries.items()}
        answers = contacts.answer_secrets(self, node, settings, resolved=self._environ is not None)
        return SinkSettings(name, kind, settings, operator or None, answers)

    def _setting(self, key: str, node: Node) -> str:
        text = self.text(node).strip()
        if _SECRET.fullmatch(key) and text and not text.startswith("env:"):
            self.problem(node, f"{key} must be given as env:NAME, so that no secret stands in the file")
        if text.startswith("data:"):
            return str(self._data / text.removeprefix("data:"))
        if text.startswith("env:") and self._environ is not None:
            return self._from_environment(text.removeprefix("env:"), node)
        return text

    def _from_environment(self, name: str, node: Node) -> str:
        value = self._environ.get(name, "") if self._environ else ""
        if not value:
            self.problem(node, f"the environment has no {name or 'variable without a name'}")
        return value

    def _organisation(self, node: Node, places: Mapping[str, Node]) -> Organisation:
        entries = self.mapping(node, _ENTRIES, _OPTIONAL)
        one = {key: self.text(entries[key]).strip() for key in (*_TEXTS, "operator") if key in entries}
        lists = {key: self._filled(entries, key) for key in (*_LISTS, *_MORE_LISTS)}
        name = one.get("id", "")
        if name:
            self._match(entries["id"], _ID, name, "id must be small letters, digits and hyphens")
            self._own(entries["id"], "id", name, name)
        if one.get("timezone") and not _is_zone(one["timezone"]):
            self.problem(entries["timezone"], "timezone must be a place such as Europe/London")
        if one.get("flow"):
            self._check_flow(one["flow"], entries["flow"], lists["languages"])
        for at in lists["addresses"]:
            self._check_address(at, name)
        self._check_lists(lists, places)
        self._check_confidential(entries, lists)
        told = contacts.read_contacts(self, entries, places, self._environ)
        self._notices |= told.notices
        texts = {key: tuple(str(at.value) for at in nodes) for key, nodes in lists.items()}
        return Organisation(
            id=name,
            name=one.get("name", ""),
            timezone=one.get("timezone", ""),
            flow=one.get("flow", ""),
            languages=texts["languages"],
            addresses=texts["addresses"],
            sinks=texts["sinks"],
            confidential=texts["confidential"],
            confidential_sinks=texts["confidential_sinks"],
            operator=one.get("operator") or None,
            area=texts["area"],
            people=self._yes_or_no(entries["people"]) if "people" in entries else True,
            acknowledge_within=told.within,
            contacts=told.ordinary,
            confidential_contacts=told.confidential,
            prefixes=tuple(dict.fromkeys((_UK, *texts["prefixes"]))),
        )

    def _check_lists(self, lists: Mapping[str, list[Node]], places: Mapping[str, Node]) -> None:
        for at in (*lists["sinks"], *lists["confidential_sinks"]):
            if at.value not in places:
                self.problem(at, "there is no sink of that name")
        for at in lists["area"]:
            self._match(at, _AREA, at.value, "area must name countries (England, Scotland, Wales) or station codes")
        for at in lists["prefixes"]:
            self._match(at, _PREFIX, at.value, "a prefix must be + and up to seven digits, such as +353")

    def _check_confidential(self, entries: Mapping[str, Node], lists: Mapping[str, list[Node]]) -> None:
        """Whose conduct is confidential: known words, and an operator's own staff always (R8)."""
        listed = {at.value for at in lists["confidential"]}
        for at in lists["confidential"]:
            if at.value not in _CONFIDENTIAL:
                self.problem(at, f"expected {' or '.join(_CONFIDENTIAL)}")
        if lists["confidential_sinks"] and "confidential" not in entries:
            self.problem(entries["confidential_sinks"], "confidential_sinks needs confidential: whose conduct it is")
        if "operator" in entries and "rail_staff" not in listed:
            self.problem(entries["operator"], "an operator's own staff are confidential: confidential needs rail_staff")

    def _check_apart(self, listed: Sequence[Node]) -> None:
        """A sink is for ordinary reports or for confidential ones, whosoever they are."""
        ordinary: set[str] = set()
        confidential: list[Node] = []
        for node in listed:
            for key, value in node.value if isinstance(node, MappingNode) else ():
                nodes = [at for at in value.value if isinstance(at, ScalarNode)] if _is_list(value) else []
                if key.value in ("sinks", "contacts"):
                    ordinary |= {at.value for at in nodes}
                elif key.value in ("confidential_sinks", "confidential_contacts"):
                    confidential += nodes
        for at in confidential:
            if at.value in ordinary:
                self.problem(at, "this sink gets ordinary reports too; confidential ones need a sink of their own")

    def _check_contacts(self, node: Node, organisation: Organisation, all_of_them: Sequence[Organisation]) -> None:
        """No contact is an operator's: the report may be about its staff (R8)."""
        for other in all_of_them:
            if other.operator not in (None, organisation.operator) and {*other.sinks} & {*organisation.contacts}:
                self.problem(node, f"a contact is a sink of the operator {other.operator} (R8)")

    def _yes_or_no(self, node: Node) -> bool:
        answer = _ANSWERS.get(self.text(node).strip().lower())
        if answer is None:
            self.problem(node, "expected yes or no")
        return answer is not False

    def _filled(self, entries: Mapping[str, Node], key: str) -> list[Node]:
        """The nodes of a list that must not be empty; of texts, each stands there once."""
        if key not in entries:
            return []
        found = self.items(entries[key])
        if not found and isinstance(entries[key], SequenceNode):
            self.problem(entries[key], f"{key} needs at least one entry")
        if key == "organisations":
            return found
        self.words(entries[key])
        return [node for node in found if isinstance(node, ScalarNode) and node.value.strip()]

    def _check_flow(self, flow: str, node: Node, languages: Sequence[Node]) -> None:
        spoken = self._flow_languages(flow) if self._flow_languages else None
        if self._flow_languages and spoken is None:
            self.problem(node, f"there is no flow {flow}")
        for at in languages:
            well_formed = self._match(at, _LANGUAGE, at.value, "a language must be a code such as en or cy")
            if well_formed and spoken is not None and at.value not in spoken:
                self.problem(at, f"the flow {flow} does not speak {at.value}")

    def _check_address(self, node: Node, organisation: str) -> None:
        medium, colon, rest = str(node.value).partition(":")
        if not colon or not _MEDIUM.fullmatch(medium):
            self.problem(node, "an address must name its medium, such as sms:61016")
        elif medium == "sms":
            self._match(node, _SMS, rest, "an sms address must be a number as +447700900999, a short code or a name")
        else:
            self._match(node, _OTHER, rest, "an address must be 1 to 64 letters, digits and signs without blanks")
        self._own(node, "address", str(node.value), organisation)

    def _match(self, node: Node, pattern: re.Pattern[str], text: str, message: str) -> bool:
        if pattern.fullmatch(text):
            return True
        self.problem(node, message)
        return False

    def _own(self, node: Node, what: str, text: str, owner: str) -> None:
        """Notes where something that only one organisation may have is already another's."""
        if (what, text) in self._owners:
            self.problem(node, f"this {what} is already that of {self._owners[what, text] or 'another organisation'}")
        self._owners.setdefault((what, text), owner)


def _with_operators(
    organisations: tuple[Organisation, ...], settings: tuple[SinkSettings, ...]
) -> tuple[Organisation, ...]:
    """The organisations, each with those of its sinks that are an operator's: as the sink says, or as its own."""
    owners = {sink: each.operator for each in organisations if each.operator for sink in each.sinks}
    owners |= {sink.id: sink.operator for sink in settings if sink.operator}
    return tuple(
        replace(each, sink_operators=tuple((sink, owners[sink]) for sink in each.sinks if sink in owners))
        for each in organisations
    )


def _is_list(node: Node) -> bool:
    return isinstance(node, SequenceNode)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
