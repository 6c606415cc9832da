"""One text in, everything it says out. Pure: between texts only the data and a bounded cache of words are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from conversations.reading import service, times
from conversations.reading.answers import answer_of, corrections, denied, instead, is_put_right
from conversations.reading.beside import still_there, talk_of, when_told, wishes
from conversations.reading.coach import BEGINNINGS, coach
from conversations.reading.gazetteer import GAP
from conversations.reading.intent import REPORT, SUPPORT, intent_of
from conversations.reading.knowledge import Knowledge, knowledge
from conversations.reading.language import language_of
from conversations.reading.likely import (
    likely_acts,
    likely_danger,
    likely_despair,
    likely_intent,
    likely_staff,
    weighable,
)
from conversations.reading.likeness import Found, Scores, likeness, signs
from conversations.reading.model import Context, Correction, Reading, Value
from conversations.reading.normal import Words, words_of
from conversations.reading.rules import Hit, Word
from conversations.reading.suspect import describes, names_and_shirts, suspect_of
from conversations.reading.urgency import alarms, dangers, implied, is_past, urgency_of
from conversations.reading.what import Hits, behaviours, hits_of, role_of, value_of
from conversations.reading.where import Where, read_places

LONGEST = 6_000
"""Code points of a text that are read; a text of ten parts has at most 1,600."""

_NOTHING = Context()


def read(text: str, context: Context = _NOTHING) -> Reading:
    """Everything a text says. Never raises on any text and never changes it.

    Spans are code points of `text`, end excluded. The first call loads the data (knowledge.warm).
    """
    known = knowledge()
    words = words_of(text[:LONGEST])
    names = _names(words, known, context)
    looked = known.rules.look(names.rest)
    hits = _without_times(words, known.rules.find(names.rest, looked), names.train)
    judged = _judged(words, Hits(hits), known, context.asks)
    scores = likeness().scores(_signs(names, hits, looked, judged)) if weighable(context.asks) else None
    hits += names_and_shirts(words, names.where.roles)
    return _judge(words, Hits(hits), known, judged, scores, names, context)


def seen(text: str) -> Found:
    """The signs by which a text is likened to others (likeness.py)."""
    known = knowledge()
    words = words_of(text[:LONGEST])
    names = _names(words, known, _NOTHING)
    looked = known.rules.look(names.rest)
    hits = _without_times(words, known.rules.find(names.rest, looked), names.train)
    return _signs(names, hits, looked, _judged(words, Hits(hits), known, None))


class _Judged(Struct, frozen=True):
    """What the rules alone make of a text: the behaviours, the dangers that are not denied, police or staff."""

    acts: list[tuple[str, list[Hit]]]
    alarms: list[Hit]
    suspect: Value
    doubt: bool


def _judged(words: Words, hits: list[Hit], known: Knowledge, asks: str | None) -> _Judged:
    acts = behaviours(words, hits, known)
    return _Judged(acts, alarms(words, hits), *suspect_of(words, hits, acts, asks))


def _signs(names: _Names, hits: list[Hit], looked: list[Word], judged: _Judged) -> Found:
    """The signs of a text: its words and what the rules made of it."""
    found = signs(names.rest, hits, looked)
    others = found.others
    others += [(f"behaviours.{label}", group[0].first, group[0].last) for label, group in judged.acts]
    others += [(f"danger.{hit.label}", hit.first, hit.last) for hit in judged.alarms]
    if judged.suspect.value is not None and found.words:
        others.append((f"suspect_is.{'doubt' if judged.doubt else 'plain'}", 0, 1))
    return found


class _Names(Struct, frozen=True):
    """What is named in a text, and the words that are left for the rules."""

    language: Value
    place: dict[str, Value]
    train: dict[str, Value]
    gone: list[Correction]
    where: Where
    rest: Words


def _names(words: Words, known: Knowledge, context: Context) -> _Names:
    lines = service.lines_in(words)
    taken = [False] * len(words)
    _take(taken, lines)
    language = language_of(words, taken, known, context.asks)
    train, gone = _train(words, taken, lines, context)
    spans = [(p.first, p.last) for p in [*lines, *train.operators, *train.numbers]]
    where = read_places(words, spans, lines, context, language.value == "cy")
    place = dict(where.values)
    if where.mentions:
        language = language_of(words, _taken_by(words, where, lines, train), known, context.asks)
    _add_lines(words, place, lines)
    return _Names(language, place, train.values, gone, where, _masked(words, where, lines, train))


class _Train(Struct, frozen=True):
    values: dict[str, Value]
    operators: list[service.Piece]
    numbers: list[service.Piece]


_NUMBERED: Final = BEGINNINGS | service.SEAT | times.SPOKEN
"""The words with which, beside figures, all that tells of coaches, seats and times begins."""

_NUMBERS_ASKED: Final = frozenset({"coach", "train"})
"""Questions that a single letter may answer."""


def _take(taken: list[bool], pieces: Sequence[service.Piece]) -> None:
    for piece in pieces:
        for index in range(piece.first, piece.last):
            taken[index] = True


def _train(
    words: Words, taken: list[bool], lines: list[service.Piece], context: Context
) -> tuple[_Train, list[Correction]]:
    values: dict[str, Value] = {}
    operators = service.operators_in(words, taken)
    _take(taken, operators)
    if not words.figures and context.asks not in _NUMBERS_ASKED and _NUMBERED.isdisjoint(words.words):
        named = {"operator": _value(words, operators[0])} if operators else {}
        return _Train(named, operators, []), []
    heads, units = _meant(words, service.headcodes(words)), service.units(words, context.asks)
    seat = service.seat(words)
    coaches = [p for p in coach(words, context.asks) if not any(u.first < p.last and p.first < u.last for u in units)]
    coaches, gone = denied(words, coaches, "service.coach", context)
    coaches = coaches or instead(words, gone)
    numbers = [*heads, *units, *coaches, *([seat] if seat else [])]
    _take(taken, numbers)
    found = times.read_times(words, taken, context.asks, context.at)
    for name, pieces in (
        ("operator", operators),
        ("headcode", heads),
        ("unit", units),
        ("coach", coaches[-1:]),
        ("seat", [seat] if seat else []),
    ):
        if pieces:
            values[name] = _value(words, pieces[0])
    time = times.best_time(_times_meant(words, found))
    if time is not None:
        span = (words.span(time.first, time.last),)
        values["time"] = Value(time.text, span, 0.6 if time.ambiguous else 0.95, time.rule)
        values["time_kind"] = Value(time.kind)
        if time.ambiguous:
            values["time_ambiguous"] = Value(True)
    figures = [service.Piece("", t.first, t.last, "") for t in found]
    return _Train(values, operators, [*numbers, *figures]), gone


def _meant(words: Words, pieces: list[service.Piece]) -> list[service.Piece]:
    """The pieces without those that are put right at once: "1L43 no wait 1L45"."""
    while len(pieces) > 1 and is_put_right(words, pieces[0].last, pieces[1].first):
        pieces = pieces[1:]
    return pieces


def _times_meant(words: Words, found: list[times.Time]) -> list[times.Time]:
    """The times without those that are put right at once; what comes instead is of the same kind."""
    while len(found) > 1 and is_put_right(words, found[0].last, found[1].first):
        found = [replace(found[1], kind=found[0].kind), *found[2:]]
    return found


def _value(words: Words, piece: service.Piece) -> Value:
    return Value(piece.value, (words.span(piece.first, piece.last),), 0.95, piece.rule)


def _add_lines(words: Words, place: dict[str, Value], lines: list[service.Piece]) -> None:
    if lines:
        place["line"] = _value(words, lines[0])
    side = service.direction(words)
    if side is not None:
        place["direction"] = _value(words, side)


def _taken_by(words: Words, where: Where, lines: list[service.Piece], train: _Train) -> list[bool]:
    taken = [False] * len(words)
    _take(taken, [*lines, *train.operators])
    for mention in where.mentions:
        for index in range(mention.first, mention.last):
            taken[index] = True
    return taken


def _masked(words: Words, where: Where, lines: list[service.Piece], train: _Train) -> Words:
    """The words with names of places, lines and trains out of sight of the rules."""
    hidden = [False] * len(words)
    _take(hidden, [*lines, *train.operators])
    for role in where.roles:
        if role.rule != "place.ordinary_word":
            for index in range(role.mention.first, role.mention.last):
                hidden[index] = True
    if not any(hidden):
        return words
    shown = tuple(GAP if hide else word for word, hide in zip(words.words, hidden, strict=True))
    return Words(words.text, shown, words.starts, words.ends, words.breaks, words.gaps, words.figures)


_NO_TIMES = frozenset({"look", "danger"})


def _without_times(words: Words, hits: list[Hit], train: dict[str, Value]) -> list[Hit]:
    """ "about 20 to 7" tells no age: what begins or ends in the words of a time is no look and no danger."""
    if "time" not in train:
        return hits
    start, end = train["time"].spans[0]
    timed = {i for i in range(len(words)) if start <= words.starts[i] < end}
    return [h for h in hits if h.family not in _NO_TIMES or not {h.first, h.last - 1} & timed]


def _judge(
    words: Words,
    hits: list[Hit],
    known: Knowledge,
    judged: _Judged,
    scores: Scores | None,
    names: _Names,
    context: Context,
) -> Reading:
    place, train = names.place, names.train
    happened = _happened(words, hits, known, judged, scores, len(place) + len(train), "time" in train, context)
    report = happened.intent.value == REPORT
    acts = [label for label, _ in happened.acts]
    suspect, doubt = _suspect(words, hits, judged, scores) if report else (Value(None), False)
    slots = {f"place.{k}": v for k, v in place.items()} | {f"service.{k}": v for k, v in train.items()}
    return Reading(
        language=names.language,
        intent=happened.intent,
        place=place,
        service=train,
        behaviours=tuple(value_of(words, label, group, "behaviours") for label, group in happened.acts),
        urgency=happened.urgency,
        danger=tuple(value_of(words, h.label, [h], "danger") for h in happened.danger),
        role=_role(words, hits, acts, context) if report else Value(None),
        suspect_is=suspect,
        doubt=doubt,
        describes_suspect=describes(words, hits) if report else Value(False),
        under_18=_said(words, hits, "under_18", "under_18"),
        support=_support(words, hits),
        answer=answer_of(words, hits, context),
        corrections=tuple(corrections(words, hits, slots, context)),
        denied=tuple(names.gone),
        wishes=wishes(words, hits, place, train, context.asks),
        still_there=still_there(words, hits, context.asks),
        when=when_told(words, hits, train, context.asks),
    )


def _role(words: Words, hits: list[Hit], names: list[str], context: Context) -> Value:
    """The role; nothing where the answer to a question tells none."""
    if context.asks and not names and not hits_of(hits, "who"):
        return Value(None)
    return role_of(words, hits, names)


class _Happened(Struct, frozen=True):
    intent: Value
    acts: list[tuple[str, list[Hit]]]
    danger: list[Hit]
    urgency: Value


def _suspect(words: Words, hits: list[Hit], judged: _Judged, scores: Scores | None) -> tuple[Value, bool]:
    suspect, doubt = judged.suspect, judged.doubt
    return likely_staff(suspect, doubt, words, hits, scores) if scores else (suspect, doubt)


def _happened(
    words: Words,
    hits: list[Hit],
    known: Knowledge,
    judged: _Judged,
    scores: Scores | None,
    facts: int,
    dated: bool,
    context: Context,
) -> _Happened:
    """What the text is for, what happened and how urgent it is: what one tells, the others weigh."""
    acts = judged.acts
    intent = intent_of(words, hits, [label for label, _ in acts], facts, context)
    past, why = is_past(words, hits)
    dated_before = past and any(hit.label == "past" for hit in why)
    if scores:
        intent = likely_intent(words, intent, hits, scores, facts, bool(judged.alarms))
    report = intent.value == REPORT
    danger: list[Hit] = []
    if report:
        danger = dangers(words, hits, acts, dated_before)
        if scores:
            danger = likely_danger(words, danger, acts, hits, scores, dated_before)
            acts = likely_acts(words, implied(danger, acts), scores, known.behaviours)
        else:
            acts = implied(danger, acts)
    elif intent.value == SUPPORT:
        danger = [h for h in dangers(words, hits, acts, past=False) if h.label == "life_at_risk"]
        danger = danger or (likely_despair(words, scores) if scores else [])
    urgency = urgency_of(words, danger, past, why, context.asks, dated) if report or danger else Value("none")
    return _Happened(intent, acts if report else [], danger, urgency)


def _support(words: Words, hits: list[Hit]) -> Value:
    talk = talk_of(words, hits)
    return value_of(words, True, talk, "support") if talk else Value(None)


def _said(words: Words, hits: list[Hit], label: str, name: str) -> Value:
    """True where a rule of the intents is found, else None."""
    found = [hit for hit in hits_of(hits, "intent") if hit.label == label]
    return value_of(words, True, found, name) if found else Value(None)
