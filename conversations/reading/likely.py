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
from conversations.reading.urgency import ALWAYS, FIRM
from conversations.reading.what import hits_of, value_of

Acts = list[tuple[str, list[Hit]]]
"""Behaviours, each with its hits."""

ADDED: Final = 0.6
DROPPED: Final = 0.04
ENDANGERED, SAFE = 0.5, 0.08
STAFF_SURE, STAFF_IN_DOUBT = 0.7, 0.25
REPORTED, UNREPORTED = 0.7, 0.4


def weighable(asks: str | None) -> bool:
    """Whether a text is weighed: an answer to a question is no whole text, and says what was asked."""
    return asks is None


def likely_intent(intent: Value, scores: Scores) -> Value:
    """The intent; where no rule knows it, or another but a report is far likelier, what it is most like."""
    report = scores.of(INTENT + REPORT)
    if intent.rule in _UNKNOWN:
        likeliest = max(scores.by_label, key=lambda label: label.startswith(INTENT) and scores.of(label))
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
    added = [label for label in labels if label not in known and scores.of(label) > ADDED]
    if "other" in added and (known or len(added) > 1):
        added.remove("other")
    out = kept + [(label, hits) for label in added if (hits := scores.hits("behaviours", label, label))]
    return out or acts


_GRAVE: Final = frozenset({"threat", "violence", "weapon", "spiking", "rape_or_penetration", "voyeurism", "hate_abuse"})
"""What was done, where likeness alone may say that somebody is in danger."""


def likely_danger(danger: list[Hit], hits: Sequence[Hit], scores: Scores, acts: Acts, past: bool) -> list[Hit]:
    """The dangers of the rules, or a text of something grave that is like those of people in danger.

    The latter is told by `danger.likeness`. A danger that no firm rule names is dropped where the text is most unlike.
    """
    score = scores.of(DANGER)
    if danger and score < SAFE:
        return [hit for hit in danger if hit.label in ALWAYS | FIRM]
    if danger or past or any(hit.label == "false_alarm" for hit in hits_of(hits, "answers")):
        return danger
    if score <= ENDANGERED or not any(act in _GRAVE for act, _ in acts):
        return []
    return scores.hits("danger", "likeness", DANGER)


def likely_staff(suspect: Value, doubt: bool, words: Words, hits: Sequence[Hit], scores: Scores) -> tuple[Value, bool]:
    """Police or staff as the rules found; else where the text is like those about them and names one of them."""
    if suspect.value is not None:
        return suspect, doubt
    score = scores.of(STAFF)
    if score <= STAFF_IN_DOUBT:
        return suspect, doubt
    named = [hit for hit in hits_of(hits, "suspect") if hit.label in {"police", "rail_staff"}]
    mentions = [hit for hit in named if not is_cleared(hits, hit)]
    if named and not mentions:
        return suspect, doubt
    if mentions:
        kind = mentions[0].label
        found = value_of(words, kind, [hit for hit in mentions if hit.label == kind], "suspect")
        return Value(kind, found.spans, 0.6, "suspect.likeness"), score <= STAFF_SURE
    signs = scores.hits("suspect", "likeness", STAFF)
    return Value("rail_staff", tuple(words.span(h.first, h.last) for h in signs), 0.5, "suspect.likeness"), True
