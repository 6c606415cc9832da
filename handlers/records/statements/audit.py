"""The statements of `handlers.records.audit`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, insert, literal, or_, select

from handlers.records.definition import Definition
from handlers.records.desk_schema import audit
from handlers.records.schema import reports

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
_NOBODY = "-"
_WHO = bindparam("who", type_=Text)


def _wanted(name: str, *column: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row fits what was asked for; empty asks for nothing."""
    return or_(bindparam(name, type_=Text) == "", *column)


_REFERENCE = bindparam("report", type_=Text)
_THERE = and_(reports.c.id == _A.report_id, reports.c.audience == bindparam("reader"))
FOUND = Definition(
    _ROW.add_columns(reports.c.reference)
    .select_from(audit.outerjoin(reports, _THERE))
    .where(
        _A.organisation == bindparam("at_organisation"),
        _A.audience == bindparam("reader"),
        _wanted("who", _A.person_id == _WHO, and_(_WHO == _NOBODY, _A.person_id.is_(None))),
        _wanted("kind_of", _A.kind == bindparam("kind_of", type_=Text)),
        _wanted("did", _A.what == bindparam("did", type_=Text)),
        _wanted("report", _A.report_id == _REFERENCE, reports.c.reference == _REFERENCE),
        _A.at >= bindparam("since"),
        _A.at < bindparam("until"),
    )
    .order_by(_A.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
)
