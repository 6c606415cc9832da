"""The statements of `handlers.records.audit`."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select

from handlers.records.definition import Definition
from handlers.records.desk_schema import audit

_A = audit.c
_NAMES = (
    *("at", "person_id", "organisation", "audience", "kind", "what"),
    *("report_id", "revision", "why", "to_whom"),
)
ADD = Definition(insert(audit).values({name: bindparam(name) for name in _NAMES}))
_ROW = select(*(audit.c[name] for name in _NAMES))
OF_REPORT = Definition(_ROW.where(_A.report_id == bindparam("report")).order_by(_A.id))
NEWEST = Definition(
    _ROW.where(_A.organisation == bindparam("at_organisation"), _A.audience == bindparam("reader"))
    .order_by(_A.id.desc())
    .limit(bindparam("most"))
)
