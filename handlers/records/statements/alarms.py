"""The statements of `handlers.records.alarms`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import alarm_routes, alarms

_A, _R = alarms.c, alarm_routes.c
ALL = Definition(select(alarms).order_by(_A.since, _A.id))
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("id", "audience", "words", "since", "seen_at", "due_at")}
_VALUES |= {"state": "raised", "times": 0}
ADD = Definition(
    sqlite.insert(alarms).values(_VALUES).on_conflict_do_nothing(),
    postgresql.insert(alarms).values(_VALUES).on_conflict_do_nothing(),
)
SEEN = Definition(
    update(alarms)
    .where(_A.id == bindparam("alarm"))
    .values(state="raised", words=bindparam("says"), seen_at=bindparam("at"))
)
OVER = Definition(
    update(alarms)
    .where(_A.id == bindparam("alarm"), _A.state == "raised")
    .values(state="over", due_at=bindparam("at"), words=bindparam("says"))
)
# Taken by whoever comes first; one that a clock jump left beyond every interval is due too (F11).
TAKE = Definition(
    update(alarms)
    .where(
        _A.id == bindparam("alarm"),
        _A.due_at == bindparam("was_due"),
        or_(_A.due_at <= bindparam("now"), _A.due_at > bindparam("latest")),
    )
    .values(due_at=bindparam("lease_until"))
)
TOLD = Definition(
    update(alarms)
    .where(_A.id == bindparam("alarm"), _A.state == "raised")
    .values(times=_A.times + 1, told_at=bindparam("at"), due_at=bindparam("next"))
)
FORGET = Definition(delete(alarms).where(_A.id == bindparam("alarm"), _A.state == bindparam("still")))
ROUTES = Definition(select(alarm_routes).order_by(_R.route))
_ROUTE: dict[str, Any] = {name: bindparam(name) for name in ("route", "audience", "told_at", "failed_at", "cause")}


def _note(insert: Any) -> Any:
    made = insert(alarm_routes).values(_ROUTE)
    return made.on_conflict_do_update(
        index_elements=["route"],
        set_={name: made.excluded[name] for name in ("audience", "told_at", "failed_at", "cause")},
    )


NOTE_ROUTE = Definition(_note(sqlite.insert), _note(postgresql.insert))
FORGET_ROUTE = Definition(delete(alarm_routes).where(_R.route == bindparam("name")))
