"""The statements of `handlers.records.samples` and of what is erased of a shift."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items
from handlers.records.schema import reports
from handlers.records.shift_schema import (
    desk_answers,
    desk_breaches,
    desk_exercises,
    desk_handed,
    desk_presence,
    desk_promises,
    desk_samples,
    desk_typing,
)

_I, _S, _R = desk_items.c, desk_samples.c, reports.c
_REPORT: Any = bindparam("report")
_OWN = (_I.organisation == bindparam("owner"), _I.audience == bindparam("reader"), _I.practice == 0)
CLOSED = Definition(
    select(_I.report_id)
    .where(*_OWN, _I.closed_at >= bindparam("since"), _I.closed_at < bindparam("until"))
    .order_by(_I.report_id)
)
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("report_id", "day", "organisation", "audience")}
DRAW = Definition(
    sqlite.insert(desk_samples).values(_VALUES).on_conflict_do_nothing(),
    postgresql.insert(desk_samples).values(_VALUES).on_conflict_do_nothing(),
)
_ROW = (_S.report_id, _S.day, _S.reviewed_at, _S.reviewed_by, _S.body)
_THEIRS = (_S.organisation == bindparam("owner"), _S.audience == bindparam("reader"))
SAMPLES = Definition(
    select(*_ROW, _R.reference)
    .select_from(desk_samples.join(reports, _R.id == _S.report_id))
    .where(*_THEIRS)
    .order_by(_S.reviewed_at.isnot(None), _S.day.desc(), _S.report_id)
    .limit(bindparam("most"))
)
DRAWN = Definition(select(_S.report_id).where(*_THEIRS, _S.day == bindparam("on")))
REVIEW = Definition(
    update(desk_samples)
    .where(*_THEIRS, _S.report_id == _REPORT, _S.day == bindparam("on"), _S.reviewed_at.is_(None))
    .values(reviewed_at=bindparam("at"), reviewed_by=bindparam("who"), body=bindparam("body"))
)
REFERENCE = Definition(select(_R.reference).where(_R.id == _REPORT))

ERASE_PRESENCE = Definition(delete(desk_presence).where(desk_presence.c.report_id == _REPORT))
ERASE_ANSWERS = Definition(delete(desk_answers).where(desk_answers.c.report_id == _REPORT))
ERASE_BREACHES = Definition(delete(desk_breaches).where(desk_breaches.c.report_id == _REPORT))
ERASE_PROMISES = Definition(delete(desk_promises).where(desk_promises.c.report_id == _REPORT))
ERASE_HANDED = Definition(delete(desk_handed).where(desk_handed.c.report_id == _REPORT))
ERASE_SAMPLES = Definition(delete(desk_samples).where(_S.report_id == _REPORT))
ERASE_TYPING = Definition(delete(desk_typing).where(desk_typing.c.report_id == _REPORT))
FORGET_REPORT = Definition(update(desk_exercises).where(desk_exercises.c.report_id == _REPORT).values(report_id=null()))
