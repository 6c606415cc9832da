"""What an operator should mend before passengers see it. A flow with issues does not publish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from conversations.discretion import exposing
from conversations.echo import LONGEST as LONGEST_ECHO
from conversations.flow import Flow, Kind, Step
from conversations.machine import RESERVED, MachineError, compile_flow
from conversations.replies import URGENT_KEYWORDS, key_of
from conversations.texts import segments
from conversations.wording import Position, Template, Wording

MOST_SEGMENTS = {"en": 1}
"""Segments a text may take by language; two in any other."""

LONGEST_REFERENCE = "W" * 8
CARRIER_WORDS = frozenset(
    "stop stopall unsubscribe cancel end quit revoke optout start unstop help info".split()  # noqa: SIM905
)
"""Words that carriers act upon themselves: no answer of ours may be one. YES is one too, and stands behind a number."""

_EMERGENCY = ("999", "55")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to mend: in which step or line of text, which language, what, and where in the file."""

    step: str | None
    language: str | None
    message: str
    line: int
    column: int

    def __str__(self) -> str:
        where = " ".join(part for part in (self.step, self.language and f"({self.language})") if part)
        return f"line {self.line}, column {self.column}: {where + ': ' if where else ''}{self.message}"


def lint(flow: Flow) -> list[Issue]:
    """All issues of a flow in the order of its file; none for one that may be published."""
    found = chain(_texts(flow), _gaps(flow), _graph(flow), _words(flow), _emergency(flow), _playbacks(flow))
    return sorted(found, key=lambda issue: (issue.line, issue.column, issue.message))


def _issue(step: str | None, language: str | None, message: str, at: Position) -> Issue:
    return Issue(step, language, message, at.line, at.column)


def wordings(flow: Flow) -> Iterator[tuple[str, Wording]]:
    """Every wording of a flow with the name of its step or line."""
    yield from flow.lines.items()
    for step in flow.steps:
        for wording in (step.text, step.again, step.short, *(repeat.unnamed for repeat in step.repeats)):
            if wording is not None:
                yield step.id, wording


def _texts(flow: Flow) -> Iterator[Issue]:
    """R1, tone, and segments."""
    for name, wording in wordings(flow):
        for language, template in wording.templates.items():
            for word in exposing(template.source):
                yield _issue(name, language, f"{word!r} would expose the reporter (R1)", template.at)
            if "!" in template.source:
                yield _issue(name, language, "no exclamation marks", template.at)
    for name, language, text, at in longest_texts(flow):
        size, most = segments(text), MOST_SEGMENTS.get(language, 2)
        if size.count > most:
            costly = f"; {' '.join(size.costly)} made it 70 units a segment" if size.costly else ""
            message = f"{size.units} units in {size.count} segments with the longest values, at most {most}{costly}"
            yield _issue(name, language, message, at)


def longest_texts(flow: Flow) -> Iterator[tuple[str, str, str, Position]]:
    """Every text we may send, filled in with the longest values: step or line, language, text, place in the file."""
    for name, line in flow.lines.items():
        for language, template in line.templates.items():
            yield name, language, _longest_line(flow, name, language, template), template.at
    for step in flow.steps:
        for wording in (step.text, step.again):
            for language, template in wording.templates.items() if wording is not None else ():
                yield step.id, language, template.render(_longest_values(step, language)), template.at


def _longest_line(flow: Flow, name: str, language: str, template: Template) -> str:
    attribute = "short" if name == "danger" else "text"
    questions = [getattr(step, attribute) for step in flow.steps if step.kind is not Kind.PLAYBACK]
    texts = [
        question.templates[language].source for question in questions if question and language in question.templates
    ]
    if name == "greeting":
        texts = texts[:1]
    longest = max(texts, key=lambda text: segments(text).units, default="")
    return template.render({"question": longest, "reference": LONGEST_REFERENCE})


def _longest_values(step: Step, language: str) -> dict[str, str]:
    named = [repeat.unnamed.templates.get(language) for repeat in step.repeats]
    repeats = [max("W" * LONGEST_ECHO, unnamed.source if unnamed else "", key=len) for unnamed in named]
    return {"repeat": ", ".join(repeats), "reference": LONGEST_REFERENCE}


def _gaps(flow: Flow) -> Iterator[Issue]:
    """Every text and every list of words in every language of the flow, and in no other."""
    lists = [(f"keyword {name}", words) for name, words in flow.keywords.items()]
    lists += [(step.id, choice.words) for step in flow.steps for choice in step.choices]
    pairs: list[tuple[str, set[str], Position]] = [(name, set(words.by_language), words.at) for name, words in lists]
    pairs += [(name, set(wording.templates), wording.at) for name, wording in wordings(flow)]
    for name, present, at in pairs:
        for language in flow.languages:
            if language not in present:
                yield _issue(name, language, "this language is missing", at)
        for language in sorted(present - set(flow.languages)):
            yield _issue(name, language, "the flow does not name this language", at)


def _graph(flow: Flow) -> Iterator[Issue]:
    """Reserved ids, steps that cannot be reached, steps without a way to an end."""
    for step in flow.steps:
        if step.id in RESERVED:
            yield _issue(step.id, None, "this id is reserved, choose another", step.at)
    onward = {
        step.id: {*(choice.to for choice in step.choices), *([step.next] if step.next else [])} for step in flow.steps
    }
    reached = _closure({flow.first.id}, onward)
    inward = {step.id: {other for other, targets in onward.items() if step.id in targets} for step in flow.steps}
    leading = _closure({step.id for step in flow.steps if step.kind is Kind.END}, inward)
    for step in flow.steps:
        if step.id not in reached:
            yield _issue(step.id, None, "no step leads here", step.at)
        if step.id not in leading:
            yield _issue(step.id, None, "no end can be reached from here", step.at)
    if not RESERVED.isdisjoint(flow.by_id):
        return
    try:
        compile_flow(flow)
    except MachineError as error:
        yield _issue(None, None, str(error), flow.first.at)


def _closure(start: set[str], links: dict[str, set[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        for following in links.get(waiting.pop(), set()) - found:
            found.add(following)
            waiting.append(following)
    return found


def _words(flow: Flow) -> Iterator[Issue]:
    """Choices shown with their numbers, their words free of carriers' words, no word with two meanings."""
    meaning: dict[str, str] = {}
    for keyword, words in flow.keywords.items():
        for language, said in words.by_language.items():
            for word in said:
                other = meaning.setdefault(key_of(word), keyword)
                if other != keyword:
                    yield _issue(f"keyword {keyword}", language, f"{word!r} already means {other}", words.at)
    taken = CARRIER_WORDS | {word for word, keyword in meaning.items() if keyword in URGENT_KEYWORDS}
    for step in flow.steps:
        yield from _choice_words(step, taken)


def _choice_words(step: Step, taken: frozenset[str]) -> Iterator[Issue]:
    chosen: dict[str, int] = {}
    for choice in step.choices:
        for language, said in choice.words.by_language.items():
            for word in said:
                key = key_of(word)
                if key in taken:
                    yield _issue(step.id, language, f"{word!r} belongs to carriers or is a keyword", choice.words.at)
                if chosen.setdefault(key, choice.number) != choice.number:
                    yield _issue(step.id, language, f"{word!r} means two choices", choice.words.at)
        for wording in (step.text, step.again):
            for language, template in wording.templates.items() if wording else ():
                if not re.search(rf"(?<!\w){choice.number}(?!\w)", template.source):
                    yield _issue(step.id, language, f"the text does not offer {choice.number}", template.at)


def _emergency(flow: Flow) -> Iterator[Issue]:
    """The emergency advice is whole in every language and has a question to go with it."""
    for language, template in flow.lines["danger"].templates.items():
        kept = "".join(
            text for part in template.parts if not part.order for text, is_name in part.pieces if not is_name
        )
        for number in _EMERGENCY:
            if number not in kept:
                yield _issue("danger", language, f"the emergency advice must say {number}", template.at)
    if not any(step.in_danger for step in flow.steps):
        yield _issue(None, None, "no question is asked in danger (in_danger: yes)", flow.first.at)
    for step in flow.steps:
        if step.in_danger and step.short is None:
            yield _issue(step.id, None, "a question asked in danger needs a short text", step.at)


def _playbacks(flow: Flow) -> Iterator[Issue]:
    """Only place and train are repeated (R2), and only what a question fills."""
    filled = {step.slot for step in flow.steps if step.slot}
    for step in flow.steps:
        for repeat in step.repeats:
            if repeat.slot.partition(".")[0] not in ("place", "service"):
                yield _issue(
                    step.id, None, f"{repeat.slot!r} may not be repeated, only place and service (R2)", step.at
                )
            elif repeat.slot not in filled:
                yield _issue(step.id, None, f"no question fills {repeat.slot!r}", step.at)
