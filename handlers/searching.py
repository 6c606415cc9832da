"""Search over what a person may see, and their saved views.

Found by reference, incident number, place, train, label and state; never by the words of a text or a note. Everything
stays sealed in the store, so the open reports and those closed in the last week are opened here, compared and
forgotten. The search and each report that it shows are audited before anything is returned (R10).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from msgspec import Struct
from msgspec.structs import asdict

from conversations.texts import normalise, soften
from handlers import audit, desk, labels
from handlers.handling import NotDone
from handlers.labels import Label
from handlers.records import joined, people, reports
from handlers.records.desk_items import DANGER, MOVED, NOW, PAST, UNKNOWN, Item
from handlers.records.joined import LabelRow, LineRow, ViewRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import DataKey, VaultError

CLOSED_DAYS: Final = 7
MOST_OPENED: Final = 600
MOST_FOUND: Final = 100
MOST_VIEWS: Final = 20
LONGEST: Final = 80
STATES: Final = {
    "open": "Open",
    "waiting": "Nobody has it",
    "mine": "Mine",
    "held": "Somebody has it",
    "closed": "Closed in the last week",
    "any": "Open or closed",
}
URGENCIES: Final = {
    "": "Any",
    "danger": "Danger",
    "now": "Happening now",
    "unknown": "Not yet known when",
    "past": "Over",
}
_RANKS: Final = {"danger": DANGER, "now": NOW, "unknown": UNKNOWN, "past": PAST}
_SPLIT: Final = re.compile(r"[^\w/.-]+")


class Filter(Struct, frozen=True):
    """What is looked for: words that must all be there, by field or in any; and the state."""

    words: str = ""
    place: str = ""
    train: str = ""
    label: str = ""
    state: str = "open"
    urgency: str = ""


class Found(Struct, frozen=True):
    """A report that fits, with its labels."""

    item: Item
    reference: str
    status: str
    document: dict[str, Any]
    holder: str | None
    labels: tuple[Label, ...]


class View(Struct, frozen=True):
    """A person's named filter."""

    token: str
    name: str
    filter: Filter


def filter_of(given: Mapping[str, str]) -> Filter:
    """A filter from a form; what is not known is left out, what is too long cut."""
    values = {name: normalise(given.get(name, "").strip()[:LONGEST])[0] for name in Filter.__struct_fields__}
    values["state"] = values["state"] if values["state"] in STATES else "open"
    values["urgency"] = values["urgency"] if values["urgency"] in URGENCIES else ""
    return Filter(**values)


def search(
    service: Service, person: SignedIn, organisation: str, audience: str, wanted: Filter
) -> tuple[list[Found], bool]:
    """The reports that fit, open ones first in the queue's order, and whether there are more than are shown.

    Raises NotThere, StoreError.
    """
    desk.allow(person, organisation, audience)
    since = milliseconds(service.clock.now()) - CLOSED_DAYS * 86_400_000
    with service.database.read() as tx:
        rows = joined.lines(tx, organisation, audience, since=since, most=MOST_OPENED)
        worn: dict[str, list[LabelRow]] = {}
        for label in joined.all_labels(tx, organisation, audience, since=since):
            worn.setdefault(label.report_id, []).append(label)
        names = {row.id: row.shown for row in people.listed(tx)} if rows else {}
    found: list[Found] = []
    for row in rows:
        if not _is_in(row.item, wanted, person):
            continue
        one = _opened(service, row, worn.get(row.item.report_id, []), names)
        if _fits(one, wanted):
            found.append(one)
    shown = found[:MOST_FOUND]
    seen = [(one.item.report_id, one.item.revision) for one in shown]
    audit.looked(service, person, organisation, audience, "search", [(None, None), *seen], "search")
    return shown, len(found) > MOST_FOUND or len(rows) == MOST_OPENED


def save(service: Service, person: SignedIn, organisation: str, name: str, wanted: Filter) -> None:
    """Keeps a filter under a name, for this person alone. Raises NotDone, StoreError."""
    shown = " ".join(normalise(name)[0].split())
    if not shown or len(shown) > labels.LONGEST:
        raise NotDone("long" if shown else "empty")
    token = secrets.token_hex(16)
    key, wrapped = service.ring.new_key("content", token, joined.view_place(token, "key"))
    body = key.seal(orjson.dumps({"name": shown} | asdict(wanted)), joined.view_place(token))
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        if len(joined.views(tx, person.person_id, organisation)) >= MOST_VIEWS:
            raise NotDone("views")
        joined.add_view(tx, ViewRow(token, now, wrapped, body), person.person_id, organisation)


def views(service: Service, person: SignedIn, organisation: str) -> list[View]:
    """A person's saved filters. Raises StoreError."""
    with service.database.read() as tx:
        rows = joined.views(tx, person.person_id, organisation)
    found: list[View] = []
    for row in rows:
        try:
            key = service.ring.unwrap("content", row.token, row.key, joined.view_place(row.token, "key"))
            held = orjson.loads(key.open(row.body, joined.view_place(row.token)))
        except VaultError:
            continue
        found.append(View(row.token, str(held["name"]), filter_of(held)))
    return found


def drop(service: Service, person: SignedIn, organisation: str, token: str) -> None:
    """Deletes one of a person's saved filters. Raises StoreError."""
    with service.database.write() as tx:
        joined.drop_view(tx, person.person_id, organisation, token)


def _is_in(item: Item, wanted: Filter, person: SignedIn) -> bool:
    """Whether a line is in the wanted state, which needs no opening."""
    is_open = item.closed_at is None
    state = {
        "open": is_open,
        "waiting": is_open and item.holder is None and item.rank != MOVED,
        "mine": is_open and item.holder == person.person_id,
        "held": is_open and item.holder is not None,
        "closed": not is_open,
        "any": True,
    }[wanted.state]
    return state and (not wanted.urgency or item.rank == _RANKS[wanted.urgency])


def _opened(service: Service, row: LineRow, worn: list[LabelRow], names: Mapping[str, str]) -> Found:
    key = _key(service, row)
    document: dict[str, Any] = {}
    if key is not None:
        try:
            document = orjson.loads(key.open(row.document, reports.document_place(row.item.report_id, row.revision)))
        except VaultError:
            document = {}
    holder = names.get(row.item.holder) if row.item.holder else None
    on_it = tuple(labels.opened(key, worn)) if key is not None else ()
    return Found(row.item, row.reference, row.status, document, holder, on_it)


def _key(service: Service, row: LineRow) -> DataKey | None:
    audience = "confidential" if row.item.audience == "confidential" else "content"
    try:
        return service.ring.unwrap(audience, row.item.report_id, row.key, reports.key_place(row.item.report_id))
    except VaultError:
        return None


def _fits(one: Found, wanted: Filter) -> bool:
    facts = one.document.get("facts") or {}
    place, service = facts.get("place") or {}, facts.get("service") or {}
    where = _parts(place.get(name) for name in ("at", "from", "to", "next", "between", "line", "direction"))
    train = _parts(service.get(name) for name in ("time", "headcode", "operator", "coach", "seat", "unit"))
    train += _parts(place.get(name) for name in ("from", "to"))
    worn = [_plain(label.words) for label in one.labels]
    numbers = _parts([one.reference, one.item.incident])
    return (
        _has(where, wanted.place)
        and _has(train, wanted.train)
        and _has(worn, wanted.label)
        and _has([*where, *train, *worn, *numbers], wanted.words)
    )


def _parts(values: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for value in values:
        found += [_plain(str(each)) for each in (value if isinstance(value, (list, tuple)) else [value]) if each]
    return found


def _has(held: list[str], wanted: str) -> bool:
    """Whether every wanted word begins a word, or is all, of what is held."""
    words = [word for word in _SPLIT.split(_plain(wanted)) if word]
    beginnings = {word for each in held for word in [each, *_SPLIT.split(each)]}
    return all(any(known.startswith(word) for known in beginnings) for word in words)


def _plain(words: str) -> str:
    """Small letters without accents, and a time without its colon."""
    bare = unicodedata.normalize("NFD", soften(words).casefold())
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).replace(":", "").strip()
