"""What the likeness to labelled texts adds to the rules, and takes from them. The thresholds were chosen on texts of
hands that neither rules nor weights had learnt from (docs/reading.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.intent import NOISE, OTHER_SERVICE, QUESTION, REPORT, SUPPORT
from conversations.reading.likeness import DANGER, INTENT, STAFF, Scores
from conversations.reading.model import Value
from conversations.reading.normal import Words
from conversations.reading.rules import Hit
from conversations.reading.suspect import is_cleared
from conversations.reading.urgency import ALWAYS, FIRM, PETTY
from conversations.reading.what import hits_of, value_of

Acts = list[tuple[str, list[Hit]]]
"""Behaviours, each with its hits."""

ADDED: Final = 0.75
DROPPED: Final = 0.04
ENDANGERED, SURE_DANGER = 0.5, 0.75
SAFE, SURE_SAFE = 0.15, 0.03
STAFF_SURE, STAFF_IN_DOUBT, STAFF_UNNAMED, STAFF_CLEARED = 0.7, 0.25, 0.6, 0.6
DOUBT_DROPPED, STAFF_DROPPED = 0.22, 0.15
REPORTED, UNREPORTED = 0.7, 0.4


def weighable(asks: str | None) -> bool:
    """Whether a text is weighed: an answer to a question is no whole text, and says what was asked."""
    return asks is None


def likely_intent(intent: Value, scores: Scores) -> Value:
    """The intent; where no rule knows it, or another but a report is far likelier, what it is most like."""
    report = scores.of(INTENT + REPORT)
    if intent.rule in _UNKNOWN:
        likeliest = scores.likeliest(INTENT)
        if report < UNREPORTED and (intent.value == REPORT or scores.of(likeliest) > UNREPORTED):
            return Value(likeliest.removeprefix(INTENT), (), 0.5, "intent.likeness")
    if intent.value in _OUTWEIGHED and report > REPORTED:
        return Value(REPORT, (), 0.5, "intent.likeness")
    return intent


_UNKNOWN: Final = frozenset({"intent.unknown", "intent.nothing_said"})
_OUTWEIGHED: Final = frozenset({OTHER_SERVICE, QUESTION, SUPPORT, NOISE})


def likely_acts(acts: Acts, scores: Scores, labels: Sequence[str]) -> Acts:
    """The behaviours without those that are most unlikely, and with those of `labels` that are very likely."""
    kept = [act for act in acts if scores.of(act[0]) >= DROPPED]
    known = {label for label, _ in kept}
    likely = scores.over(ADDED)
    added = [label for label in labels if label in likely and label not in known]
    if "other" in added and (known or len(added) > 1):
        added.remove("other")
    out = kept + [(label, hits) for label in added if (hits := scores.hits("behaviours", label, label))]
    return out or acts


_GRAVE: Final = frozenset({"threat", "violence", "weapon", "spiking", "rape_or_penetration", "voyeurism", "hate_abuse"})
"""What was done, where likeness alone may say that somebody is in danger."""


_BARE: Final = frozenset({"bare"})
_FEW, _MANY = 24, 40
"""The fewest signs of a text that likeness alone may see danger in, beside something grave and beside anything else."""


def likely_danger(danger: list[Hit], hits: Sequence[Hit], scores: Scores, acts: Acts, past: bool) -> list[Hit]:
    """The dangers of the rules, or a text of something grave that is like those of people in danger.

    The latter is told by `danger.likeness`, as is a text most like them of whatever was done. A danger that no firm
    rule names is dropped where the text is unlike, any but a bare call for help where it is most unlike.
    """
    score = scores.of(DANGER)
    if danger and score < SAFE:
        return [hit for hit in danger if hit.label in (ALWAYS | FIRM if score >= SURE_SAFE else _BARE)]
    if danger or past or any(hit.label == "false_alarm" for hit in hits_of(hits, "answers")):
        return danger
    found = {act for act, _ in acts}
    least, enough = (ENDANGERED, _FEW) if found & _GRAVE else (SURE_DANGER, _MANY)
    petty = bool(found) and found <= PETTY - {"other"}
    if score <= least or petty or len(scores.signs) < enough:
        return []
    return scores.hits("danger", "likeness", DANGER)


_LONG: Final = 60
"""The fewest signs of a text in which likeness may accuse one whom the rules clear."""


def likely_staff(suspect: Value, doubt: bool, words: Words, hits: Sequence[Hit], scores: Scores) -> tuple[Value, bool]:
    """Police or staff as the rules found, unless the text is unlike those about them; else where it is like them.

    Likeness alone says so in doubt, of one who is named more easily than of one whom the rules clear or nobody names.
    """
    score = scores.of(STAFF)
    if suspect.value is not None:
        plain = any(hit.label == "accused" for hit in hits_of(hits, "suspect"))
        unlikely = score < (DOUBT_DROPPED if doubt else STAFF_DROPPED)
        return (Value(None), False) if unlikely and not plain else (suspect, doubt)
    named = [hit for hit in hits_of(hits, "suspect") if hit.label in {"police", "rail_staff"}]
    free = [hit for hit in named if not is_cleared(hits, hit)]
    mentions = free or (named if len(scores.signs) >= _LONG else [])
    if named and not mentions:
        return suspect, doubt
    if score <= (STAFF_IN_DOUBT if free else STAFF_CLEARED if named else STAFF_UNNAMED):
        return suspect, doubt
    if mentions:
        kind = mentions[0].label
        found = value_of(words, kind, [hit for hit in mentions if hit.label == kind], "suspect")
        return Value(kind, found.spans, 0.6, "suspect.likeness"), score <= STAFF_SURE
    signs = scores.hits("suspect", "likeness", STAFF)
    return Value("rail_staff", tuple(words.span(h.first, h.last) for h in signs), 0.5, "suspect.likeness"), True
