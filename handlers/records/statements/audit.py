"""The statements of `handlers.records.audit`."""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, literal, select

from handlers.records.definition import Definition
from handlers.records.desk_schema import audit

_A = audit.c
_NAMES = (
    *("at", "person_id", "organisation", "audience", "kind", "what"),
    *("report_id", "revision", "why", "to_whom"),
)
_LINKS = ("before", "digest")
_LOCK_NUMBER = 0x7175696574617564
ADD = Definition(insert(audit).values({name: bindparam(name) for name in (*_NAMES, *_LINKS)}))
# Who appends waits for whoever else does; on SQLite there is one writer at a time anyway.
LOCK = Definition(select(literal(1)), select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))
_HEAD = select(_A.id, _A.digest).order_by(_A.id.desc()).limit(1)
HEAD = Definition(_HEAD)
CHAIN = Definition(
    select(_A.id, _A.before, _A.digest, *(audit.c[name] for name in _NAMES))
    .where(_A.id > bindparam("after"))
    .order_by(_A.id)
    .limit(bindparam("most"))
)
_ROW = select(*(audit.c[name] for name in _NAMES))
OF_REPORT = Definition(_ROW.where(_A.report_id == bindparam("report")).order_by(_A.id))
NEWEST = Definition(
    _ROW.where(_A.organisation == bindparam("at_organisation"), _A.audience == bindparam("reader"))
    .order_by(_A.id.desc())
    .limit(bindparam("most"))
)
