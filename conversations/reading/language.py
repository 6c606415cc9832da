"""Welsh or English. A text with both is Welsh."""

from __future__ import annotations

from collections.abc import Sequence

from conversations.reading.knowledge import Knowledge
from conversations.reading.model import Value
from conversations.reading.normal import Words


def language_of(words: Words, taken: Sequence[bool], knowledge: Knowledge, asked: str | None = None) -> Value:
    """`cy` where Welsh words say so, else `en`; names of places and lines are of no language."""
    if knowledge.welsh.isdisjoint(words.words) and knowledge.welsh_weak.isdisjoint(words.words):
        return _without_welsh(words, taken, knowledge, asked)
    strong: list[int] = []
    weak = english = 0
    for index, word in enumerate(words.words):
        if taken[index]:
            continue
        if word in knowledge.welsh:
            strong.append(index)
        elif word in knowledge.welsh_weak:
            weak += 1
        if word in knowledge.english:
            english += 1
    spans = tuple(words.span(i, i + 1) for i in strong[:3])
    rest = sum(not t for t in taken) or 1
    if len(strong) >= 2 or (strong and ((weak >= 1 and english <= 2) or rest <= 3 or english == 0)):
        confidence = min(0.99, 0.6 + 0.1 * len(strong) + 0.02 * weak)
        return Value("cy", spans, round(confidence, 2), "language.welsh_words")
    if weak >= 3 and english - weak < 0 and weak * 2 > rest and not _is_asked_for(words, asked):
        return Value("cy", spans, 0.6, "language.welsh_words")
    return _without_welsh(words, taken, knowledge, asked)


def _is_asked_for(words: Words, asked: str | None) -> bool:
    return asked == "language" and words.words[:1] in (("c",), ("cy",), ("cym",), ("welsh",))


def _without_welsh(words: Words, taken: Sequence[bool], knowledge: Knowledge, asked: str | None) -> Value:
    """English, where the text does not answer that it is to be Welsh."""
    if _is_asked_for(words, asked):
        return Value("cy", (words.span(0, 1),), 0.95, "language.answer")
    english = any(word in knowledge.english and not taken[i] for i, word in enumerate(words.words))
    return Value("en", (), 0.95 if english else 0.6, "")
