"""What is known of a conversation as it stands, for the conditions of its flow."""

from __future__ import annotations

from functools import lru_cache

from conversations.conditions import UNKNOWN, View
from conversations.session import Session

FEW = 60
"""Code points below which an account is a few words."""

_LIFE = "life_at_risk"

_ELSE = frozenset({"place", "service", "look"})
"""What a first text tells beside the act; two of them are nearly all."""


def known_slots(session: Session) -> frozenset[str]:
    """The slots of which something is known from this sitting, each group beside its keys (R2: nothing older)."""
    before = session.before
    found = set(session.values)
    for slot, said in session.said.items():
        if said and said[-1].entry >= before:
            found.add(slot)
    found.update([_group(slot) for slot in found])
    if "place.between" in found or "place.next" in found:
        found.add("place.at")
    if "service" in found and not _rides(session, found):
        found.discard("service")
    if session.consent:
        found.add("contact")
    if session.still_there is not None:
        found.add("still_there")
    if "platform" in session.marks:
        found.add("platform")
    return frozenset(found)


def _few_words(session: Session) -> bool:
    """Whether what happened was told in this sitting, once, in a few words that tell of little else (rule 3: a text
    that tells all is enough)."""
    found = [said for said in session.said.get("account", ()) if said.entry >= session.before]
    if len(found) != 1 or found[0].end - found[0].start >= FEW:
        return False
    entry, event = found[0].entry, session.values.get("service.time_kind") == "event"
    told = [slot for slot, spans in session.said.items() if any(said.entry == entry for said in spans)]
    beside = {_group(slot) for slot in told if not (event and slot == "service.time")}
    return len(beside & _ELSE) < len(_ELSE) - 1


@lru_cache(maxsize=256)
def _group(slot: str) -> str:
    """The group of a slot: `place` of `place.at`."""
    return slot.partition(".")[0]


def _rides(session: Session, found: set[str]) -> bool:
    """Whether what is known of a service is more than when something happened."""
    if session.values.get("service.time_kind") != "event":
        return True
    return any(slot.startswith("service.") and not slot.startswith("service.time") for slot in found)


def life_at_risk(session: Session) -> bool:
    """Whether somebody may end their life, or is on the line, by the reader's rules of danger."""
    return any(_LIFE in rule for rule in session.danger)


def view(session: Session, hour: int) -> View:
    """What conditions look at, at a local hour, 0 to 23."""
    s, values, marked = session, session.values, session.marks
    return View(
        urgency=values.get("urgency") or UNKNOWN,
        role=UNKNOWN if "role" in s.guessed else values.get("role") or UNKNOWN,
        suspect_is=values.get("suspect_is") or UNKNOWN,
        behaviours=frozenset(values.get("behaviours", ())),
        language=s.language,
        channel=s.channel,
        hour=hour,
        quiet="silent" in marked,
        under_18="under_18" in marked,
        confidential=s.confidential,
        deaf="no_voice" in marked,
        unsure="unsure" in marked,
        alarmed=s.alarmed,
        support_given="support" in s.told,
        platform="platform" in marked,
        other_language="other_language" in marked,
        few_words=_few_words(s),
        day_told="day_told" in marked,
        life_at_risk=life_at_risk(s),
        still_there=s.still_there,
        known=known_slots(s),
        answered=s.answered,
    )
