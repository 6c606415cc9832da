"""Rule R2: which of the reporter's own words a play-back may repeat.

Only place, train and time are repeated. Until free text is read, words are repeated only when every one of them is in
a list of place and train words; otherwise the play-back says it without them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from conversations.discretion import exposing
from conversations.texts import septets, soften

_WORDS = Path(__file__).parent / "data" / "place_words.txt"

LONGEST = 45
"""Septets that a repeated answer may take."""

_ALLOWED = re.compile(r"[\w '.,:/&()+-]+\Z")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_FIGURES = re.compile(r"[0-9]{1,4}[a-z]?\Z|[0-9]{1,4}(?:am|pm|ish|st|nd|rd|th)\Z|[0-9][a-z][0-9]{2}\Z|[a-z]\Z")
_SAINT = frozenset({"st", "saint"})
_MOST_FIGURES = 9  # one fewer than a telephone number has
_SPACES = re.compile(r"\s+")


@cache
def place_words() -> frozenset[str]:
    """The words that may be repeated, in small letters."""
    text = _WORDS.read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def repeatable(text: str) -> str | None:
    """The words as a play-back may repeat them, at most `LONGEST` septets; None where it must do without them."""
    if len(text) > 2 * LONGEST:
        return None
    plain = _SPACES.sub(" ", soften(text)).strip(" .,:/&()+-")
    units = septets(plain)
    if not plain or units is None or units > LONGEST or not _ALLOWED.match(plain):
        return None
    tokens = _TOKEN.findall(plain.casefold())
    figures = sum(character.isdigit() for character in plain)
    if not tokens or figures > _MOST_FIGURES or not all(map(_is_known, ["", *tokens], tokens)) or exposing(plain):
        return None
    return plain


def _is_known(before: str, token: str) -> bool:
    """Whether a word may be repeated after `before`; single letters never in a row, or they could spell anything."""
    known = place_words()
    if len(token) == 1 and token.isalpha() and len(before) == 1 and before.isalpha():
        return False
    return token in known or bool(_FIGURES.match(token)) or (before in _SAINT and f"{before} {token}" in known)
