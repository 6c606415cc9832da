"""The statements of `handlers.records.typing`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items
from handlers.records.shift_schema import desk_typing

_T = desk_typing.c
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("report_id", "person_id", "began_at", "until_at")}
FIND = Definition(select(_T.person_id, _T.began_at, _T.until_at).where(_T.report_id == bindparam("report")))
_SQLITE = sqlite.insert(desk_typing).values(_VALUES)
_POSTGRES = postgresql.insert(desk_typing).values(_VALUES)
KEEP = Definition(
    _SQLITE.on_conflict_do_update(
        index_elements=[_T.report_id],
        set_={name: _SQLITE.excluded[name] for name in ("person_id", "began_at", "until_at")},
    ),
    _POSTGRES.on_conflict_do_update(
        index_elements=[_T.report_id],
        set_={name: _POSTGRES.excluded[name] for name in ("person_id", "began_at", "until_at")},
    ),
)
END = Definition(delete(desk_typing).where(_T.report_id == bindparam("report")))
DUE = Definition(
    select(_T.report_id, desk_items.c.organisation, desk_items.c.audience)
    .join(desk_items, desk_items.c.report_id == _T.report_id)
    .where((_T.until_at <= bindparam("now")) | (_T.began_at > bindparam("latest")))
    .order_by(_T.until_at)
    .limit(bindparam("most"))
)
