"""The coach: by letter, number, place in the train, or counted from an end."""

from __future__ import annotations

from typing import Final

from conversations.reading.files import listed
from conversations.reading.normal import PART, SENTENCE, WORD, Words
from conversations.reading.numbers import number
from conversations.reading.service import Piece

_ORDINALS: Final = {
    word: value
    for value, forms in enumerate(
        [
            "first 1st cyntaf gyntaf",
            "second 2nd ail 2il 2ail",
            "third 3rd trydydd 3ydd",
            "fourth 4th forth pedwerydd 4ydd",
            "fifth 5th pumed 5ed",
            "sixth 6th",
            "seventh 7th",
            "eighth 8th",
            "ninth 9th",
            "tenth 10th",
            "eleventh 11th",
            "twelfth 12th",
        ],
        1,
    )
    for word in forms.split()
}
_COACH: Final = listed("coach.coach")
_FRONT: Final = listed("coach.front")
_REAR: Final = listed("coach.rear")
_MIDDLE: Final = listed("coach.middle")
_FILL: Final = listed("coach.fill")
_NOT_A: Final = listed("coach.not_a")


_PARTS: Final = frozenset(
    {"front", "back", "rear", "middle", "blaen", "cefn", "canol", "centre", "flaen", "gefn", "ganol", "end"}
)
_COUNTS: Final = frozenset({"two", "three", "four", "five", "six"})
_COACH_LETTERS: Final = frozenset("bcdefghjklm")
BEGINNINGS: Final = _COACH | _PARTS | _COUNTS | _COACH_LETTERS | _ORDINALS.keys()
_YES_NO: Final = frozenset({"y", "n"})
"""Letters that answer yes or no; no train has a coach Y, and N is the likelier no."""


def coach(words: Words, asks: str | None = None) -> list[Piece]:
    """The coaches named, in the order of the text."""
    pieces: list[Piece] = []
    if words.figures or not BEGINNINGS.isdisjoint(words.words):
        pieces = [p for i, w in enumerate(words.words) if (p := _coach_at(words, i, w)) is not None]
    if not pieces and asks in {"coach", "train"} and len(words) == 1:
        value = _coach_value(words, 0, True)
        pieces = [Piece(value, 0, 1, "coach.answer")] if value and words.words[0] not in _YES_NO else []
    return [
        p
        for i, p in enumerate(pieces)
        if not any(q.first <= p.first and p.last <= q.last and q is not p for q in pieces[:i])
    ]


def _coach_at(words: Words, i: int, word: str) -> Piece | None:
    if word in _COACH:
        return _after_word(words, i) or (None if word == "cab" else _before_word(words, i))
    if word in _PARTS:
        return _of_train(words, i, word) or _the_one(words, i, word)
    if word == "in":
        return _sat_in(words, i)
    if word in _ORDINALS or (word.isdigit() and len(word) <= 2) or word in _COUNTS:
        return _from_end(words, i)
    return None


def _the_one(words: Words, i: int, word: str) -> Piece | None:
    """ "I'm in the one at the front", where coaches are spoken of."""
    one = words.words[max(0, i - 3) : i] in (("one", "at", "the"), ("one", "in", "the"))
    if not one or not _COACH & set(words.words):
        return None
    return Piece("front" if word in _FRONT else "middle" if word in _MIDDLE else "rear", i, i + 1, "coach.the_one")


def _sat_in(words: Words, i: int) -> Piece | None:
    """ "I'm in C": a capital letter that ends the clause."""
    j = i + 1
    if not i or words.words[i - 1] not in _SAT or j >= len(words) or words.breaks[j] != WORD:
        return None
    ends = j + 1 == len(words) or words.breaks[j + 1] >= PART
    letter = words.words[j]
    named = ends and len(letter) == 1 and letter in _COACH_LETTERS and words.text[words.starts[j]].isupper()
    return Piece(letter.upper(), j, j + 1, "coach.sat_in") if named else None


_SAT: Final = frozenset({"im", "am", "were", "hes", "shes", "theyre", "sat", "sitting", "is", "are", "i"})


def _after_word(words: Words, i: int) -> Piece | None:
    """ "coach C", "carriage no 3", "coach 3 from front", "carriage is the third"."""
    j = i + 1
    while (
        j < len(words)
        and words.words[j] in {"no", "number", "num", "rhif", "letter", "is", "nr", "was"}
        and words.breaks[j] < SENTENCE
    ):
        j += 1
    if (
        j >= len(words)
        or words.breaks[j] >= SENTENCE
        or (words.breaks[j] >= PART and j == i + 1 and words.gaps[j].strip() not in {":", "-", "("})
    ):
        return None
    end = _from_end(words, j)
    if end is not None:
        return Piece(end.value, i, end.last, end.rule)
    value = _coach_value(words, j, False)
    if value is None and words.words[j] in {
        "ola",
        "olaf",
        "blaen",
        "gyntaf",
        "cyntaf",
        "cefn",
        "flaen",
        "ganol",
        "canol",
    }:
        value = (
            "rear"
            if words.words[j] in {"ola", "olaf", "cefn"}
            else "middle"
            if words.words[j] in {"ganol", "canol"}
            else "front"
        )
    return Piece(value, i, j + 1, "coach.after_word") if value else None


def _coach_value(words: Words, j: int, alone: bool) -> str | None:
    word = words.words[j]
    if len(word) == 1 and word.isascii() and word.isalpha():
        return _letter(words, j, alone)
    value = number(word) if not word.isdigit() or len(word) <= 2 else None
    if value is None or not 1 <= value <= 16 or word in {"half", "quarter"}:
        return None
    following = words.words[j + 1] if j + 1 < len(words) and words.breaks[j + 1] < PART else ""
    if following in _COUNTED and not (following == "of" and _is_of_train(words, j + 2)):
        return None
    if j + 1 < len(words) and words.gaps[j + 1] in {":", "."} and words.words[j + 1][:2].isdigit():
        return None
    return str(value)


_COUNTED: Final = listed("coach.counted")


def _is_of_train(words: Words, at: int) -> bool:
    """ "coach 3 of the 2312", "coach 3 of 8": what comes after "of" is a number or the train."""
    said = words.words[at : at + 2]
    if said[:1] in (("the",), ("this",), ("that",), ("my",), ("our",)):
        said = said[1:]
    return bool(said) and (said[0].isdigit() or said[0] in {"train", "tren", "tram", "tube"})


def _letter(words: Words, j: int, alone: bool) -> str | None:
    """A letter that names a coach, and not the article, the pronoun or a word texted short."""
    word = words.words[j]
    upper = words.text[words.starts[j]].isupper()
    last = j + 1 >= len(words) or words.breaks[j + 1] >= PART
    following = words.words[j + 1] if j + 1 < len(words) else ""
    plain = upper and following not in _NOT_A
    if word in "ai" and not (plain or last or following in _AFTER_A):
        return None
    return (
        None if word in "nwou" and not (upper or last or alone or following in {"seat", "on", "of"}) else word.upper()
    )


_AFTER_A: Final = listed("coach.after_a")


def _before_word(words: Words, i: int) -> Piece | None:
    """ "2nd coach", "front carriage", "the very back coach", "second to last carriage"."""
    j = i - 1
    while j >= 0 and words.words[j] in {"most", "quiet", "train"} and words.breaks[j + 1] == WORD:
        j -= 1
    if j < 0 or words.breaks[j + 1] != WORD:
        return None
    word = words.words[j]
    if word in _REAR and not (word == "end" and words.words[max(0, j - 1)] == "other"):
        ordinal = next((_ORDINALS[w] for w in words.words[max(0, j - 3) : j] if w in _ORDINALS), None)
        if ordinal and words.words[j - 1] in {"to", "from", *(_ORDINALS)}:
            return Piece(f"{ordinal} from rear", j - 1, i + 1, "coach.from_end")
        if words.words[max(0, j - 2) : j] == ("but", "one"):
            return Piece("2 from rear", j - 2, i + 1, "coach.from_end")
        return Piece("rear", j, i + 1, "coach.end")
    if word in _FRONT:
        return Piece("front", j, i + 1, "coach.end")
    if word in _MIDDLE:
        return Piece("middle", j, i + 1, "coach.end")
    if word in _ORDINALS and not (word in {"first", "1st"} and words.words[i : i + 1] == ("class",)):
        return Piece(str(_ORDINALS[word]), j, i + 1, "coach.ordinal")
    return None


def _of_train(words: Words, i: int, word: str) -> Piece | None:
    """ "at the back of the train", "the back of train"; not "front of me"."""
    tail = words.words[i + 1 : i + 4]
    of_train = bool(tail) and (
        (tail[:1] in (("y",), ("r",)) and "tren" in tail)
        or (tail[:1] == ("of",) and bool({"train", "tren", "tram", "tube"} & set(tail[1:3])))
    )
    welsh = tail[:1] in (("tren",),)
    if word == "front" and words.words[max(0, i - 1) : i] == ("in",):
        return None
    if not (of_train or welsh) or any(words.breaks[k] >= SENTENCE for k in range(i + 1, min(i + 4, len(words)))):
        return None
    from_end = words.words[max(0, i - 3) : i]
    if "from" in from_end and any(w in _ORDINALS or w.isdigit() for w in from_end):
        return None
    value = "front" if word in _FRONT else "middle" if word in _MIDDLE else "rear"
    length = next(
        (k for k in range(i + 1, min(i + 4, len(words))) if words.words[k] in {"train", "tren", "tram", "tube"}), i
    )
    return Piece(value, i, length + 1, "coach.of_train")


def _from_end(words: Words, i: int) -> Piece | None:
    """ "3 from front", "third from the back", "2 carriages from the front"."""
    value = _ORDINALS.get(words.words[i]) or number(words.words[i])
    if value is None or not 1 <= value <= 16:
        return None
    j = i + 1
    while (
        j < len(words)
        and words.words[j] in _COACH | {"one", "along", "up", "down", "carriages", "coaches", "cars"}
        and words.breaks[j] < PART
    ):
        j += 1
    if j >= len(words) or words.words[j] not in {"from", "o", "fae", "frm", "off"} or words.breaks[j] >= PART:
        return None
    j += 1
    while j < len(words) and words.words[j] in _FILL and words.breaks[j] < PART:
        j += 1
    if j >= len(words) or words.words[j] not in _FRONT | _REAR - {"last"}:
        return None
    end = "front" if words.words[j] in _FRONT else "rear"
    return Piece(f"{value} from {end}", i, j + 1, "coach.from_end")
