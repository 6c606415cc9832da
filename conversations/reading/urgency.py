"""Danger, now or past. Missing a danger is the worst error: in doubt it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.files import listed
from conversations.reading.model import Value
from conversations.reading.normal import Words
from conversations.reading.rules import Hit
from conversations.reading.what import hits_of, meant_otherwise, negated, value_of

ALWAYS = frozenset({"life_at_risk", "bare", "fire"})
"""Dangers that no word about the time takes away."""

FIRM: Final = listed("urgency.firm")
"""Dangers that "it is no emergency" does not take away, but that may be over."""

PETTY: Final = listed("urgency.petty")
_FEARED: Final = listed("urgency.feared")


Acts = Sequence[tuple[str, list[Hit]]]
"""Behaviours, each with its hits."""


def alarms(words: Words, hits: Sequence[Hit]) -> list[Hit]:
    """The danger rules found that are not denied and mean what they say."""
    return [hit for hit in hits_of(hits, "danger") if not negated(words, hit) and not meant_otherwise(hit, hits)]


def dangers(words: Words, hits: Sequence[Hit], acts: Acts, past: bool) -> list[Hit]:
    """The danger rules that hold, in the order of the text; an attack, a threat or a weapon is danger by itself."""
    found = [label for label, _ in acts]
    danger = alarms(words, hits)
    answers = {hit.label for hit in hits_of(hits, "answers")}
    calm = "false_alarm" in answers
    over = _is_over(words, hits)
    kept = []
    for hit in danger:
        if over and hit.label in _PASSING:
            continue
        if (
            hit.label in ALWAYS
            or (hit.label in FIRM and not past)
            or (not past and not calm and _soft_holds(hit, found))
        ):
            kept.append(hit)
    if not kept and not calm and not past:
        counting = frozenset({"weapon"}) if is_past(words, hits)[0] else _DANGEROUS
        kept = [hit for label, group in acts if label in counting for hit in group if not _mild(words, hit)]
    return sorted(kept, key=lambda h: h.first)


_PASSING: Final = listed("urgency.passing")
"""Dangers that last no longer than the one who is the danger stays."""


def _is_over(words: Words, hits: Sequence[Hit]) -> bool:
    """Whether it is told as over: they are gone or the reporter is away, and nothing goes on."""
    past, why = is_past(words, hits)
    return past and any(hit.label == "gone" for hit in why)


_DANGEROUS: Final = listed("urgency.dangerous_acts")
_MILD: Final = listed("urgency.mild")


def _mild(words: Words, hit: Hit) -> bool:
    """ "spat on her", "threw a can": no danger by itself."""
    return bool(_MILD & set(words.words[hit.first : hit.last]))


def _soft_holds(hit: Hit, found: Sequence[str]) -> bool:
    if hit.label == "cornered_soft":
        return False
    if hit.label == "afraid_soft":
        return bool(_FEARED & set(found)) or not found
    if hit.label in {"alone_soft", "please_soft", "terror_soft"}:
        return bool(listed(f"urgency.beside_{hit.label}") & set(found))
    if hit.label == "plea":
        return not found or not set(found) <= PETTY
    return True


def is_past(words: Words, hits: Sequence[Hit]) -> tuple[bool, list[Hit]]:
    """Whether it is over, and the hits that say so."""
    when = hits_of(hits, "when")
    if not when:
        return False, []
    by = {label: [h for h in when if h.label == label] for label in _WHEN}
    going = by["now"] + [hit for hit in by["now_soft"] if not by["was"] or _leads(words, hit, by["was"])]
    by["now"] = [h for h in sorted(going, key=lambda h: h.first) if not _was_then(words, h)]
    if by["recent"]:
        return (bool(by["gone"]) and not _still(by["recent"])), by["gone"] or by["recent"]
    if by["past"]:
        return not (by["now"] and _here(words, by["now"])), by["past"]
    if by["habit"] and not by["now"]:
        return True, by["habit"]
    if by["gone"] and by["was"] and not by["now"]:
        return True, by["gone"]
    if by["was"] and not by["now"]:
        return True, by["was"]
    return False, by["now"]


def _leads(words: Words, hit: Hit, was: Sequence[Hit]) -> bool:
    """ "2 lads shouting stuff, one spat": what goes on is told first."""
    return words.words[hit.last - 1].endswith("ing") and all(hit.first < other.first for other in was)


_WHEN: Final = ("past", "was", "now", "now_soft", "recent", "gone", "habit")
_THEN: Final = listed("urgency.then")


def _was_then(words: Words, hit: Hit) -> bool:
    """ "he was filming", "roedd dyn yn ffilmio": going on then, not now."""
    return "@present" in hit.pattern and bool(_THEN & set(words.words[max(0, hit.last - 6) : hit.last]) - {"been"})


def is_long_past(words: Words, hits: Sequence[Hit]) -> bool:
    """Whether the text itself dates it to before: a verb in the past alone does not."""
    past, why = is_past(words, hits)
    return past and any(hit.label == "past" for hit in why)


def _still(recent: Sequence[Hit]) -> bool:
    return any("still" in hit.pattern for hit in recent)


_HERE: Final = listed("urgency.here")
_LEFT: Final = listed("urgency.left")


def _here(words: Words, now: Sequence[Hit]) -> bool:
    return any(
        _HERE & set(words.words[hit.first : hit.last])
        and not _LEFT & set(words.words[max(0, hit.first - 2) : hit.last])
        for hit in now
    )


def urgency_of(
    words: Words, danger: Sequence[Hit], past: bool, why: Sequence[Hit], asks: str | None, dated: bool
) -> Value:
    """emergency, now or past, with its reasons; `when.unsaid` where the answer to a question says nothing of it.

    `asks`: the question put; `dated`: whether the text names a time, which alone answers "when" as past.
    """
    if danger:
        return value_of(words, "emergency", danger, "danger")
    said = set(words.words)
    dated_before = bool(_DAYS & said) and not _PRESENT & said and not any(hit.label == "recent" for hit in why)
    here = _PRESENT & said or any(hit.label == "recent" for hit in why)
    if asks == "when" and (dated_before or (dated and not here)):
        return Value("past", (), 0.7, "when.answer")
    if asks is not None and not why:
        return Value("now", (), 0.3, "when.unsaid")
    if past:
        return value_of(words, "past", why, "when")
    return value_of(words, "now", why, "when")


_DAYS: Final = listed("times.days") | listed("times.months") | listed("urgency.days")


_PRESENT: Final = listed("urgency.here")


_IMPLIED = {
    "weapon": "weapon",
    "stabbing": "violence",
    "attack_now": "violence",
    "let_go": "violence",
    "spiked_now": "spiking",
    "held_soft": "threat",
    "cornered_soft": "threat",
    "hiding": "threat",
    "threatened_harm": "threat",
    "pursued": "following",
    "injured": "other",
    "life_at_risk": "other",
    "fire": "other",
    "ill_soft": "other",
    "suspicious_device": "other",
}


_HURT: Final = frozenset({"injured", "life_at_risk", "fire", "ill_soft"})
"""Dangers of which "trapped" and "cannot get up" tell more, and no threat."""

_TOLD: Final = frozenset({"held_soft", "threatened_harm"})


def implied(danger: Sequence[Hit], acts: Acts) -> list[tuple[str, list[Hit]]]:
    """The behaviours and what the danger adds: being held or threatened; where only the danger tells, its first."""
    out = [act for act in acts if act[0] != "other" or not any(hit.label in _TOLD for hit in danger)]
    hurt = bool(_HURT & {hit.label for hit in danger})
    for hit in danger:
        label = None if hurt and hit.label in _TOLD else _IMPLIED.get(hit.label)
        if label and (not out or (hit.label in _TOLD and label not in {known for known, _ in out})):
            out.append((label, [hit]))
    return out
