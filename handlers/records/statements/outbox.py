"""The statements of `handlers.records.outbox`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, func, insert, null, or_, select, text, update
from sqlalchemy.sql.dml import ReturningUpdate

from handlers.records.definition import Definition
from handlers.records.schema import UNFINISHED, outbox, reports, revisions, sink_states

_O, _S = outbox.c, sink_states.c
# Literal, and to the letter the condition of the partial index: the planner must see that it holds.
_UNFINISHED = text(UNFINISHED)
_OPEN = and_(_UNFINISHED, _O.state != "parked")
ADD = Definition(
    insert(outbox)
    .values(
        {
            name: bindparam(name)
            for name in ("report_id", "revision", "sink", "organisation", "kind", "priority", "due_at", "created_at")
        }
    )
    .values(state="due", attempts=0)
    .returning(_O.id)
)
REPLACE = Definition(
    update(outbox)
    .where(
        _O.report_id == bindparam("report"),
        _O.sink == bindparam("to"),
        _O.state == "due",
        _O.revision < bindparam("newer"),
        _O.kind != "alert",
    )
    .values(state="replaced")
)
_WITHDRAWN = {"state": "replaced", "owner": null()}
_OF_REPORT = and_(_O.report_id == bindparam("report"), _UNFINISHED)
WITHDRAW = Definition(update(outbox).where(_OF_REPORT).values(_WITHDRAWN))
WITHDRAW_FROM = Definition(update(outbox).where(_OF_REPORT, _O.sink == bindparam("at_sink")).values(_WITHDRAWN))
_CLAIMABLE = (
    select(_O.id)
    .where(_O.sink == bindparam("to"), _OPEN, _O.due_at <= bindparam("now"))
    .order_by(_O.priority, _O.due_at)
    .limit(bindparam("most"))
)
_CLAIMED = (_O.id, _O.report_id, _O.revision, _O.sink, _O.organisation, _O.kind, _O.created_at, _O.attempts)


def _claim(ids: Select[tuple[int]]) -> ReturningUpdate[Any]:
    # As a WITH clause the rows are chosen once: a planner may run a subquery for each row, past its limit.
    chosen = ids.cte("chosen")
    return (
        update(outbox)
        .where(_O.id.in_(select(chosen.c.id)))
        .values(state="leased", attempts=_O.attempts + 1, owner=bindparam("by"), due_at=bindparam("lease_until"))
        .returning(*_CLAIMED)
    )


CLAIM = Definition(_claim(_CLAIMABLE), _claim(_CLAIMABLE.with_for_update(skip_locked=True)))
SEALED = Definition(
    select(revisions.c.document, reports.c.key)
    .join(reports, reports.c.id == revisions.c.report_id)
    .where(revisions.c.report_id == bindparam("report"), revisions.c.revision == bindparam("revision"))
)
DELIVERED = Definition(
    update(outbox)
    .where(_O.id == bindparam("row"), _O.state != "delivered")
    .values(state="delivered", delivered_at=bindparam("at"), owner=null(), cause=null())
)
_MINE = and_(_O.id == bindparam("row"), _O.owner == bindparam("by"), _O.state == "leased")
AGAIN = Definition(
    update(outbox).where(_MINE).values(state="due", due_at=bindparam("at"), cause=bindparam("why"), owner=null())
)
PARK = Definition(update(outbox).where(_MINE).values(state="parked", cause=bindparam("why"), owner=null()))
HAND_BACK = Definition(
    update(outbox)
    .where(_UNFINISHED, _O.owner == bindparam("by"), _O.state == "leased")
    .values(state="due", due_at=bindparam("at"), owner=null())
)
HASTEN = Definition(
    update(outbox)
    .where(_O.sink == bindparam("to"), _UNFINISHED, _O.state == "due", _O.due_at > bindparam("at"))
    .values(due_at=bindparam("at"))
)
PULL_BACK = Definition(
    update(outbox)
    .where(
        _OPEN,
        _O.due_at > bindparam("at"),
        or_(
            and_(_O.attempts == 0, _O.due_at > bindparam("untried")),
            and_(_O.state == "leased", _O.due_at > bindparam("leased")),
            and_(_O.state == "due", _O.due_at > bindparam("latest")),
        ),
    )
    .values(state="due", due_at=bindparam("at"), owner=null())
)
DUE = Definition(
    select(_O.id, _O.due_at)
    .where(_OPEN, _O.due_at <= bindparam("now"))
    .order_by(_O.priority, _O.due_at)
    .limit(bindparam("most"))
)
NEXT = Definition(select(func.min(_O.due_at)).where(_O.sink == bindparam("to"), _OPEN))
OF_REPORT = Definition(
    select(_O.revision, _O.sink, _O.state, _O.attempts, _O.due_at, _O.delivered_at, _O.cause)
    .where(_O.report_id == bindparam("report"))
    .order_by(_O.revision, _O.sink)
)
STATES = Definition(select(_O.state, func.count(), func.min(_O.created_at)).where(_UNFINISHED).group_by(_O.state))
PAUSED = Definition(select(_S.sink, _S.cause, _S.paused_at, _S.probe_at))
ADD_PAUSE = Definition(
    insert(sink_states).values({name: bindparam(name) for name in ("sink", "cause", "paused_at", "probe_at")})
)
PROBE = Definition(
    update(sink_states)
    .where(_S.sink == bindparam("to"), or_(_S.probe_at <= bindparam("now"), _S.probe_at > bindparam("latest")))
    .values(probe_at=bindparam("next"))
)
KEEP_PAUSE = Definition(update(sink_states).where(_S.sink == bindparam("to")).values(cause=bindparam("why")))
RESUME = Definition(delete(sink_states).where(_S.sink == bindparam("to")))
