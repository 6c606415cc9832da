"""The place slots: mentions, their parts and the stations they mean, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from conversations.reading import places, roles
from conversations.reading.choose import Chosen, Hints, choose
from conversations.reading.context import hints_for
from conversations.reading.cues import AT, BETWEEN, DROP, FROM, NEXT, TO
from conversations.reading.files import listed
from conversations.reading.gazetteer import gazetteer
from conversations.reading.model import Context, Value
from conversations.reading.normal import Words, words_of
from conversations.reading.parts import Role
from conversations.reading.places import Mention
from conversations.reading.service import Piece


class Where(Struct, frozen=True):
    """The place values of a text and the words of all names in it, those that are no slot too."""

    values: dict[str, Value]
    mentions: tuple[Mention, ...]
    roles: tuple[Role, ...]


def read_places(
    words: Words, taken: Sequence[tuple[int, int]], lines: list[Piece], context: Context, welsh: bool
) -> Where:
    """The places of a text. `taken` are the words of lines, which are `lines`, and operators."""
    mentions = places.find(words, taken, welsh)
    if not mentions or _other_trams(words):
        return Where({}, (), ())
    assigned = roles.assign(words, mentions, welsh, context.asks)
    assigned = _without_towns(words, assigned)
    assigned = _corrected(words, assigned, context)
    live = [
        r.mention
        for r in assigned
        if r.role != DROP or r.rule in {"place.drop", "place.unfinished", "place.corrected", "place.town"}
    ]
    hints = hints_for(words, lines, context)
    values: dict[str, Value] = {}
    between = [r for r in assigned if r.role == BETWEEN]
    for key in (AT, FROM, TO, NEXT):
        best = _best([r for r in assigned if r.role == key], last=key == AT)
        if best is not None:
            values[key] = _value(words, best, choose(best.mention, live, hints))
    if len(between) >= 2 and not (AT in values and values[AT].value):
        values.pop(AT, None)
        values[BETWEEN] = _pair(words, between[:2], live, hints)
    return Where(values, tuple(mentions), tuple(assigned))


_CITIES: Final = listed("where.other_trams")


def _other_trams(words: Words) -> bool:
    """Whether it is on trams whose stops are not known: their names would be taken for stations."""
    said = words.words
    if "supertram" in said:
        return True
    return any(
        w in {"tram", "trams"} and ((i and said[i - 1] in _CITIES) or _CITIES & set(said[i + 1 : i + 3]))
        for i, w in enumerate(said)
    )


_STOPS: Final = frozenset(
    {"stop", "rail", "railway", "train", "tram", "tramstop", "metro", "tube", "station", "stn", "in", "platform"}
)


def _without_towns(words: Words, assigned: list[Role]) -> list[Role]:
    """ "Cornbrook stop in Manchester": the town of a stop is no place of its own."""
    out: list[Role] = []
    for role in assigned:
        gap = words.words[out[-1].mention.last : role.mention.first] if out else ()
        town = role.mention.form in gazetteer().towns or role.mention.form in _CITIES
        if gap and town and role.role == AT and out[-1].role != DROP and set(gap) <= _STOPS:
            role = Role(role.mention, DROP, 3, "place.town")
        out.append(role)
    return out


def _best(found: list[Role], last: bool) -> Role | None:
    """The plainest of several; of equals the last for where we are, else the first."""
    if not found:
        return None
    top = max(r.strength for r in found)
    equals = [r for r in found if r.strength == top]
    return equals[-1] if last and top > 1 else equals[0]


def _value(words: Words, role: Role, chosen: Chosen) -> Value:
    span = words.span(role.mention.first, role.mention.last)
    options = tuple(s.label for s in chosen.alternatives)
    if chosen.station is None:
        return Value(None, (span,), chosen.confidence, role.rule + ".ask", (), options)
    return Value(chosen.station.label, (span,), chosen.confidence, role.rule, (chosen.station.id,), options)


def _pair(words: Words, pair: Sequence[Role], live: list[Mention], hints: Hints) -> Value:
    chosen = [choose(r.mention, live, hints) for r in pair]
    spans = tuple(words.span(r.mention.first, r.mention.last) for r in pair)
    stations = [c.station or (c.alternatives[0] if c.alternatives else None) for c in chosen]
    if any(s is None for s in stations):
        return Value(None, spans, 0.3, "place.between.ask")
    kept = [s for s in stations if s is not None]
    confidence = min(c.confidence for c in chosen)
    return Value([s.label for s in kept], spans, confidence, "place.between", tuple(s.id for s in kept))


def _meant_slot(context: Context) -> str:
    """What "I meant X" puts right: the place where it happened where one is known, else what was asked."""
    place = context.facts.get("place")
    known = place.get("at") if isinstance(place, dict) else None
    return TO if context.asks == "train" and known is None else AT


_MEANT: Final = listed("where.meant")


def _corrected(words: Words, assigned: list[Role], context: Context) -> list[Role]:
    """ "between A and ... no sorry just left B", "A, sorry I meant B": what is put right goes."""
    out: list[Role] = []
    for role in assigned:
        before = words.words[max(0, role.mention.first - 5) : role.mention.first]
        previous = out[-1] if out else None
        since = words.words[previous.mention.last : role.mention.first] if previous else before
        marked = [w for w in since if w in _MEANT]
        told = since if previous else before
        meant = "meant" in told or "mean" in told or "correction" in told
        if previous is not None and (meant or (len(marked) >= 1 and len(since) <= 6 and marked != ["no"])):
            if meant or previous.role in {role.role, DROP}:
                kept = previous.role if meant and previous.role != DROP else role.role
                out[-1] = Role(previous.mention, DROP, 3, "place.corrected")
                role = Role(role.mention, kept, 3, role.rule)
        elif previous is not None and role.rule == "place.fragment" and roles.is_taken_back(words, previous.mention):
            role = Role(role.mention, _slot_held(context, previous.mention) or role.role, 3, role.rule)
        elif previous is None and meant and (role.role == DROP or role.rule in {"place.answer", "place.fragment"}):
            role = Role(role.mention, _meant_slot(context), 3, "place.meant")
        out.append(role)
    return out


def _slot_held(context: Context, mention: Mention) -> str | None:
    """The slot in which the place of a name is known already, for what is said instead: "not kings cross, euston"."""
    held = context.facts.get("place")
    names = held.items() if isinstance(held, dict) else ()
    for key, label in names:
        if key in {AT, FROM, TO, NEXT} and isinstance(label, str) and mention.form in " ".join(words_of(label).words):
            return str(key)
    return None
