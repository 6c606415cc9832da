"""The statements of `handlers.records.exercises`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, null, or_, select, update

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items
from handlers.records.schema import inbox, reports, texts
from handlers.records.shift_schema import desk_exercises

_E, _I, _R, _T = desk_exercises.c, desk_items.c, reports.c, texts.c
_WHICH: Any = _E.id == bindparam("which")
_OWNER: Any = bindparam("owner")
_NAMES = tuple(column.name for column in desk_exercises.columns)
_ROW = select(*(desk_exercises.c[name] for name in _NAMES))
_GOING = or_(_E.state == "running", _E.state == "paused")
BEGIN = Definition(
    insert(desk_exercises).values(
        {name: bindparam(name) for name in ("id", "organisation", "script", "person_id", "sender", "started_at")}
        | {"state": "running", "step": 0, "stepped_at": bindparam("started_at")}
    )
)
_going = _ROW.where(_GOING).order_by(_E.started_at)
GOING = Definition(_going, _going.with_for_update(skip_locked=True))
ANY = Definition(select(_E.id).where(_GOING).limit(1))
LISTED = Definition(_ROW.where(_E.organisation == _OWNER).order_by(_E.started_at.desc()).limit(bindparam("most")))
SENDERS = Definition(select(_E.sender).where(_E.started_at > bindparam("since")))
STEP = Definition(
    update(desk_exercises)
    .where(_WHICH, _GOING, _E.step == bindparam("from_step"))
    .values(step=_E.step + 1, stepped_at=bindparam("at"))
)
NOTE_REPORT = Definition(update(desk_exercises).where(_WHICH).values(report_id=bindparam("report")))
STATE = Definition(
    update(desk_exercises).where(_WHICH, _GOING).values(state=bindparam("state"), stepped_at=bindparam("at"))
)
END = Definition(
    update(desk_exercises)
    .where(_WHICH, _GOING)
    .values(
        state=bindparam("state"),
        ended_at=bindparam("at"),
        claim_ms=bindparam("claim"),
        word_ms=bindparam("word"),
        outcome=bindparam("how"),
    )
)
REPORT_OF = Definition(
    select(inbox.c.report_id).where(inbox.c.channel == bindparam("channel"), inbox.c.external_id == bindparam("sid"))
)
# Of the desk alone: an exercise must not tell that confidential reports wait (R8).
LOAD = Definition(
    select(func.count(), func.count().filter(_I.rank == 0))
    .select_from(desk_items)
    .where(
        _I.organisation == _OWNER,
        _I.audience == "desk",
        _I.closed_at.is_(None),
        _I.holder.is_(None),
        _I.rank < 3,
        _I.practice == 0,
    )
)
LAST_WORD = Definition(select(func.max(_T.due_at)).where(_T.report_id == bindparam("report"), _T.purpose == "staff"))
_OWN = (_I.report_id == bindparam("report"), _I.practice > 0)
CALM = Definition(
    update(desk_items).where(*_OWN, _I.practice == 1).values(practice=2, clock_due_at=null(), stamp=_I.stamp + 1)
)
WAKE = Definition(update(desk_items).where(*_OWN, _I.practice == 2).values(practice=1, stamp=_I.stamp + 1))
RESTART = Definition(
    update(desk_items)
    .where(*_OWN, _I.holder.is_(None), _I.closed_at.is_(None))
    .values(clock_at=bindparam("at"), clock_step=0, clock_due_at=bindparam("due"))
)
CLOSE = Definition(
    update(desk_items)
    .where(*_OWN, _I.closed_at.is_(None))
    .values(
        closed_at=bindparam("at"), outcome="exercise_over", clock_due_at=null(), words_due_at=null(), stamp=_I.stamp + 1
    )
)
ITEM = Definition(select(_I.holder, _I.outcome, _I.closed_at, _I.rank).where(_I.report_id == bindparam("report")))
OLD = Definition(
    select(_R.id).where(_R.status == "exercise", _R.created_at < bindparam("until")).limit(bindparam("most"))
)
FORGET = Definition(delete(desk_exercises).where(_E.started_at < bindparam("until"), ~_GOING))
