"""Places where somebody got on or off: the reporter's, or merely those of the one who did it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.cues import AT, DROP, FROM, TO
from conversations.reading.files import listed
from conversations.reading.normal import SENTENCE, Words
from conversations.reading.parts import CLEAR, PLAIN, Role
from conversations.reading.persons import REPORTER, SUSPECT
from conversations.reading.places import Mention

_WITH: Final = listed("roles.with")


def got_off(words: Words, mention: Mention) -> Role | None:
    """ "got off at X": where the reporter did, or the one who follows did too; elsewhere not a place of the report."""
    start = max(0, mention.first - 9)
    while start < mention.first and any(b >= SENTENCE for b in words.breaks[start + 1 : mention.first + 1]):
        start += 1
    window = list(words.words[start : mention.first])
    verb = next((i for i in range(len(window) - 1, -1, -1) if window[i] in {"off", "on", "out", "alighted"}), -1)
    if verb >= 0 and verb == len(window) - 2 and window[:verb][-1:] in _OFF_SOON and window[verb] == "off":
        return Role(mention, TO, PLAIN, "place.gets_off")
    gone = next((i for i, word in enumerate(window) if word in _GONE), -1)
    if gone > 0 and len(window) - gone <= 3 and verb < gone and _who(window[:gone]) in SUSPECT:
        return Role(mention, DROP, CLEAR, "place.suspect_moved")
    if _ONTO & set(window[verb + 1 :]):
        return None
    if verb < 1 or len(window) - verb > 5 or not _MOVES & set(window[max(0, verb - 3) : verb + 1]):
        return None
    subject = _who(window[:verb])
    future = {"get", "getting", "meant", "need", "gonna", "due", "will"} & set(window[max(0, verb - 4) : verb])
    tail = set(words.words[mention.last : mention.last + 6])
    still = words.words[mention.last : mention.last + 3] == ("im", "still", "on")
    if still or (subject in SUSPECT and not (tail & _WITH) and not {"follow", "followed", "following"} & set(window)):
        return Role(mention, DROP, CLEAR, "place.suspect_moved")
    if window[verb] == "on" and {"as", "when", "while", "wen"} & set(window[:verb]) and subject in REPORTER:
        return Role(mention, AT, PLAIN, "place.as_got_on")
    if window[verb] == "on":
        return Role(mention, FROM if subject in REPORTER else DROP, PLAIN, "place.got_on")
    if future:
        return Role(mention, TO, PLAIN, "place.gets_off")
    return Role(mention, AT, PLAIN, "place.got_off")


def _who(window: Sequence[str]) -> str:
    """The person named last, else the reporter; "me" and "my" are said of what another does."""
    return next((w for w in reversed(window) if w in _NAMED), "i")


_OBJECTS: Final = frozenset({"me", "my", "us", "her", "him", "were"})
_NAMED: Final = (REPORTER | SUSPECT) - _OBJECTS
_ONTO: Final = frozenset({"track", "tracks", "line", "lines", "roof", "rails", "bench", "platform"})
_GONE: Final = listed("roles.gone")
_OFF_SOON: Final[tuple[list[str], ...]] = ([], ["im"], ["were"], ["shes"])
_MOVES: Final = listed("roles.moves")
