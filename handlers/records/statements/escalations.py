"""The statements of `handlers.records.escalations`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import escalations, outbox, reports

_E, _R, _O = escalations.c, reports.c, outbox.c
_FORWARDED = select(func.min(_O.created_at)).where(_O.report_id == _R.id).scalar_subquery()
_DANGER = select(func.min(_O.priority)).where(_O.report_id == _R.id).scalar_subquery()
NEW = Definition(
    select(_R.id, _FORWARDED)
    .select_from(reports.outerjoin(escalations, _E.report_id == _R.id))
    .where(
        _R.organisation == bindparam("owner"),
        _R.revision > 0,
        _R.status == text("'live'"),
        _E.report_id.is_(None),
        _FORWARDED.isnot(None),
    )
    .limit(bindparam("most"))
)
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("report_id", "due_at")}
BEGIN = Definition(
    sqlite.insert(escalations).values(_VALUES | {"step": 0, "revision": 0}).on_conflict_do_nothing(),
    postgresql.insert(escalations).values(_VALUES | {"step": 0, "revision": 0}).on_conflict_do_nothing(),
)
_ROW = (_E.report_id, _E.step, _E.revision, _R.revision, _R.kind, _R.organisation, _R.audience, _DANGER)
_JOINED = select(*_ROW).select_from(escalations.join(reports, _R.id == _E.report_id))
_DUE = _JOINED.where(_E.due_at <= bindparam("now")).order_by(_DANGER, _E.due_at).limit(bindparam("most"))
DUE = Definition(_DUE, _DUE.with_for_update(of=escalations, skip_locked=True))
_BEHIND = _JOINED.where(_E.step > 0, _E.revision < _R.revision).limit(bindparam("most"))
BEHIND = Definition(_BEHIND, _BEHIND.with_for_update(of=escalations, skip_locked=True))
MOVE = Definition(
    update(escalations)
    .where(_E.report_id == bindparam("report"), _E.step == bindparam("from_step"))
    .values({name: bindparam(name) for name in ("step", "revision", "due_at")})
)
KEEP_UP = Definition(
    update(escalations).where(_E.report_id == bindparam("report")).values(revision=bindparam("revision"))
)
SETTLE = Definition(update(escalations).where(_E.report_id == bindparam("report")).values(due_at=bindparam("due_at")))
HASTEN = Definition(
    update(escalations)
    .where(_E.report_id == bindparam("report"), or_(_E.due_at > bindparam("at"), _E.due_at.is_(None)))
    .values(due_at=bindparam("at"))
)
PULL_BACK = Definition(update(escalations).where(_E.due_at > bindparam("latest")).values(due_at=bindparam("at")))
STEP = Definition(select(_E.step).where(_E.report_id == bindparam("report")))
