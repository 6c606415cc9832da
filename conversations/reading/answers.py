"""Short answers in the light of what was asked: yes, no, skip, don't know, a numbered choice; and what is put right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.files import listed
from conversations.reading.model import Context, Correction, Value
from conversations.reading.normal import WORD, Words
from conversations.reading.numbers import number
from conversations.reading.rules import Hit
from conversations.reading.service import Piece
from conversations.reading.what import hits_of, value_of

_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "un": 1,
    "dau": 2,
    "dwy": 2,
    "tri": 3,
    "tair": 3,
    "first": 1,
    "second": 2,
}
_MOST = 6


def answer_of(words: Words, hits: Sequence[Hit], context: Context) -> Value:
    """yes, no, skip, dont_know, or the number of a choice; None where the text is no such answer."""
    if not words.words:
        return Value(None)
    answers = hits_of(hits, "answers")
    for label, value in (("skip", "skip"), ("dont_know", "dont_know")):
        found = [h for h in answers if h.label == label]
        if found and len(words) <= _MOST + 3:
            return value_of(words, value, found, "answer")
    choice = _choice(words, context)
    if choice is not None:
        return Value(choice, (words.span(0, 1),), 0.95, "answer.choice")
    for label in ("yes", "no"):
        found = [h for h in answers if h.label == label and h.first == 0]
        if found and (context.asks or len(words) <= 3):
            return value_of(words, label, found, "answer")
    return Value(None)


def _choice(words: Words, context: Context) -> int | None:
    """A bare figure answers a choice where one was put; 1 and 2 do so for yes and no too."""
    if len(words) > 2 or not (context.asks or context.choices):
        return None
    word = words.words[0]
    value = _NUMBER_WORDS.get(word) or (number(word) if word.isdigit() else None)
    if value is None or (len(words) == 2 and words.words[1] not in {"please", "pls", "plis", "thanks"}):
        return None
    return (
        value
        if 1 <= value <= (context.choices or 9) and context.asks not in {"train", "coach", "when", "location"}
        else None
    )


_DENIED: Final = listed("answers.denied")
_NOTHING: Final = Context()


def denied(
    words: Words, pieces: Sequence[Piece], slot: str, context: Context = _NOTHING
) -> tuple[list[Piece], list[Correction]]:
    """The values that stand, and those that the text takes back.

    "no coach d" as an answer takes D back; where another coach is known, or a comma follows, it puts that right.
    """
    held = _known(context, slot)
    kept: list[Piece] = []
    gone: list[Correction] = []
    for piece in pieces:
        before = words.words[piece.first - 1] if piece.first else ""
        alone = held is None and context.asks and len(pieces) == 1 and piece.last == len(words)
        none = before in {"no", "dim"} and words.breaks[piece.first] == WORD and (alone or held == piece.value)
        if none or (before in {"not", "isnt", "wasnt", "nid"} and words.breaks[piece.first] == WORD):
            gone.append(Correction(slot, None, piece.value, words.span(piece.first, piece.last)))
        else:
            kept.append(piece)
    return kept, gone


def is_put_right(words: Words, first: int, last: int) -> bool:
    """Whether words `first` to `last` (excluded) take back what comes before them: "no sorry", "wait", "i mean"."""
    said = [word for word in words.words[first:last] if word not in _THE]
    return 0 < len(said) <= _MOST_BETWEEN and set(said) <= _PUT_RIGHT and not set(said) <= _MERELY


_THE: Final = frozenset({"the", "this", "is", "at", "in", "just", "left"})
_PUT_RIGHT: Final = listed("answers.put_right")
_MERELY: Final = frozenset({"i", "its", "it", "that", "make", "not", "or"})
_MOST_BETWEEN: Final = 4


def instead(words: Words, gone: Sequence[Correction]) -> list[Piece]:
    """The coach said in place of one taken back: "not coach d, c"."""
    for correction in gone:
        index = next((i for i, end in enumerate(words.ends) if end == correction.span[1]), len(words)) + 1
        while index < len(words) and words.words[index] in {"its", "it", "but", "is", "in", "sorry"}:
            index += 1
        word = words.words[index] if index < len(words) else ""
        alone = index + 1 >= len(words) or words.breaks[index + 1] > 0
        if alone and ((len(word) == 1 and word.isalpha()) or (word.isdigit() and len(word) <= 2)):
            return [Piece(word.upper(), index, index + 1, "answer.instead")]
    return []


def corrections(words: Words, hits: Sequence[Hit], values: dict[str, Value], context: Context) -> list[Correction]:
    """The slots of this text that put right an earlier value: said so, or the question is answered already."""
    marked = any(h.label == "correct" for h in hits_of(hits, "answers"))
    lead = bool(words.words) and words.words[0] in _DENIED
    found: list[Correction] = []
    if not (marked or lead):
        return found
    for slot, value in values.items():
        old = _known(context, slot)
        if value.value is not None and value.value != old and (old is not None or marked):
            found.append(Correction(slot, value.value, old, value.spans[0] if value.spans else (0, 0)))
    return found


def _known(context: Context, slot: str) -> object:
    part, _, key = slot.partition(".")
    facts = context.facts.get(part)
    return facts.get(key) if isinstance(facts, dict) else None
