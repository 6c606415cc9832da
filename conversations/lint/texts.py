"""Every text of a flow, and how long each may become with the longest values filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conversations.echo import LONGEST as LONGEST_ECHO
from conversations.flow import WHOLE_QUESTION, Flow, Kind, Step
from conversations.texts import fits_one, segments
from conversations.wording import Position, Template, Wording

MOST_SEGMENTS = {"en": 1}
"""Segments a text may take by language; two in any other."""

LONGEST_REFERENCE = "W" * 8
LONGEST_SERVICES = "0808 164 0123 (ar agor tan 11yh) neu 0808 500 2222 (24 awr)"
LONGEST_NAME = "Rhoose Cardiff International Airport"
LONGEST_OPTIONS = "1 Greater Manchester, 2 West Yorkshire, 3 Nottinghamshire"


@dataclass(frozen=True, slots=True)
class Longest:
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
            values = _values(flow, name, part, language)
            yield Longest(name, part, language, _repeated(flow, name, template, values, language), template.at)
            if part == "text" and name in flow.by_id and flow.by_id[name].kind is Kind.END:
                after = " " + _longest(flow.lines["not_your_fault"], language)
                yield Longest(name, "closing", language, template.render(values, after=after), template.at)


def _values(flow: Flow, name: str, part: str, language: str) -> dict[str, str]:
    return {
        "question": _longest_question(flow, language, whole=name in WHOLE_QUESTION and part == "line"),
        "services": LONGEST_SERVICES,
        "reference": LONGEST_REFERENCE,
        "name": LONGEST_NAME,
        "options": _options(flow, language) if name == "wrong" else LONGEST_OPTIONS,
        "repeat": "",
    }


def _repeated(flow: Flow, name: str, template: Template, values: dict[str, str], language: str) -> str:
    """The text; a play-back with the longest words where these fit, else, as it would be sent, without them."""
    step = flow.by_id.get(name)
    if step is None or not step.repeats or "repeat" not in template.names:
        return template.render(values)
    unnamed = [_longest(repeat.unnamed, language) for repeat in step.repeats]
    text = template.render({**values, "repeat": ", ".join("W" * LONGEST_ECHO for _ in unnamed)})
    return text if fits_one(text) else template.render({**values, "repeat": ", ".join(unnamed)})


def _longest_question(flow: Flow, language: str, whole: bool) -> str:
    questions = [step for step in flow.steps if step.kind is not Kind.END and not (whole and _stands_alone(step))]
    found = [_longest(step.text if whole else step.short, language) for step in questions]
    return max(found, key=lambda text: segments(text).units, default="")


def _stands_alone(step: Step) -> bool:
    return step.kind is Kind.PLAYBACK


def _longest(wording: Wording | None, language: str) -> str:
    """The longest of a text's variants, its droppable parts gone."""
    if wording is None:
        return ""
    texts = [template.render({}) for found, template in templates(wording) if found == language and not template.names]
    return max(texts, key=lambda text: segments(text).units, default="")


def _options(flow: Flow, language: str) -> str:
    names = [[_longest(repeat.name, language) for repeat in step.repeats] for step in flow.steps if step.repeats]
    lists = [" ".join(f"{number} {name}" for number, name in enumerate(found, 1)) for found in names]
    return max(lists, key=len, default=LONGEST_OPTIONS)
