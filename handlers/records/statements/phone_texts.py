"""The statements of `handlers.records.phone_texts`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import phone_texts

_P = phone_texts.c
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("token", "box", "key", "body")}
ADD = Definition(
    sqlite.insert(phone_texts).values(_VALUES).on_conflict_do_nothing(),
    postgresql.insert(phone_texts).values(_VALUES).on_conflict_do_nothing(),
)
AFTER = Definition(
    select(_P.id, _P.token, _P.key, _P.body)
    .where(_P.box == bindparam("number"), _P.id > bindparam("after"))
    .order_by(_P.id)
    .limit(bindparam("most"))
)
FIND = Definition(select(_P.id).where(_P.token == bindparam("put")))
