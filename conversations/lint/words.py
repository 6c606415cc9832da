"""Keywords and answers: said in every language, free of carriers' words, no word with two meanings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conversations.flow import KEYWORDS, Flow, Step
from conversations.lint.issue import Issue, issue
from conversations.lint.paths import way_to
from conversations.lint.texts import templates, wordings
from conversations.replies import URGENT_KEYWORDS, key_of

CARRIER_WORDS = frozenset(
    "stop stopall unsubscribe cancel end quit revoke optout start unstop help info".split()  # noqa: SIM905 - read as a line
)
"""Words that carriers act upon themselves: no answer of ours may be one. YES is one too, and stands behind a number."""

ALWAYS = ("stop", "start", "danger", "support", "back", "skip", "withdraw", "delete")
"""Keywords that must work at every question, so no answer may take their words."""

_AT_QUESTIONS = frozenset({"yes", "no"})
"""Keywords that count only where the question has such an answer."""

_OWN = frozenset({"STOP", "START"})
_OFFERED = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(word.upper() for word in CARRIER_WORDS))})(?!\w)")
_YES = re.compile(r"(?<!\w)(?<![1-9] )YES(?!\w)")


def keywords(flow: Flow) -> Iterator[Issue]:
    """Every keyword can be said in every language, means one thing, and is no carrier's word but its own."""
    meaning: dict[str, str] = {}
    for keyword in KEYWORDS:
        words = flow.keywords[keyword]
        for language, said in words.by_language.items():
            if not said:
                yield issue(f"keyword {keyword}", language, "no word for it, so it cannot be said", words.at)
            for word in said:
                other = meaning.setdefault(key_of(word), keyword)
                if other != keyword and not _shared(other, keyword):
                    yield issue(f"keyword {keyword}", language, f"{word!r} already means {other}", words.at)
                if key_of(word) in CARRIER_WORDS and keyword not in URGENT_KEYWORDS:
                    yield issue(f"keyword {keyword}", language, f"{word!r} belongs to carriers", words.at)


def _shared(one: str, other: str) -> bool:
    """Whether two keywords may share a word: one of them counts only where the question has such an answer."""
    return not {one, other}.isdisjoint(_AT_QUESTIONS) and {one, other}.isdisjoint(set(ALWAYS) - {"skip"})


def answers(flow: Flow) -> Iterator[Issue]:
    """Choices are shown with their numbers; their words are no carrier's, no keyword's, and mean one choice."""
    meaning = {
        key_of(word): keyword
        for keyword in ALWAYS
        for said in flow.keywords[keyword].by_language.values()
        for word in said
    }
    for step in flow.steps:
        yield from _choice_words(flow, step, meaning)
        yield from _numbers(step)


def _choice_words(flow: Flow, step: Step, meaning: dict[str, str]) -> Iterator[Issue]:
    chosen: dict[str, int] = {}
    for choice in step.choices:
        at = choice.words.at
        for language, said in choice.words.by_language.items():
            for word in said:
                key = key_of(word)
                if key in CARRIER_WORDS:
                    yield issue(step.id, language, f"{word!r} belongs to carriers", at)
                elif key in meaning and meaning[key] != "skip":
                    keyword = meaning[key]
                    message = f"{word!r} would be an answer here, so {keyword} could not be said so"
                    yield issue(step.id, language, message, at, (*way_to(flow, step.id), f"> {word}"))
                if chosen.setdefault(key, choice.number) != choice.number:
                    yield issue(step.id, language, f"{word!r} means two choices", at)


def _numbers(step: Step) -> Iterator[Issue]:
    for choice in step.choices:
        for wording in (step.text, step.again, step.short):
            for language, template in templates(wording) if wording else ():
                if not re.search(rf"(?<!\w){choice.number}(?!\w)", template.source):
                    yield issue(step.id, language, f"the text does not offer {choice.number}", template.at)


def offers(flow: Flow) -> Iterator[Issue]:
    """No text offers a carrier's word as an answer; YES only behind its number (rule 20)."""
    for name, _, wording in wordings(flow):
        for language, template in templates(wording):
            for word in _OFFERED.findall(template.source):
                if word not in _OWN or name in flow.by_id:
                    yield issue(name, language, f"{word} belongs to carriers; offer a number", template.at)
            if _YES.search(template.source):
                yield issue(name, language, "YES belongs to carriers; put its number before it", template.at)


def told(flow: Flow) -> Iterator[Issue]:
    """SUPPORT is told of in every language, in the first answer or the last."""
    places = [flow.lines["greeting"], *(step.text for step in flow.steps if step.ends)]
    for language in flow.languages:
        said = flow.keywords["support"].by_language.get(language, ())
        texts = [template.source for wording in places for found, template in templates(wording) if found == language]
        if said and not any(word.upper() in text for word in said for text in texts):
            at = flow.keywords["support"].at
            yield issue("keyword support", language, "no text tells of it, neither the greeting nor an end", at)
