"""The conversation in which a passenger would see a text that an issue is about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from conversations.flow import Flow, Step
from conversations.lint.issue import Issue
from conversations.lint.paths import way_to_text
from conversations.lint.texts import templates
from conversations.wording import Template, Wording

_UNREADABLE = "> ???"
_KEYWORD = MappingProxyType(
    {
        "danger": "danger",
        "stop": "stop",
        "withdrawn": "withdraw",
        "support": "support",
        "no_services": "support",
        "deleted": "delete",
        "switched": "language",
    }
)
_SAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "greeting": ("> hello",),
        "noted": ("> hello", "< ...", "> this is what happened"),
        "added": ("> this is what happened", "< ...", "> done", "< ...", "> he had a red bag"),
        "handover": ("> can I speak to a person",),
        "handover_off": ("> can I speak to a person",),
        "offtopic": ("> I lost my scarf",),
        "child": ("> I am 15",),
        "confidential": ("> it was one of your own people",),
        "which": ("> at Newport",),
        "wrong": ("> on the 18:05, at Leeds", "< ...", "> 2"),
        "unsure": ("> not sure if I should say",),
        "not_yet": ("> not sure if I should say", "< ...", "> 2"),
        "quiet": ("> .",),
        "not_your_fault": ("> it was done to me yesterday", "< ...", "> done"),
    }
)
"""What is said before a line; a keyword of the flow's own before the others."""


def shown(flow: Flow, issue: Issue) -> Issue:
    """The issue with the shortest way to its text, where it is about a text of the flow and shows none yet."""
    if issue.path or issue.step is None or issue.language not in flow.languages:
        return issue
    return replace(issue, path=_way(flow, issue, issue.step, issue.language))


def _way(flow: Flow, issue: Issue, name: str, language: str) -> tuple[str, ...]:
    if name in flow.by_id:
        step = flow.by_id[name]
        return _to_step(flow, issue, step, language)
    topic = next((topic for topic in flow.topics if topic.id == name), None)
    if topic is not None:
        asked = topic.words.by_language.get(language, ())
        return _said(topic.text, issue, language, (f"> {asked[0]}",)) if asked else ()
    if name not in flow.lines:
        return ()
    words = flow.keywords[_KEYWORD[name]].by_language.get(language, ()) if name in _KEYWORD else ()
    return _said(flow.lines[name], issue, language, (f"> {words[0]}",) if words else _SAYS.get(name, ()))


def _to_step(flow: Flow, issue: Issue, step: Step, language: str) -> tuple[str, ...]:
    if (found := _at(step.text, issue, language)) is not None:
        return way_to_text(flow, step.id, step.text, found, language)
    for wording in (step.again, step.short):
        if wording is not None and (found := _at(wording, issue, language)) is not None:
            way = way_to_text(flow, step.id, wording, found, language)
            return (*way, _UNREADABLE, _heard(found)) if way and wording is step.again else way
    return ()


def _said(wording: Wording, issue: Issue, language: str, before: tuple[str, ...]) -> tuple[str, ...]:
    found = _at(wording, issue, language)
    return (*before, _heard(found)) if found is not None and before else ()


def _at(wording: Wording, issue: Issue, language: str) -> Template | None:
    """The template of a wording that an issue points at."""
    for spoken, template in templates(wording):
        if spoken == language and (template.at.line, template.at.column) == (issue.line, issue.column):
            return template
    return None


def _heard(template: Template) -> str:
    return "< " + template.render(dict.fromkeys(template.names, "..."))
