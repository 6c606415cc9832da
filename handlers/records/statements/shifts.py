"""The statements of `handlers.records.shifts` and `handlers.records.promises`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items, people, sessions
from handlers.records.shift_schema import (
    desk_answers,
    desk_breaches,
    desk_handed,
    desk_handovers,
    desk_languages,
    desk_presence,
    desk_promises,
)

_L, _P, _A, _B = desk_languages.c, desk_presence.c, desk_answers.c, desk_breaches.c
_M, _H, _I = desk_promises.c, desk_handovers.c, desk_items.c
_REPORT: Any = bindparam("report")
_MORE = {"stamp": _I.stamp + 1}


def _given(*names: str) -> Any:
    return {name: bindparam(name) for name in names}


def _once(table: Any, *names: str) -> Definition:
    return Definition(
        sqlite.insert(table).values(_given(*names)).on_conflict_do_nothing(),
        postgresql.insert(table).values(_given(*names)).on_conflict_do_nothing(),
    )


SPEAK = _once(desk_languages, "person_id", "language")
UNSPEAK = Definition(delete(desk_languages).where(_L.person_id == bindparam("who"), _L.language == bindparam("which")))
SPOKEN = Definition(select(_L.person_id, _L.language).order_by(_L.person_id, _L.language))

PRESENT = Definition(
    select(_P.person_id, people.c.shown, _P.organisation, _P.audience, _P.report_id, _P.doing)
    .select_from(desk_presence.join(people, people.c.id == _P.person_id))
    .where(_P.at > bindparam("since"), _P.process != bindparam("but"))
)
SIT = _once(desk_presence, "process", "person_id", "organisation", "audience", "report_id", "doing", "at")
RISE = Definition(delete(desk_presence).where(_P.process == bindparam("which")))
FADE = Definition(delete(desk_presence).where(_P.at <= bindparam("until")))

# A claim as it has just been made.
_claimed = select(
    *(_I.report_id, _I.claimed_at, _I.organisation, _I.audience, _I.holder, _I.rank, _I.practice, _I.clock_at)
).where(_I.report_id == _REPORT, _I.holder.isnot(None), _I.claimed_at.isnot(None))
_COLUMNS = ["report_id", "claimed_at", "organisation", "audience", "person_id", "rank", "practice", "waited_from"]
ANSWERED = Definition(
    sqlite.insert(desk_answers).from_select(_COLUMNS, _claimed).on_conflict_do_nothing(),
    postgresql.insert(desk_answers).from_select(_COLUMNS, _claimed).on_conflict_do_nothing(),
)
ACTED = Definition(
    update(desk_answers).where(_A.report_id == _REPORT, _A.acted_at.is_(None)).values(acted_at=bindparam("at"))
)
_of_them = (_A.organisation == bindparam("owner"), _A.audience == bindparam("reader"), _A.practice == 0)
WAITS = Definition(select(_A.claimed_at - _A.waited_from).where(*_of_them, _A.claimed_at >= bindparam("since")))
FIRST_ANSWER = Definition(
    select(_A.claimed_at, _A.waited_from, _A.acted_at).where(_A.report_id == _REPORT).order_by(_A.claimed_at).limit(1)
)

BREACH = _once(desk_breaches, "report_id", "kind", "began", "organisation", "audience", "practice", "person_id", "at")
BREACHES = Definition(
    select(_B.report_id, _B.kind, _B.began, _B.person_id, _B.at)
    .where(
        _B.organisation == bindparam("owner"),
        _B.audience == bindparam("reader"),
        _B.practice == 0,
        _B.at >= bindparam("since"),
    )
    .order_by(_B.at.desc(), _B.report_id, _B.kind)
    .limit(bindparam("most"))
)
_known = exists().where(_B.report_id == _I.report_id, _B.kind == "word", _B.began == _I.claimed_at)
_names = tuple(column.name for column in desk_items.columns)
_silent = (
    select(*(desk_items.c[name] for name in _names))
    .where(_I.words_due_at <= bindparam("now"), _I.closed_at.is_(None), _I.holder.isnot(None), ~_known)
    .order_by(_I.words_due_at)
    .limit(bindparam("most"))
)
SILENT = Definition(_silent, _silent.with_for_update(of=desk_items, skip_locked=True))
IN_HAND = Definition(
    select(_I.report_id).where(_I.report_id == _REPORT, or_(_I.holder.isnot(None), _I.closed_at.isnot(None)))
)
TOUCH = Definition(update(desk_items).where(_I.report_id == _REPORT).values(**_MORE))
# Who has open reports and is signed in nowhere.
GONE = Definition(
    select(_I.holder)
    .distinct()
    .where(_I.holder.isnot(None), _I.closed_at.is_(None), ~exists().where(sessions.c.person_id == _I.holder))
)
SIGNED_IN = Definition(select(func.count()).select_from(sessions).where(sessions.c.person_id == bindparam("who")))
HERE = Definition(select(sessions.c.person_id).distinct().where(sessions.c.seen_at > bindparam("since")))
LOADS = Definition(
    select(_I.holder, _I.rank, func.count(), func.min(_I.claimed_at))
    .where(
        _I.organisation == bindparam("owner"),
        _I.audience == bindparam("reader"),
        _I.closed_at.is_(None),
        _I.practice == 0,
        _I.holder.isnot(None),
    )
    .group_by(_I.holder, _I.rank)
)
WAITING = Definition(
    select(_I.rank, func.count(), func.min(_I.clock_at))
    .where(
        _I.organisation == bindparam("owner"),
        _I.audience == bindparam("reader"),
        _I.closed_at.is_(None),
        _I.practice == 0,
        _I.holder.is_(None),
        _I.rank < 4,
    )
    .group_by(_I.rank)
    .order_by(_I.rank)
)

PROMISE = _once(desk_promises, "token", "report_id", "person_id", "at", "due_at", "body")
_promise = select(_M.token, _M.report_id, _M.person_id, _M.at, _M.due_at, _M.body, _M.kept_at, _M.kept_by)
PROMISES = Definition(_promise.where(_M.report_id == _REPORT).order_by(_M.due_at, _M.token))
KEEP = Definition(
    update(desk_promises)
    .where(_M.token == bindparam("which"), _M.report_id == _REPORT, _M.kept_at.is_(None))
    .values(kept_at=bindparam("at"), kept_by=bindparam("who"))
)
_broken = exists().where(_B.report_id == _M.report_id, _B.kind == "promise", _B.began == _M.at)
OVERDUE = Definition(
    select(_M.report_id, _M.at, _M.person_id, _I.organisation, _I.audience, _I.practice)
    .select_from(desk_promises.join(desk_items, _I.report_id == _M.report_id))
    .where(_M.kept_at.is_(None), _M.due_at <= bindparam("now"), ~_broken)
    .limit(bindparam("most"))
)

HAND = Definition(
    insert(desk_handovers).values(
        _given("token", "organisation", "audience", "person_id", "to_person", "at", "key", "body")
    )
)
HAND_ONE = _once(desk_handed, "token", "report_id")
HANDED = Definition(
    select(desk_handed.c.report_id).where(desk_handed.c.token == bindparam("which")).order_by(desk_handed.c.report_id)
)
_handover = select(
    *(_H.token, _H.organisation, _H.audience, _H.person_id, _H.to_person, _H.at, _H.key, _H.body),
    *(_H.accepted_at, _H.accepted_by, _H.withdrawn_at),
)
_pending = and_(_H.accepted_at.is_(None), _H.withdrawn_at.is_(None))
_theirs = (_H.organisation == bindparam("owner"), _H.audience == bindparam("reader"))
_meant = or_(_H.to_person.is_(None), _H.to_person == bindparam("who"))
FOR_ME = Definition(_handover.where(*_theirs, _pending, _meant, _H.person_id != bindparam("who")).order_by(_H.at))
MINE = Definition(_handover.where(*_theirs, _pending, _H.person_id == bindparam("who")).order_by(_H.at))
TAKEN = Definition(
    _handover.where(*_theirs, _H.accepted_by == bindparam("who"), _H.accepted_at > bindparam("since")).order_by(_H.at)
)
HANDOVER = Definition(_handover.where(*_theirs, _H.token == bindparam("which")))
ACCEPT = Definition(
    update(desk_handovers)
    .where(_H.token == bindparam("which"), _pending, _meant, _H.person_id != bindparam("who"))
    .values(accepted_at=bindparam("at"), accepted_by=bindparam("who"))
)
WITHDRAW = Definition(
    update(desk_handovers)
    .where(_H.token == bindparam("which"), _pending, _H.person_id == bindparam("who"))
    .values(withdrawn_at=bindparam("at"))
)
# Still with who hands over, or with nobody since they signed off.
CHANGE_HANDS = Definition(
    update(desk_items)
    .where(
        _I.report_id == _REPORT,
        _I.organisation == bindparam("owner"),
        _I.audience == bindparam("reader"),
        _I.closed_at.is_(None),
        or_(_I.holder == bindparam("was"), _I.holder.is_(None)),
    )
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
FORGET_HANDOVERS = Definition(delete(desk_handovers).where(_H.at < bindparam("until")))
FORGET_HANDED = Definition(delete(desk_handed).where(~exists().where(_H.token == desk_handed.c.token)))
