"""Every text of a flow, and how long each may become with the longest values filled in."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from conversations.echo import LONGEST as LONGEST_ECHO
from conversations.flow import WHOLE_QUESTION, Flow, Kind, Step
from conversations.lint.values import REFERENCE, services, weight, which
from conversations.texts import fits_one
from conversations.wording import Position, Template, Wording

MOST_SEGMENTS = {"en": 1}
"""Segments a text may take by language; two in any other."""


class Longest(Struct, frozen=True):
    """A text with the longest values filled in: of which step or line, which of its texts, language, place in the file.

    `part` is `text`, `again`, `short`, `line`, `topic`, or `closing` for an end with the sentence that may follow it.
    """

    name: str
    part: str
    language: str
    text: str
    at: Position


def wordings(flow: Flow) -> Iterator[tuple[str, str, Wording]]:
    """Every wording of a flow: the name of its step, line or topic, the part, the wording."""
    for name, line in flow.lines.items():
        yield name, "line", line
    for topic in flow.topics:
        yield topic.id, "topic", topic.text
    for step in flow.steps:
        for part, wording in (("text", step.text), ("again", step.again), ("short", step.short)):
            if wording is not None:
                yield step.id, part, wording
        for repeat in step.repeats:
            yield step.id, "name", repeat.name
            yield step.id, "unnamed", repeat.unnamed


def templates(wording: Wording) -> Iterator[tuple[str, Template]]:
    """Every template of a wording with its language, those of all variants."""
    for _, by_language in wording.every():
        yield from by_language.items()


def longest_texts(flow: Flow) -> Iterator[Longest]:
    """Every text we may send, filled in with the longest values."""
    for name, part, wording in wordings(flow):
        if part in ("name", "unnamed"):
            continue
        for language, template in templates(wording):
            found = [
                _repeated(flow, name, template, values, language) for values in _values(flow, name, part, language)
            ]
            yield Longest(name, part, language, max(found, key=weight), template.at)
            if part == "text" and name in flow.by_id and flow.by_id[name].kind is Kind.END:
                after = " " + _longest(flow.lines["not_your_fault"], language)
                text = template.render({"reference": REFERENCE}, after=after)
                yield Longest(name, "closing", language, text, template.at)


def _values(flow: Flow, name: str, part: str, language: str) -> Iterator[dict[str, str]]:
    """All that may be filled in together: each question, each number of options."""
    questions = _questions(flow, language, whole=name in WHOLE_QUESTION and part == "line")
    pairs = (("", _options(flow, language)),) if name == "wrong" else which()
    for question in questions or ("",):
        for called, options in pairs:
            yield {
                "question": question,
                "services": services(language),
                "reference": REFERENCE,
                "name": called,
                "options": options,
                "repeat": "",
            }


def _repeated(flow: Flow, name: str, template: Template, values: dict[str, str], language: str) -> str:
    """The text; a play-back with the longest words where these fit, else, as it would be sent, without them.

    A question with more than two options is sent only where they fit.
    """
    step = flow.by_id.get(name)
    if step is None or not step.repeats or "repeat" not in template.names:
        text = template.render(values)
        least = name == "which" and not fits_one(text)
        return template.render({**values, "options": which()[0][1], "name": which()[0][0]}) if least else text
    unnamed = [_longest(repeat.unnamed, language) for repeat in step.repeats]
    text = template.render({**values, "repeat": ", ".join("W" * LONGEST_ECHO for _ in unnamed)})
    return text if fits_one(text) else template.render({**values, "repeat": ", ".join(unnamed)})


def _questions(flow: Flow, language: str, whole: bool) -> tuple[str, ...]:
    """The longest of each question's texts, as it stands behind a line."""
    asked = [step for step in flow.steps if step.kind is not Kind.END and not (whole and _stands_alone(step))]
    return tuple({_longest(step.text if whole else step.short, language): None for step in asked})


def _stands_alone(step: Step) -> bool:
    return step.kind is Kind.PLAYBACK


def _longest(wording: Wording | None, language: str) -> str:
    """The longest of a text's variants, its droppable parts gone."""
    if wording is None:
        return ""
    texts = [template.render({}) for found, template in templates(wording) if found == language and not template.names]
    return max(texts, key=weight, default="")


def _options(flow: Flow, language: str) -> str:
    names = [[_longest(repeat.name, language) for repeat in step.repeats] for step in flow.steps if step.repeats]
    lists = [" ".join(f"{number} {name}" for number, name in enumerate(found, 1)) for found in names]
    return max(lists, key=len, default="")
