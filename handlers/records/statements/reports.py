"""The statements of `handlers.records.reports`."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, exists, func, insert, select, text, update

from handlers.records.definition import Definition
from handlers.records.schema import UNFINISHED, outbox, reports, revisions

_R, _V, _O = reports.c, revisions.c, outbox.c
_ADD_COLUMNS = ("id", "organisation", "reference", "status", "key", "revision", "created_at", "updated_at", "audience")
ADD = Definition(insert(reports).values({name: bindparam(name) for name in _ADD_COLUMNS}))
ADVANCE = Definition(
    update(reports)
    .where(_R.id == bindparam("report"))
    .values({name: bindparam(name) for name in ("revision", "kind", "state", "updated_at")})
)
ADD_REVISION = Definition(
    insert(revisions).values(
        {name: bindparam(name) for name in ("report_id", "revision", "kind", "created_at", "document")}
    )
)
KEY = Definition(select(_R.key).where(_R.id == bindparam("report")))
DOCUMENT = Definition(
    select(_V.document, _V.kind, _V.created_at).where(
        _V.report_id == bindparam("report"), _V.revision == bindparam("revision")
    )
)
_LISTED = select(
    _R.id, _R.organisation, _R.reference, _R.status, _R.revision, _R.kind, _R.state, _R.created_at, _R.updated_at
).where(_R.revision > 0)
# What the synthetic reporter made is listed and counted nowhere.
_FOR = and_(_R.audience == bindparam("reader"), _R.organisation.not_like("synthetic.%"))
LIST = Definition(_LISTED.where(_FOR).order_by(_R.created_at, _R.id))
GET = Definition(_LISTED.where(_R.id == bindparam("report")))
COUNT = Definition(select(func.count()).select_from(reports).where(_R.revision > 0, _FOR))
CHANGE_KEY = Definition(update(reports).where(_R.id == bindparam("report")).values(key=bindparam("key")))
FORGET = Definition(delete(revisions).where(_V.report_id == bindparam("report"), _V.revision < bindparam("before")))
_wanted = exists().where(_O.report_id == _V.report_id, _O.revision == _V.revision, text(UNFINISHED))
THIN_OUT = Definition(
    delete(revisions).where(_V.report_id == bindparam("report"), _V.revision < bindparam("before"), ~_wanted)
)
