"""What the likeness to labelled texts adds to the rules, and takes from them. The thresholds were chosen on texts of
hands that neither rules nor weights had learnt from (docs/reading.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.files import listed
from conversations.reading.intent import REPORT, SUPPORT
from conversations.reading.likeness import DANGER, INTENT, STAFF, Scores
from conversations.reading.model import Value
from conversations.reading.normal import Words
from conversations.reading.rules import Hit
from conversations.reading.suspect import is_cleared
from conversations.reading.urgency import ALWAYS, FIRM, PETTY
from conversations.reading.what import hits_of, value_of

Acts = list[tuple[str, list[Hit]]]
"""Behaviours, each with its hits."""

LIKELY, OFTEN_LIKELY, LIKELIEST = 0.58, 0.66, 0.15
"""Where a behaviour holds; where one of `likely.often` does, which much is like; and where the likeliest does."""

ENDANGERED, UNNAMED_DANGER = 0.13, 0.17
"""Where a danger that rules found holds; where likeness alone sees one."""

PETTY_DANGER, SURELY_ENDANGERED, STILL_ENDANGERED = 0.3, 0.62, 0.66
"""The latter where the rules found petty acts alone, in a short text, and in one that dates it to before."""

DESPAIRING: Final = 0.3
STAFF_LIKELY, STAFF_NAMED, STAFF_CLEARED, STAFF_UNNAMED, STAFF_SURE = 0.12, 0.1, 0.3, 0.33, 0.7
FEW: Final = 9
"""The fewest words that say enough to be likened with certainty."""


def weighable(asks: str | None) -> bool:
    """Whether a text is weighed: an answer to a question is no whole text, and says what was asked."""
    return asks is None


def likely_intent(words: Words, intent: Value, hits: Sequence[Hit], scores: Scores, facts: int, danger: bool) -> Value:
    """What the text is most like, save where a rule of `_PLAIN` settles it.

    `facts`: how many values of place and train were read: a short text of these alone adds to what is known. `danger`:
    whether rules found one; a text that is like those of people in danger stays a report.
    """
    if intent.rule in _PLAIN or (intent.rule == "intent.unknown" and facts and len(words) < FEW):
        return intent
    likeliest = scores.likeliest(INTENT).removeprefix(INTENT)
    if scores.of(INTENT + likeliest) < LIKE_NONE:
        return intent
    if likeliest == intent.value or (likeliest == SUPPORT and _asks_for_person(hits)):
        return intent
    if intent.value == REPORT and danger and likeliest != SUPPORT and scores.of(DANGER) > STEADY:
        return intent
    return Value(likeliest, (), 0.5, "intent.likeness")


def _asks_for_person(hits: Sequence[Hit]) -> bool:
    """ "can i speak to a real person": no wish for support."""
    return any(hit.label == "person" for hit in hits_of(hits, "wishes"))


LIKE_NONE: Final = 0.3
"""Below this a text is like none of the intents, and what the rules made of it stands."""

STEADY: Final = 0.5
"""Above this a text in which rules found a danger stays a report, whatever else it is like."""

_PLAIN: Final = listed("likely.plain")


def likely_acts(words: Words, acts: Acts, scores: Scores, labels: Sequence[str]) -> Acts:
    """The behaviours of `labels` that are likely, what the rules found weighed with the words; where none is, the
    likeliest, if it is not too unlikely. What rules found keeps its hits.

    In a short text what the rules found stands where none is likely, and what likeness adds is so named.
    """
    found = dict(acts)
    short = len(words) < FEW
    over = scores.over(LIKELY)
    likely = [label for label in labels if label in over and (label not in _OFTEN or scores.of(label) > OFTEN_LIKELY)]
    if not likely and short:
        return acts
    if not likely:
        likeliest = max(labels, key=scores.of)
        likely = [likeliest] if scores.of(likeliest) > LIKELIEST else []
    told = [
        (label, found.get(label) or scores.hits("behaviours", _LIKENESS if short else label, label)) for label in likely
    ]
    return sorted([act for act in told if act[1]], key=lambda act: act[1][0].first)


_LIKENESS: Final = "likeness"
_OFTEN: Final = listed("likely.often")


def likely_danger(
    words: Words, danger: list[Hit], acts: Acts, hits: Sequence[Hit], scores: Scores, past: bool
) -> list[Hit]:
    """The dangers of the rules, weighed with the words of the text, or `danger.likeness` where only these tell of one.

    A danger is dropped where the text is unlike those of people in danger; a life at risk, fire and a bare call for
    help never are, and in a short text none that a firm rule names. `acts`: what the rules found; where it is petty,
    and in a short text, likeness alone must be surer.
    """
    score = scores.of(DANGER)
    short = len(words) < FEW
    if danger:
        firm = ALWAYS | FIRM if short else ALWAYS
        return danger if score > ENDANGERED else [hit for hit in danger if hit.label in firm]
    petty = bool(acts) and all(label in PETTY for label, _ in acts)
    unnamed = SURELY_ENDANGERED if short else PETTY_DANGER if petty else UNNAMED_DANGER
    if score <= (STILL_ENDANGERED if past else unnamed):
        return []
    calm = any(hit.label == "false_alarm" for hit in hits_of(hits, "answers"))
    return [] if calm else scores.hits("danger", _LIKENESS, DANGER)


def likely_despair(words: Words, scores: Scores) -> list[Hit]:
    """`danger.likeness` where a wish for support is like those of people whose life is at risk."""
    likely = len(words) >= FEW and scores.of(DANGER) > DESPAIRING
    return scores.hits("danger", _LIKENESS, DANGER) if likely else []


def likely_staff(suspect: Value, doubt: bool, words: Words, hits: Sequence[Hit], scores: Scores) -> tuple[Value, bool]:
    """Police or staff as the rules found, unless the text is unlike those about them; else where it is like them.

    Likeness alone says so in doubt, of one who is named more easily than of one whom the rules clear or nobody names.
    """
    score = scores.of(STAFF)
    family = hits_of(hits, "suspect")
    if suspect.value is not None:
        plain = any(hit.label == "accused" for hit in family) or len(words) < FEW
        return (suspect, doubt) if plain or score > STAFF_LIKELY else (Value(None), False)
    named = [hit for hit in family if hit.label in {"police", "rail_staff"}]
    free = [hit for hit in named if not is_cleared(hits, hit)]
    if named and not free and (len(words) < FEW or any(hit.label == "reporter_is" for hit in family)):
        return suspect, doubt
    if score <= (STAFF_NAMED if free else STAFF_CLEARED if named else STAFF_UNNAMED):
        return suspect, doubt
    if mentions := free or named:
        kind = mentions[0].label
        found = value_of(words, kind, [hit for hit in mentions if hit.label == kind], "suspect")
        return Value(kind, found.spans, 0.6, "suspect.likeness"), score <= STAFF_SURE
    signs = scores.hits("suspect", "likeness", STAFF)
    return Value("rail_staff", tuple(words.span(h.first, h.last) for h in signs), 0.5, "suspect.likeness"), True
