"""Places that tell of a person and not of the report: names, homes, where somebody is from or boarded."""

from __future__ import annotations

from typing import Final

from conversations.reading.files import listed
from conversations.reading.normal import PART, WORD, Words
from conversations.reading.places import Mention

REPORTER: Final = listed("roles.reporter")
SUSPECT: Final = listed("roles.suspect")
_TRAVEL: Final = listed("roles.travel")
PEOPLE: Final = SUSPECT | listed("roles.people")
_FIRST_NAMES: Final = listed("roles.first_names")
_KIN: Final = listed("roles.kin")
_GIVEN: Final = listed("roles.given")
_TOLD_OF: Final = listed("roles.told_of")
_COLOURS: Final = listed("roles.colours")
_WHOSE: Final = frozenset({"my", "our", "his", "her", "their"})


def is_name(words: Words, mention: Mention) -> bool:
    """ "Victoria here, I texted": who writes; "my ex, Selby, is here", "Dave Preston": who did it."""
    after = words.words[mention.last] if mention.last < len(words) else ""
    if mention.first == 0:
        return mention.form in _FIRST_NAMES and after == "here"
    before = words.words[mention.first - 1]
    if (
        len(before) == 1
        and words.gaps[mention.first].strip() == "."
        and words.text[words.starts[mention.first - 1]].isupper()
    ):
        return words.words[mention.first - 2 : mention.first - 1] not in {("coach",), ("carriage",)}
    if words.breaks[mention.first] == WORD:
        capital = (
            words.text[words.starts[mention.first]].isupper()
            or not words.text[words.starts[mention.first - 1]].isupper()
        )
        return before in _GIVEN and capital and mention.last - mention.first == 1
    kin = before in _KIN and mention.first > 1 and words.words[mention.first - 2] in _WHOSE
    apart = words.breaks[mention.first] == PART and mention.last < len(words) and words.breaks[mention.last] == PART
    return kin and apart and after in _TOLD_OF


def is_of_car(words: Words, mention: Mention) -> bool:
    """ "a grey vauxhall": a car."""
    before = words.words[mention.first - 1] if mention.first else ""
    return mention.form in {"vauxhall", "ford"} and before in _COLOURS


def is_home(words: Words, mention: Mention) -> bool:
    """ "my mum in Hastings": where somebody lives."""
    at = mention.first - 2
    return at > 0 and words.words[at] in _KIN and words.words[at - 1] in {"my", "our", "his", "her"}


def is_origin(words: Words, mention: Mention) -> bool:
    """ "a man from Leeds", not "the train from Leeds"."""
    index = mention.first - 1
    while index >= 0 and words.words[index] not in {"from", "fae", "frm"}:
        index -= 1
    before = words.words[max(0, index - 3) : index]
    if not before or _TRAVEL & set(before) or any(w[:1].isdigit() for w in before):
        return False
    return before[-1] in PEOPLE or (len(before) > 1 and before[-2] in {"hes", "shes"} and before[-1] == "a")


def boarded_by_another(words: Words, mention: Mention, phrase: tuple[str, ...]) -> bool:
    """ "a fella who got on at X", "jumped on at X he did": where the suspect boarded."""
    if not _BOARDED & set(phrase):
        return False
    start = next((i for i in range(mention.first - 1, -1, -1) if words.words[i] == phrase[0]), 0)
    known = (SUSPECT | REPORTER | {"who"}) - _OBJECTS
    before = [w for w in words.words[max(0, start - _NEAR) : start] if w in known]
    after = words.words[mention.last : mention.last + 2]
    if before and (before[-1] == "who" or before[-1] not in REPORTER):
        return True
    return not before and after in _HE_DID


_NEAR: Final = 4
_OBJECTS: Final = frozenset({"me", "my", "us", "our", "him", "her", "them"})
_BOARDED: Final = frozenset({"on", "boarded", "boards", "joined", "joins", "onto"})
_HE_DID: Final = (("he", "did"), ("she", "did"), ("they", "did"))
