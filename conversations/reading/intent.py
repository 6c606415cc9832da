"""What a text is for: a report outranks every other intent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.beside import talk_of
from conversations.reading.files import listed
from conversations.reading.model import Context, Value
from conversations.reading.normal import Words
from conversations.reading.rules import Hit
from conversations.reading.what import hits_of, value_of

REPORT, SUPPORT, QUESTION, OPTOUT, NOISE = "report", "support", "question", "optout", "noise"
OTHER_SERVICE = "lost_property_or_other_service"
_STRONG: Final = listed("intent.strong")


def intent_of(words: Words, hits: Sequence[Hit], found: Sequence[str], facts: int, context: Context) -> Value:
    """The intent. `found` are the behaviours, `facts` how many place and train values were read."""
    intent = hits_of(hits, "intent")
    by = {hit.label: [h for h in intent if h.label == hit.label] for hit in intent}
    by["talk"] = talk_of(words, hits)
    danger = hits_of(hits, "danger")
    serious = bool(_STRONG & set(found))
    if "optout" in by and not (serious and len(words) > 8):
        return value_of(words, OPTOUT, by["optout"], "intent")
    if "not_report" in by and not any(h.label in {"weapon", "attack_now"} for h in danger):
        if _is_unsure(hits, by["not_report"]) and (found or context.asks):
            return Value(REPORT, (), 0.7, "intent.unsure")
        return value_of(words, SUPPORT, by["not_report"], "intent")
    return _of_someone(words, hits, by) or _spoken_or_told(words, by, found, facts, context, danger)


def _of_someone(words: Words, hits: Sequence[Hit], by: dict[str, list[Hit]]) -> Value | None:
    """A report by what it is about: a bag left, one of the staff."""
    if "reportable" in by:
        return value_of(words, REPORT, by["reportable"], "intent")
    accused = [hit for hit in hits_of(hits, "suspect") if hit.label == "accused"]
    return value_of(words, REPORT, accused, "suspect") if accused and not by["talk"] else None


def _spoken_or_told(
    words: Words, by: dict[str, list[Hit]], found: Sequence[str], facts: int, context: Context, danger: Sequence[Hit]
) -> Value:
    serious = bool(_STRONG & set(found))
    if by["talk"] and not serious and not any(h.label in _OUTRANKING for h in danger):
        return value_of(words, SUPPORT, by["talk"], "intent")
    if any(h.label == "life_at_risk" for h in danger) and _own_life(words) and not found_other(found):
        return Value(SUPPORT, (), 0.8, "intent.life_at_risk")
    if "other_person" in by and set(found) <= {"comments"} and not _grave(danger, by):
        return value_of(words, NOISE, by["other_person"], "intent")
    if serious or _grave(danger, by):
        return Value(REPORT, (), 0.9, "intent.incident")
    for label in _NOISE:
        if label in by and not found_other(found) and not (context.asks and label == "greeting"):
            return value_of(words, NOISE, by[label], "intent")
    return _weaker(words, by, found, facts, context)


def _is_unsure(hits: Sequence[Hit], refusals: Sequence[Hit]) -> bool:
    """ "not sure i want to report it" is no refusal."""
    unsure = [h for h in hits_of(hits, "wishes") if h.label == "unsure"]
    return all(any(u.first < h.last and h.first < u.last for u in unsure) for h in refusals)


def _grave(danger: Sequence[Hit], by: dict[str, list[Hit]]) -> bool:
    """Whether there is danger, and not just a hurry about a train or a lost thing."""
    if any(hit.label not in _HURRIED for hit in danger):
        return True
    return bool(danger) and not {"lost", "service_problem"} & set(by)


_HURRIED: Final = listed("intent.hurried")


_OUTRANKING: Final = listed("intent.outranking")


_NOISE = ("spam", "abuse", "greeting", "other_person")


def found_other(found: Sequence[str]) -> bool:
    """Whether anything beside `other` was found."""
    return bool(set(found) - {"other"})


def _own_life(words: Words) -> bool:
    said = set(words.words)
    return bool(_ME & said) and not _SOMEONE & said


_ME: Final = listed("intent.me")
_SOMEONE: Final = listed("intent.someone")


def _weaker(words: Words, by: dict[str, list[Hit]], found: Sequence[str], facts: int, context: Context) -> Value:
    if "lost" in by and set(found) <= {"other", "antisocial"}:
        return value_of(words, OTHER_SERVICE, by["lost"], "intent")
    if found and not ("service_problem" in by and set(found) <= {"other"}) and "service_question" not in by:
        return Value(REPORT, (), 0.85, "intent.incident")
    if "service_problem" in by and set(found) <= {"other", "antisocial"}:
        return value_of(words, OTHER_SERVICE, by["service_problem"], "intent")
    if "service_question" in by and set(found) <= {"other", "threat", "antisocial"}:
        return value_of(words, QUESTION, by["service_question"], "intent")
    if found:
        return Value(REPORT, (), 0.85, "intent.incident")
    if context.asks:
        return Value(REPORT, (), 0.7, "intent.answer")
    if not words.words or _gibberish(words):
        return Value(NOISE, (), 0.6, "intent.nothing_said")
    if facts or len(words) > 3:
        return Value(REPORT, (), 0.5, "intent.unknown")
    return Value(NOISE, (), 0.5, "intent.nothing_said")


def _gibberish(words: Words) -> bool:
    return len(words) <= 2 and all((len(w) > 4 and not set(w) & set("aeiouwy")) or _keys(w) for w in words.words)


def _keys(word: str) -> bool:
    return any(row in word for row in ("asdf", "qwer", "zxcv", "hjkl", "dfgh", "jkl", "sdfg")) or len(set(word)) <= 1
