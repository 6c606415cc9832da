"""The statements of `handlers.records.rotation`.

What is wrapped or sealed under a master key begins with that key's id and a zero byte.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, select, true, update
from sqlalchemy.sql.schema import Column

from handlers.records.definition import Definition
from handlers.records.desk_schema import people
from handlers.records.joined_schema import desk_views
from handlers.records.schema import contacts, conversations, inbox, phone_texts, reports, taken_before
from handlers.records.shift_schema import desk_handovers

_LENGTH: Any = bindparam("length")


def _name(*parts: Any) -> Any:
    """The row's name as `Place` has it."""
    made = parts[0]
    for part in parts[1:]:
        made = made + literal(":") + part
    return made


def _next(key: Column[Any], sealed: Column[Any], name: Any, where: ColumnElement[bool]) -> Definition:
    """The next rows that are under another key than the wanted one, in the order of the table's key."""
    return Definition(
        select(key, name, sealed)
        .where(
            sealed.isnot(None),
            func.substr(sealed, 1, _LENGTH) != bindparam("wanted"),
            key > bindparam("after"),
            where,
        )
        .order_by(key)
        .limit(bindparam("most"))
    )


def _set(key: Column[Any], sealed: Column[Any]) -> Definition:
    """Another sealed value, where the one that was read still stands."""
    return Definition(
        update(key.table)
        .where(key == bindparam("row"), sealed == bindparam("was"))
        .values({sealed.name: bindparam("made")})
    )


def _count(sealed: Column[Any], where: ColumnElement[bool]) -> Definition:
    """How many there are, and how many of them are under one key."""
    under = case((func.substr(sealed, 1, _LENGTH) == bindparam("wanted"), 1), else_=0)
    return Definition(select(func.count(), func.coalesce(func.sum(under), 0)).where(sealed.isnot(None), where))


_I, _C, _R, _P, _K = inbox.c, conversations.c, reports.c, phone_texts.c, contacts.c
_ALONE = and_(_I.report_id.is_(None), func.length(_I.key) > 0)
_DESK, _APART = _R.audience != "confidential", _R.audience == "confidential"
_TEXT = _name(_I.channel, _I.external_id)

NEXT_INBOX_KEY = _next(_I.id, _I.key, _TEXT, _ALONE)
SET_INBOX_KEY = _set(_I.id, _I.key)
COUNT_INBOX_KEY = _count(_I.key, _ALONE)
NEXT_INBOX_SENDER = _next(_I.id, _I.sender, _TEXT, true())
SET_INBOX_SENDER = _set(_I.id, _I.sender)
COUNT_INBOX_SENDER = _count(_I.sender, true())
NEXT_REPORT = _next(_R.id, _R.key, _R.id, _DESK)
COUNT_REPORT = _count(_R.key, _DESK)
NEXT_CONFIDENTIAL = _next(_R.id, _R.key, _R.id, _APART)
COUNT_CONFIDENTIAL = _count(_R.key, _APART)
SET_REPORT = SET_CONFIDENTIAL = _set(_R.id, _R.key)
NEXT_PHONE = _next(_P.id, _P.key, _P.token, true())
SET_PHONE = _set(_P.id, _P.key)
COUNT_PHONE = _count(_P.key, true())
NEXT_PERSON = _next(people.c.id, people.c.key, people.c.id, true())
SET_PERSON = _set(people.c.id, people.c.key)
COUNT_PERSON = _count(people.c.key, true())
NEXT_VIEW = _next(desk_views.c.token, desk_views.c.key, desk_views.c.token, true())
SET_VIEW = _set(desk_views.c.token, desk_views.c.key)
COUNT_VIEW = _count(desk_views.c.key, true())
_O = desk_handovers.c
_OPEN_TO_DESK, _OPEN_APART = _O.audience != "confidential", _O.audience == "confidential"
NEXT_HANDOVER = _next(_O.token, _O.key, _O.token, _OPEN_TO_DESK)
COUNT_HANDOVER = _count(_O.key, _OPEN_TO_DESK)
NEXT_HANDOVER_APART = _next(_O.token, _O.key, _O.token, _OPEN_APART)
COUNT_HANDOVER_APART = _count(_O.key, _OPEN_APART)
SET_HANDOVER = SET_HANDOVER_APART = _set(_O.token, _O.key)
NEXT_CONVERSATION = _next(_C.id, _C.key, _C.id, true())
SET_CONVERSATION = _set(_C.id, _C.key)
COUNT_CONVERSATION = _count(_C.key, true())
NEXT_ADDRESS = _next(_C.id, _C.address, _C.id, true())
SET_ADDRESS = _set(_C.id, _C.address)
COUNT_ADDRESS = _count(_C.address, true())
NEXT_CONTACT = _next(_K.report_id, _K.address, _K.report_id, true())
SET_CONTACT = _set(_K.report_id, _K.address)
COUNT_CONTACT = _count(_K.address, true())

OPEN = Definition(
    select(_C.id, _C.address_index, _C.organisation, _C.channel, _C.medium, _C.address)
    .where(_C.id > bindparam("after"))
    .order_by(_C.id)
    .limit(bindparam("most"))
)
SET_INDEX = _set(_C.id, _C.address_index)
TAKEN_BEFORE = Definition(
    select(taken_before.c.key_id, func.count(), func.max(taken_before.c.until)).group_by(taken_before.c.key_id)
)
