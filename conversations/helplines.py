"""Which helplines fit a conversation: by nation, language, audience and hour."""

from __future__ import annotations

from conversations.conditions import View
from conversations.house import House
from conversations.reading.gazetteer import gazetteer
from conversations.session import Session
from conversations.support import joined

_NATIONS = {"wales": "WLS", "cymru": "WLS", "scotland": "SCT", "england": "ENG"}
_LESSER = frozenset({"theft", "antisocial", "other"})


def services(session: Session, view: View, house: House, now: float) -> str:
    """The services that fit, by number and hours, for `{services}`; empty where there are none."""
    if house.services is None:
        return ""
    local = house.local(now)
    offers = house.services.pick(
        nation(session, house),
        session.language,
        _audience(session, view),
        local.weekday(),
        local.hour * 60 + local.minute,
        house.production,
        local.date(),
        by_text=view.deaf,
    )
    return joined(offers, session.language)


def nation(session: Session, house: House) -> str | None:
    """ENG, WLS or SCT by the place, else by the organisation's area; None where neither tells."""
    ids = session.values.get("place.ids")
    if isinstance(ids, dict):
        stations = gazetteer().stations
        for key in ("at", "between", "next", "to", "from"):
            code = ids.get(key)
            code = code[0] if isinstance(code, list) and code else code
            if isinstance(code, str) and code in stations.ids:
                return _NATIONS.get(stations[code].country.casefold())
    found = {_NATIONS[area.casefold()] for area in house.area if area.casefold() in _NATIONS}
    return found.pop() if len(found) == 1 else None


def _audience(session: Session, view: View) -> str:
    if view.confidential:
        return "conduct"
    if view.life_at_risk:
        return "distress"
    if view.under_18:
        return "under_18"
    return "other" if view.behaviours and view.behaviours <= _LESSER else "anyone"
