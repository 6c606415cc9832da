"""The statements of `handlers.records.joined`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items
from handlers.records.joined_schema import desk_apart, desk_joined, desk_labels, desk_views
from handlers.records.schema import reports, revisions

_I, _R, _V = desk_items.c, reports.c, revisions.c
_J, _A, _L, _W = desk_joined.c, desk_apart.c, desk_labels.c, desk_views.c
_REPORT: Any = bindparam("report")
_ITEM = tuple(desk_items.c[column.name] for column in desk_items.columns)


def _given(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


_MINE = and_(
    _I.organisation == bindparam("owner"),
    _I.audience == bindparam("reader"),
    or_(_I.closed_at.is_(None), _I.closed_at >= bindparam("since")),
)
LINES = Definition(
    select(*_ITEM, _R.reference, _R.status, _R.state, _R.key, _R.revision, _V.document)
    .join(reports, _R.id == _I.report_id)
    .join(revisions, and_(_V.report_id == _R.id, _V.revision == _R.revision))
    .where(_MINE)
    .order_by(_I.closed_at.isnot(None), _I.rank, _I.since)
    .limit(bindparam("most"))
)
_HERE = and_(_I.organisation == bindparam("owner"), _I.audience == bindparam("reader"))
_near_open = (
    select(_I.report_id)
    .where(_HERE, _I.closed_at.is_(None))
    .order_by(func.abs(_I.since - bindparam("at")))
    .limit(bindparam("most"))
)
_near_closed = (
    select(_I.report_id)
    .where(_HERE, _I.closed_at.isnot(None), _I.closed_at >= bindparam("since"))
    .order_by(_I.closed_at.desc())
    .limit(bindparam("most"))
)


def _near(chosen: Any) -> Any:
    """What else is read is of the chosen alone, and no document: most have been opened a moment ago."""
    these = chosen.subquery("these")
    return (
        select(_I.report_id, _I.rank, _I.since, _R.status, _R.key, _R.revision)
        .select_from(these)
        .join(desk_items, _I.report_id == these.c.report_id)
        .join(reports, _R.id == _I.report_id)
        .order_by(_I.rank, _I.since)
    )


NEAR_OPEN = Definition(_near(_near_open))
NEAR_CLOSED = Definition(_near(_near_closed))
LINE = Definition(
    select(*_ITEM, _R.reference, _R.status, _R.state, _R.key, _R.revision, _V.document)
    .join(reports, _R.id == _I.report_id)
    .join(revisions, and_(_V.report_id == _R.id, _V.revision == _R.revision))
    .where(_I.report_id == _REPORT, _I.organisation == bindparam("owner"), _I.audience == bindparam("reader"))
)
REVISIONS = Definition(
    select(_V.revision, _V.kind, _V.created_at, _V.document)
    .where(_V.report_id == _REPORT)
    .order_by(_V.revision.desc())
    .limit(bindparam("most"))
)
TOUCH = Definition(update(desk_items).where(_I.report_id == _REPORT).values(stamp=_I.stamp + 1))

INCIDENT = Definition(select(_J.incident_id).where(_J.report_id == _REPORT))
MEMBERS = Definition(select(_J.report_id).where(_J.incident_id == bindparam("incident")).order_by(_J.at, _J.report_id))


def _put(made: Any) -> Any:
    given = made.values(_given("report_id", "incident_id", "person_id", "at"))
    new = given.excluded
    return given.on_conflict_do_update(
        index_elements=["report_id"], set_={"incident_id": new.incident_id, "person_id": new.person_id, "at": new.at}
    )


PUT = Definition(_put(sqlite.insert(desk_joined)), _put(postgresql.insert(desk_joined)))
TAKE = Definition(delete(desk_joined).where(_J.report_id == _REPORT))
_all = desk_joined.alias("all_joined")
COUNTS = Definition(
    select(_J.report_id, func.count())
    .select_from(
        desk_joined.join(_all, _all.c.incident_id == _J.incident_id).join(desk_items, _I.report_id == _J.report_id)
    )
    .where(_I.organisation == bindparam("owner"), _I.audience == bindparam("reader"), _I.closed_at.is_(None))
    .group_by(_J.report_id)
)

_PAIR = _given("report_id", "other_id")
APART = Definition(
    sqlite.insert(desk_apart).values(_PAIR).on_conflict_do_nothing(),
    postgresql.insert(desk_apart).values(_PAIR).on_conflict_do_nothing(),
)
NOT_APART = Definition(delete(desk_apart).where(_A.report_id == _REPORT, _A.other_id == bindparam("other")))
APART_FROM = Definition(select(_A.report_id, _A.other_id).where(or_(_A.report_id == _REPORT, _A.other_id == _REPORT)))

_ADD_LABEL = _given("token", "report_id", "person_id", "at", "body")
ADD_LABEL = Definition(
    sqlite.insert(desk_labels).values(_ADD_LABEL).on_conflict_do_nothing(),
    postgresql.insert(desk_labels).values(_ADD_LABEL).on_conflict_do_nothing(),
)
DROP_LABEL = Definition(delete(desk_labels).where(_L.token == bindparam("name"), _L.report_id == _REPORT))
LABELS = Definition(
    select(_L.report_id, _L.token, _L.person_id, _L.at, _L.body)
    .where(_L.report_id == _REPORT)
    .order_by(_L.at, _L.token)
)
ALL_LABELS = Definition(
    select(_L.report_id, _L.token, _L.person_id, _L.at, _L.body)
    .join(desk_items, _I.report_id == _L.report_id)
    .where(_MINE)
    .order_by(_L.at, _L.token)
)

ADD_VIEW = Definition(insert(desk_views).values(_given("token", "person_id", "organisation", "at", "key", "body")))
_OWN = and_(_W.person_id == bindparam("who"), _W.organisation == bindparam("owner"))
VIEWS = Definition(select(_W.token, _W.at, _W.key, _W.body).where(_OWN).order_by(_W.at, _W.token))
DROP_VIEW = Definition(delete(desk_views).where(_OWN, _W.token == bindparam("name")))
