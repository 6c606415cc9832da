"""The services that someone can talk to: who fits, when they are open, and the few words a text has for them.

A text names no service: its number and hours only (rule R1).

SupportError    the directory cannot be read; says which entry
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from conversations.hours import HoursError, Week, week_of
from conversations.nodes import LOADER

AUDIENCES = ("anyone", "other", "under_18", "distress", "conduct")
"""Whom a service is for: `anyone` after what most texts tell of, `other` after theft and the like, `under_18`,
`distress` where a life may be at risk, `conduct` for those whose text is about police."""

FRESH_DAYS = 180
"""How long a check by a person counts; from this age on an entry does not go out in production."""

_SHIPPED = Path(__file__).parent / "data" / "support_services.yaml"
_NATIONS = {"england": "ENG", "wales": "WLS", "scotland": "SCT"}
_EVERYWHERE = frozenset({"ENG", "WLS", "SCT"})
_OR = {"en": " or ", "cy": " neu "}
_BY_TEXT = {"en": "text {}", "cy": "tecst {}"}
_WITH_WORD = {"en": "text {} to {}", "cy": "tecst {} i {}"}


class SupportError(ValueError):
    """The directory cannot be read; says which entry and why."""


class Service(Struct, frozen=True):
    """One service. `name` is for staff alone and never in a text.

    `phone` and `sms` are numbers as published, empty where there is none; `word` is what to send to `sms`; `nations`
    of ENG, WLS, SCT; `suits` of `AUDIENCES`; `hours` None where nobody has confirmed them; `verified` the fields that
    a page confirmed; `checked_on` and `checked_by` the last check by a person; `always` for numbers that need none.
    """

    id: str
    name: str
    phone: str
    sms: str
    word: str
    nations: frozenset[str]
    languages: tuple[str, ...]
    suits: frozenset[str]
    hours: Week | None
    verified: frozenset[str]
    checked_on: date | None
    checked_by: str
    always: bool
    note: str

    def may_go_out(self, production: bool, today: date) -> bool:
        """Whether its number may be sent: checked by a person under 180 days ago; confirmed by a page elsewhere."""
        if self.always:
            return True
        if not production:
            return self.is_fresh(today) or ("phone" if self.phone else "text") in self.verified
        return self.is_fresh(today)

    def is_fresh(self, today: date) -> bool:
        """Whether a person has checked it, not in the future and under 180 days ago."""
        if self.checked_on is None or not self.checked_by:
            return False
        return 0 <= (today - self.checked_on).days < FRESH_DAYS

    def say(self, language: str, weekday: int, minute: int, today: date | None = None, *, by_text: bool = False) -> str:
        """Number and hours: `0808 500 2222 (24 hours)`; the number alone where the hours are not known."""
        number = self._texted(language) if self.sms and (by_text or not self.phone) else self.phone
        if self.hours is None:
            return number
        nation = next(iter(self.nations)) if len(self.nations) == 1 else None
        return f"{number} ({self.hours.say(language, weekday, minute, today, nation)})"

    def _texted(self, language: str) -> str:
        if self.word:
            return _WITH_WORD.get(language, _WITH_WORD["en"]).format(self.word, self.sms)
        return _BY_TEXT.get(language, _BY_TEXT["en"]).format(self.sms)


class Offer(Struct, frozen=True):
    """A service as a text offers it: `text` is its number and hours, `id` says which for the counts."""

    id: str
    text: str


class Check(Struct, frozen=True):
    """One entry that a person has to ring or open: which, its number, why, and what to confirm."""

    id: str
    name: str
    number: str
    why: str
    confirm: str

    def __str__(self) -> str:
        number = f" ({self.number})" if self.number else ""
        return f"{self.id}{number} does not go out in production: {self.why}. Confirm {self.confirm}."


class Directory(Struct, frozen=True):
    """All services, the most fitting first."""

    services: tuple[Service, ...]

    def pick(
        self,
        nation: str | None,
        language: str,
        audience: str,
        weekday: int,
        minute: int,
        production: bool,
        today: date,
        *,
        by_text: bool = False,
        most: int = 2,
    ) -> tuple[Offer, ...]:
        """The services that fit, best first: the closed ones last, those who speak the language before the others.

        Args:
            nation: ENG, WLS, SCT or a country's English name; None where the place is not known.
            language: the conversation's; Welsh with no nation counts as Wales.
            audience: one of `AUDIENCES`.
            weekday: local, 0 for Monday.
            minute: local, from midnight.
            production: whether only entries checked by a person go out.
            today: the local date.
            by_text: only services that take texts, for who cannot speak.
            most: how many at most.
        """
        code = _code(nation, language)
        wanted = _EVERYWHERE if code is None else {code}

        def rank(service: Service) -> tuple[bool, bool]:
            is_open = service.hours.open_at(weekday, minute, today, code) if service.hours is not None else None
            return is_open is False, language not in service.languages

        fitting = self._fitting(wanted, audience, by_text)
        best = sorted((one for one in fitting if one.may_go_out(production, today)), key=rank)[:most]
        return tuple(
            Offer(service.id, service.say(language, weekday, minute, today, by_text=by_text)) for service in best
        )

    def _fitting(self, wanted: Collection[str], audience: str, by_text: bool) -> list[Service]:
        """The services for this audience in all the nations wanted, that can be reached so."""
        return [
            service
            for service in self.services
            if audience in service.suits
            and service.nations.issuperset(wanted)
            and (service.sms if by_text else service.phone or service.sms)
        ]

    def to_check(self, today: date) -> tuple[Check, ...]:
        """What a person has to ring or open before it goes out in production, in the order of the directory."""
        return tuple(
            Check(service.id, service.name, service.phone or service.sms, _why(service, today), _confirm(service))
            for service in self.services
            if service.suits and not service.always and not service.is_fresh(today)
        )


def _why(service: Service, today: date) -> str:
    if service.checked_on is None or not service.checked_by:
        return "nobody has checked it"
    age = (today - service.checked_on).days
    return f"checked {age} days ago" if age >= 0 else "the check lies in the future"


def _confirm(service: Service) -> str:
    parts = ["the number"] if service.phone or service.sms else ["that it has a number (none is known)"]
    parts.append("the hours (none are stated)" if service.hours is None else "the hours")
    parts.append("nations and languages")
    return ", ".join(parts) + (f"; {service.note}" if service.note else "")


def joined(offers: Iterable[Offer], language: str) -> str:
    """Offers in one line, as `{services}` takes them; empty for none."""
    return _OR.get(language, _OR["en"]).join(offer.text for offer in offers)


@cache
def shipped() -> Directory:
    """The directory that ships with the product, read once."""
    return loads(_SHIPPED.read_text(encoding="utf-8"))


def loads(source: str) -> Directory:
    """A directory from YAML. Raises SupportError."""
    try:
        root = yaml.load(source, Loader=LOADER)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise SupportError(f"the directory is not YAML ({type(error).__name__})") from None
    entries = root.get("services") if isinstance(root, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SupportError("the directory has no list of services")
    found = tuple(_service(entry) for entry in entries)
    if len({service.id for service in found}) != len(found):
        raise SupportError("two services have one id")
    return Directory(found)


def _code(nation: str | None, language: str) -> str | None:
    """The nation's code (ENG, WLS, SCT); None where it is not known."""
    if not nation:
        return "WLS" if language == "cy" else None
    return _NATIONS.get(nation.casefold(), nation.upper())


def _service(entry: Mapping[str, Any]) -> Service:
    name = str(entry.get("id") or "")
    if not name:
        raise SupportError("a service has no id")
    try:
        suits, nations = frozenset(entry.get("suits") or ()), frozenset(entry.get("nations") or ())
        if not suits <= set(AUDIENCES) or not nations or not nations <= _EVERYWHERE:
            raise SupportError(f"{name}: unknown audience or nation")
        hours = entry.get("hours")
        checked_on = entry.get("checked_on") or None
        if checked_on is not None and type(checked_on) is not date:
            raise SupportError(f"{name}: checked_on is a date such as 2026-11-21")
        return Service(
            id=name,
            name=str(entry.get("name") or ""),
            phone=str(entry.get("phone") or ""),
            sms=str(entry.get("text") or ""),
            word=str(entry.get("word") or ""),
            nations=nations,
            languages=tuple(entry.get("languages") or ()),
            suits=suits,
            hours=week_of(hours, bool(entry.get("holidays"))) if hours else None,
            verified=frozenset(entry.get("verified") or ()),
            checked_on=checked_on,
            checked_by=str(entry.get("checked_by") or "").strip(),
            always=bool(entry.get("always")),
            note=str(entry.get("note") or ""),
        )
    except (HoursError, TypeError) as error:
        raise SupportError(f"{name}: {error}") from None
