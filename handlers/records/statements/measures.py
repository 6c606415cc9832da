"""The statements of `handlers.records.measures`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import inbox, measures, reports, texts

_M = measures.c
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("name", "audience", "label", "bucket", "value")}


def _add(insert: Any) -> Any:
    made = insert(measures).values(_VALUES)
    return made.on_conflict_do_update(
        index_elements=["name", "audience", "label", "bucket"], set_={"value": _M.value + made.excluded.value}
    )


ADD = Definition(_add(sqlite.insert), _add(postgresql.insert))
OF = Definition(select(_M.name, _M.label, _M.bucket, _M.value).where(_M.audience == bindparam("reader")))
LAST = Definition(select(func.max(inbox.c.id)))
# Of the newest texts those that are not the ordinary desk's: mostly none.
APART = Definition(
    select(inbox.c.channel, inbox.c.external_id, reports.c.audience, reports.c.status)
    .join(reports, reports.c.id == inbox.c.report_id)
    .where(
        and_(inbox.c.id > bindparam("after"), or_(reports.c.audience != "desk", reports.c.status != "live")),
    )
)
SENT = Definition(
    select(reports.c.audience, reports.c.status)
    .join(texts, texts.c.report_id == reports.c.id)
    .where(texts.c.token == bindparam("put"))
)
