"""What texts may not say: words that expose, that blame or lead, that carriers own; and what they must say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conversations.conditions import Is
from conversations.discretion import exposing, leading
from conversations.flow import KEYWORDS, LINES, Flow
from conversations.lint.issue import Issue, issue
from conversations.lint.texts import MOST_SEGMENTS, longest_texts, templates, wordings
from conversations.texts import segments
from conversations.wording import Template

_PICTURE = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
_EMERGENCY = ("999", "55")
_CHILD = ("0800 1111",)
_DROPPABLE = {
    "added": frozenset({"reference"}),
    "which": frozenset({"name"}),
    "confidential": frozenset({"services"}),
    "unsure": frozenset({"services"}),
}


def tone(flow: Flow) -> Iterator[Issue]:
    """R1, blame, exclamation marks, pictures."""
    for name, _, wording in wordings(flow):
        for language, template in templates(wording):
            for word in exposing(template.source):
                yield issue(name, language, f"{word!r} would expose the reporter (R1)", template.at)
            for words, why in leading(template.source):
                yield issue(name, language, f"{words!r} {why}", template.at)
            if "!" in template.source:
                yield issue(name, language, "no exclamation marks", template.at)
            if _PICTURE.search(template.source):
                yield issue(name, language, "no pictures", template.at)


def sizes(flow: Flow) -> Iterator[Issue]:
    """Segments with the longest values filled in."""
    for longest in longest_texts(flow):
        size, most = segments(longest.text), MOST_SEGMENTS.get(longest.language, 2)
        if size.count > most:
            costly = f"; {' '.join(size.costly)} made it 70 units a segment" if size.costly else ""
            part = {"text": "", "line": "", "topic": ""}.get(longest.part, f"{longest.part}: ")
            message = (
                f"{part}{size.units} units in {size.count} segments with the longest values, at most {most}{costly}"
            )
            yield issue(longest.name, longest.language, message, longest.at)


def placeholders(flow: Flow) -> Iterator[Issue]:
    """What a line must fill in is there, and not in a part that may be dropped."""
    wanted = [(name, flow.lines[name], known - _DROPPABLE.get(name, frozenset())) for name, known in LINES.items()]
    wanted += [(topic.id, topic.text, frozenset({"question"})) for topic in flow.topics]
    wanted += [(step.id, step.text, frozenset({"repeat"})) for step in flow.steps if step.repeats]
    for name, text, names in wanted:
        for language, template in templates(text):
            for missing in sorted(names - _kept_names(template)):
                yield issue(name, language, f"{{{missing}}} is missing, or in a part that is dropped", template.at)


def _kept_names(template: Template) -> frozenset[str]:
    return frozenset(text for part in template.parts if not part.order for text, is_name in part.pieces if is_name)


def emergency(flow: Flow) -> Iterator[Issue]:
    """The emergency advice is whole in every language; the child's line names its number.

    Where someone cannot hear or speak only text ways are told, so 55 may be missing there.
    """
    for when, by_language in flow.lines["danger"].every():
        numbers = _EMERGENCY[:1] if when is not None and Is("deaf", (True,)) in when.tests else _EMERGENCY
        for language, template in by_language.items():
            yield from _must_say("danger", language, template, numbers)
    for language, template in templates(flow.lines["child"]):
        yield from _must_say("child", language, template, _CHILD)


def _must_say(name: str, language: str, template: Template, numbers: tuple[str, ...]) -> Iterator[Issue]:
    kept = "".join(text for part in template.parts if not part.order for text, is_name in part.pieces if not is_name)
    for number in numbers:
        if not re.search(rf"(?<![0-9]){number}(?![0-9])", kept):
            yield issue(name, language, f"must say {number}", template.at)


def gaps(flow: Flow) -> Iterator[Issue]:
    """Every text and every list of words in every language of the flow, and in no other."""
    lists = [(f"keyword {name}", flow.keywords[name]) for name in KEYWORDS]
    lists += [(topic.id, topic.words) for topic in flow.topics]
    lists += [(step.id, choice.words) for step in flow.steps for choice in step.choices]
    found = [(name, words.by_language.keys(), words.at) for name, words in lists]
    for name, _, wording in wordings(flow):
        found += [(name, by_language.keys(), wording.at) for _, by_language in wording.every()]
    for name, present, at in dict.fromkeys((name, frozenset(present), at) for name, present, at in found):
        for language in flow.languages:
            if language not in present:
                yield issue(name, language, "this language is missing", at)
        for language in sorted(present - set(flow.languages)):
            yield issue(name, language, "the flow does not name this language", at)
