"""A text and the step it answers, to a Reply: a keyword, a choice, words, or nothing readable.

The words of keywords and choices come from the flow file, in all its languages at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from conversations.flow import Flow, Kind, Step
from conversations.texts import soften

_EDGES = ' .,;:!-_*"()[]{}<>~/'
_FIRST_TOKEN = re.compile(r"\s*[(\[\"']?([^\s.,;:!?)\]\"']+)")
_LETTERS_OR_FIGURES = re.compile(r"[^\W_]")

URGENT_KEYWORDS = ("stop", "danger", "start")
"""Keywords that count in every step and before any answer: carriers own their words."""

LEAST_LETTERS = {Kind.PLACE: 2, Kind.TRAIN: 1, Kind.WORDS: 2}
"""How many letters or figures make an answer; a coach may be one letter."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a text is as an answer.

    `keyword` is one of `conversations.flow.KEYWORDS`, `word` the keyword as the flow writes it; `choice` the number
    chosen, 0 for none; `keep` says that there are words in it to be kept; `clear` that the step can take it as answer.
    """

    keyword: str | None = None
    word: str = ""
    choice: int = 0
    keep: bool = False
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a flow version, ready to look up by `key_of`: keywords, and each step's choices."""

    urgent: dict[str, tuple[str, str]]
    keywords: dict[str, tuple[str, str]]
    choices: dict[str, dict[str, int]]
    openers: dict[str, dict[str, int]]


def key_of(text: str) -> str:
    """A text without case, edges, apostrophes and doubled spaces, for comparing with keywords."""
    key = " ".join(soften(text).casefold().replace("'", "").split()).strip(_EDGES)
    bare = key.strip(_EDGES + "?")
    return "?" if key and not bare else bare


@lru_cache(maxsize=256)
def lexicon(flow: Flow) -> Lexicon:
    """The words of a flow version."""
    urgent: dict[str, tuple[str, str]] = {}
    keywords: dict[str, tuple[str, str]] = {}
    for keyword, said in flow.keywords.items():
        table = urgent if keyword in URGENT_KEYWORDS else keywords
        for words in said.by_language.values():
            for word in words:
                table.setdefault(key_of(word), (keyword, key_of(word)))
    asked = [step for step in flow.steps if step.choices]
    return Lexicon(
        urgent, keywords, {s.id: _choices(s) for s in asked}, {s.id: _choices(s, most_words=1) for s in asked}
    )


def _choices(step: Step, most_words: int | None = None) -> dict[str, int]:
    """Numbers and words of a step's choices; only the first word of each language where `most_words` is 1."""
    found: dict[str, int] = {}
    for choice in step.choices:
        found[str(choice.number)] = choice.number
        for words in choice.words.by_language.values():
            for word in words[:most_words]:
                found.setdefault(key_of(word), choice.number)
    return found


def read_first(flow: Flow, text: str) -> Reply:
    """Reads a text that answers nothing: only carriers' words and danger are keywords in it."""
    hit = lexicon(flow).urgent.get(key_of(text))
    if hit is not None:
        return Reply(keyword=hit[0], word=hit[1])
    keep = bool(text.strip())
    return Reply(keep=keep, clear=keep)


def read(flow: Flow, step: Step, text: str) -> Reply:
    """Reads a text as the answer to `step`. A choice's number or first word may open a longer text. Never raises."""
    words, key = lexicon(flow), key_of(text)
    hit = words.urgent.get(key)
    if hit is not None:
        return Reply(keyword=hit[0], word=hit[1])
    if step.choices:
        number = words.choices[step.id].get(key, 0)
        if number:
            return Reply(choice=number, clear=True)
    hit = words.keywords.get(key)
    if hit is not None:
        return Reply(keyword=hit[0], word=hit[1])
    keep = bool(text.strip())
    if step.choices:
        opener = _FIRST_TOKEN.match(text)
        number = words.openers[step.id].get(key_of(opener[1]), 0) if opener else 0
        return Reply(choice=number, keep=keep, clear=number > 0)
    return Reply(keep=keep, clear=_enough(text, LEAST_LETTERS.get(step.kind, 1)))


def _enough(text: str, least: int) -> bool:
    return any(count >= least for count, _ in enumerate(_LETTERS_OR_FIGURES.finditer(text), 1))
