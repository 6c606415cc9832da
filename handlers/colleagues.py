"""Who works at a desk: what they speak, whether they are there, how much they have."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import Struct

from handlers.people import PersonError
from handlers.records import people, shifts
from handlers.records.database import Transaction
from handlers.service import Service

LANGUAGES: Final = {"cy": "Cymraeg", "pl": "Polski", "ur": "Urdu", "bsl": "BSL"}
"""What may be noted of a person, besides English, with how it is shown."""
_ROLES: Final = {"desk": ("dispatcher", "supervisor"), "confidential": ("confidential",)}


class Colleague(Struct, frozen=True):
    """Somebody who may have an audience's reports. `languages` are codes; `here`: signed in.

    `load` are their open reports of that audience alone: nobody learns of others from it (R8).
    """

    id: str
    shown: str
    languages: tuple[str, ...]
    here: bool
    load: int

    @property
    def label(self) -> str:
        """For a list to choose from."""
        spoken = [LANGUAGES.get(code, code) for code in self.languages]
        return " · ".join([self.shown, *spoken, f"{self.load} open"])


def of_desk(tx: Transaction, organisation: str, audience: str, language: str = "en") -> list[Colleague]:
    """Everybody who may have an audience's reports, who speaks the reporter's language first, then who has least."""
    found = {one for role in _ROLES[audience] for one in people.with_role(tx, organisation, role)}
    spoken, here = shifts.spoken(tx), shifts.here(tx, 0)
    loads = Counter[str]()
    for who, _, count, _ in shifts.loads(tx, organisation, audience):
        loads[who] += count
    listed = [
        Colleague(person, shown, spoken.get(person, ()), person in here, loads[person]) for person, shown in found
    ]
    return sorted(listed, key=lambda one: (language != "en" and language not in one.languages, one.load, one.shown))


def at_desk(tx: Transaction, organisation: str, audience: str, but: str, language: str = "en") -> list[Colleague]:
    """The same without one person and without whoever is not signed in."""
    return [one for one in of_desk(tx, organisation, audience, language) if one.here and one.id != but]


def check_language(language: str) -> None:
    """Raises PersonError where that is no language that is noted."""
    if language not in LANGUAGES:
        raise PersonError(f"A language is one of: {', '.join(LANGUAGES)}.")


def change_language(service: Service, name: str, language: str, *, spoken: bool = True) -> None:
    """Notes that somebody speaks a language, or takes it back. Raises PersonError, StoreError."""
    check_language(language)
    with service.database.write() as tx:
        row = people.by_name(tx, name)
        if row is None:
            raise PersonError(f"There is nobody called {name}.")
        if spoken:
            shifts.speak(tx, row.id, language)
        elif not shifts.unspeak(tx, row.id, language):
            raise PersonError(f"{name} is not noted to speak {language}.")


def spoken_by(service: Service) -> dict[str, tuple[str, ...]]:
    """The languages of everybody who speaks another than English, by the person's id."""
    with service.database.read() as tx:
        return shifts.spoken(tx)
