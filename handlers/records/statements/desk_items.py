"""The statements of `handlers.records.desk_items`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items, desk_notes
from handlers.records.schema import reports

_I, _N = desk_items.c, desk_notes.c
_REPORT = ("id", "organisation", "reference", "status", "revision", "kind", "state", "created_at", "updated_at")
PAST = 3  # as in `handlers.records.desk_items`
_OPEN: ColumnElement[bool] = _I.closed_at.is_(None)
_THIS = _I.report_id == bindparam("report")
_MINE = and_(_THIS, _OPEN, _I.holder == bindparam("was"))
_MORE = {"stamp": _I.stamp + 1}
_NEW: dict[str, Any] = {
    name: bindparam(name)
    for name in (
        *("report_id", "organisation", "audience", "rank", "since", "revision", "clock_at", "clock_due_at"),
        "practice",
    )
} | {"stamp": 1, "clock_step": 0}


def _noted(made: Any) -> Any:
    """A later revision. The clock of an open line that nobody has begins anew where it is to be quicker, and where it
    has said all it had to say and something graver is told.
    """
    given = made.values(_NEW)
    new = given.excluded
    graver = and_(_I.clock_due_at.is_(None), new.rank < _I.rank)
    anew = and_(
        _OPEN, _I.holder.is_(None), new.clock_due_at.isnot(None), or_(_I.clock_due_at > new.clock_due_at, graver)
    )
    return given.on_conflict_do_update(
        index_elements=["report_id"],
        set_={
            "rank": new.rank,
            "revision": new.revision,
            "stamp": _I.stamp + 1,
            "clock_at": case((anew, new.clock_at), else_=_I.clock_at),
            "clock_step": case((anew, 0), else_=_I.clock_step),
            "clock_due_at": case((anew, new.clock_due_at), else_=_I.clock_due_at),
        },
    ).returning(_I.closed_at)


NOTE = Definition(_noted(sqlite.insert(desk_items)), _noted(postgresql.insert(desk_items)))
REOPEN = Definition(
    update(desk_items)
    .where(_THIS, _I.closed_at.isnot(None))
    .values(
        closed_at=null(),
        outcome=null(),
        holder=null(),
        claimed_at=null(),
        acted_at=null(),
        words_due_at=null(),
        clock_at=bindparam("clock_at"),
        clock_step=0,
        clock_due_at=bindparam("clock_due_at"),
    )
)
CALM = Definition(update(desk_items).where(_THIS).values(clock_due_at=null(), words_due_at=null(), **_MORE))
STIR = Definition(update(desk_items).where(_THIS).values(_MORE))
_NAMES = tuple(column.name for column in desk_items.columns)
_ROW = select(*(desk_items.c[name] for name in _NAMES))
MARKS = Definition(
    select(_I.report_id, _I.stamp)
    .where(_I.organisation == bindparam("owner"), _I.audience == bindparam("reader"), _OPEN)
    .order_by(_I.practice, _I.rank, _I.since)
    .limit(bindparam("most"))
)
TOP = Definition(
    select(*(desk_items.c[name] for name in _NAMES), *(reports.c[name] for name in _REPORT), reports.c.key)
    .select_from(desk_items.outerjoin(reports, reports.c.id == _I.report_id))
    .where(_I.organisation == bindparam("owner"), _I.audience == bindparam("reader"), _OPEN)
    .order_by(_I.practice, _I.rank, _I.since)
    .limit(bindparam("most"))
)
STANDING = Definition(
    # An exercise that rests waits for nobody.
    select(_I.report_id, case((_I.practice == 2, 4), else_=_I.rank), _I.holder, _I.clock_at)
    .where(_I.organisation == bindparam("owner"), _I.audience == bindparam("reader"), _OPEN)
    .order_by(_I.practice, _I.rank, _I.since)
    .limit(bindparam("most"))
)
GET = Definition(_ROW.where(_THIS, _I.organisation == bindparam("owner"), _I.audience == bindparam("reader")))
_other = desk_items.alias("other")
_LOAD = (
    select(func.count())
    .select_from(_other)
    .where(_other.c.holder == bindparam("who"), _other.c.closed_at.is_(None))
    .scalar_subquery()
)
CLAIM = Definition(
    update(desk_items)
    .where(_THIS, _OPEN, _I.holder.is_(None), bindparam("cap") > _LOAD)
    .values(
        holder=bindparam("who"),
        claimed_at=bindparam("at"),
        claimed_revision=_I.revision,
        acted_at=null(),
        words_due_at=bindparam("words_due"),
        clock_due_at=null(),
        **_MORE,
    )
)
LOAD = Definition(select(func.count()).select_from(desk_items).where(_I.holder == bindparam("who"), _OPEN))
RELEASE = Definition(
    update(desk_items)
    .where(_MINE)
    .values(
        holder=null(),
        claimed_at=null(),
        claimed_revision=null(),
        acted_at=null(),
        words_due_at=null(),
        clock_at=bindparam("at"),
        clock_step=0,
        clock_due_at=bindparam("due"),
        **_MORE,
    )
)
TRANSFER = Definition(
    update(desk_items)
    .where(_MINE)
    .values(
        holder=bindparam("to_person"),
        claimed_at=bindparam("at"),
        claimed_revision=_I.revision,
        acted_at=null(),
        words_due_at=bindparam("words_due"),
        **_MORE,
    )
)
ACT = Definition(
    update(desk_items)
    .where(_MINE, _I.acted_at.is_(None))
    .values(acted_at=bindparam("at"), words_due_at=null(), **_MORE)
)
SAW = Definition(update(desk_items).where(_MINE).values(claimed_revision=bindparam("seen")))
INCIDENT = Definition(update(desk_items).where(_MINE).values(incident=bindparam("number"), **_MORE))
CLOSE = Definition(
    update(desk_items)
    .where(_MINE)
    .values(outcome=bindparam("how"), closed_at=bindparam("at"), words_due_at=null(), **_MORE)
)
NEWS = Definition(
    select(func.count())
    .select_from(desk_items)
    .where(
        _I.organisation == bindparam("owner"), _I.audience == bindparam("reader"), _I.holder == bindparam("who"), _OPEN
    )
    .where(_I.revision > _I.claimed_revision)
)
HELD = Definition(_ROW.where(_I.holder == bindparam("who"), _OPEN))
_DUE = _ROW.where(_I.clock_due_at <= bindparam("now"), _OPEN).order_by(_I.clock_due_at).limit(bindparam("most"))
DUE = Definition(_DUE, _DUE.with_for_update(skip_locked=True))
STEP = Definition(
    update(desk_items)
    .where(_THIS, _I.clock_step == bindparam("from_step"), _I.holder.is_(None), _I.clock_due_at.isnot(None))
    .values(clock_step=_I.clock_step + 1, clock_due_at=bindparam("due"), **_MORE)
)
PULL_BACK = Definition(
    update(desk_items)
    .where(_I.clock_due_at > case((_I.rank == PAST, bindparam("past_latest")), else_=bindparam("latest")))
    .values(clock_at=bindparam("at"), clock_due_at=bindparam("at"))
)
PULL_BACK_WORDS = Definition(
    update(desk_items)
    .where(_I.words_due_at > bindparam("latest"), _I.closed_at.is_(None))
    .values(words_due_at=bindparam("at"))
)
ADD_NOTE = Definition(
    insert(desk_notes).values({name: bindparam(name) for name in ("token", "report_id", "person_id", "at", "body")})
)
NOTES = Definition(
    select(_N.token, _N.person_id, _N.at, _N.body).where(_N.report_id == bindparam("report")).order_by(_N.at, _N.token)
)
