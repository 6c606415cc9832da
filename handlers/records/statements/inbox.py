"""The statements of `handlers.records.inbox`."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, func, literal, null, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import WAITING as WAITS
from handlers.records.schema import inbox, taken_before

_COLUMNS = (
    *("channel", "external_id", "received_at", "state", "attempts", "body"),
    *("organisation", "report_id", "key", "reply"),
)
_ERASED = exists().where(taken_before.c.hash == bindparam("digest"))
_NEW = select(*(bindparam(name, type_=inbox.c[name].type) for name in _COLUMNS)).where(~_ERASED)
ADD = Definition(
    sqlite.insert(inbox).from_select(_COLUMNS, _NEW).on_conflict_do_nothing().returning(inbox.c.id),
    postgresql.insert(inbox).from_select(_COLUMNS, _NEW).on_conflict_do_nothing().returning(inbox.c.id),
)
_LOCK_NUMBER = 0x717569657474616B
LOCK = Definition(select(literal(1)), select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))
SETTLE = Definition(
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("organisation", "report_id", "state", "key", "reply")})
    .values(sender=null(), due_at=null())
)
POSTPONE = Definition(
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values(
        {name: bindparam(name) for name in ("organisation", "state", "attempts", "due_at", "key", "sender", "reply")}
    )
    .values(report_id=null())
)
_ROW = select(
    inbox.c.id,
    inbox.c.channel,
    inbox.c.external_id,
    inbox.c.organisation,
    inbox.c.report_id,
    inbox.c.received_at,
    inbox.c.state,
    inbox.c.attempts,
    inbox.c.key,
    inbox.c.sender,
    inbox.c.body,
    inbox.c.reply,
)
FIND = Definition(_ROW.where(inbox.c.channel == bindparam("channel"), inbox.c.external_id == bindparam("external_id")))
_DUE = (
    _ROW.where(text(WAITS), inbox.c.state == "due", inbox.c.due_at <= bindparam("now"))
    .order_by(inbox.c.due_at, inbox.c.id)
    .limit(1)
)
NEXT_DUE = Definition(_DUE, _DUE.with_for_update(skip_locked=True))
PULL_BACK = Definition(
    update(inbox).where(text(WAITS), inbox.c.due_at > bindparam("latest")).values(due_at=bindparam("at"))
)
FORGET = Definition(
    update(inbox)
    .where(text(WAITS), inbox.c.state == "held", inbox.c.sender.isnot(None), inbox.c.received_at <= bindparam("until"))
    .values(sender=null())
)
OF_REPORT = Definition(
    select(inbox.c.received_at, inbox.c.channel, inbox.c.external_id, inbox.c.state, inbox.c.key, inbox.c.body)
    .add_columns(inbox.c.reply, inbox.c.reply_status)
    .where(inbox.c.report_id == bindparam("report"), inbox.c.state != "aside")
    .order_by(inbox.c.id.desc())
    .limit(bindparam("most"))
)
ASIDE_OF_REPORT = Definition(
    select(inbox.c.received_at, inbox.c.channel, inbox.c.external_id, inbox.c.state, inbox.c.key, inbox.c.body)
    .add_columns(inbox.c.reply, inbox.c.reply_status)
    .where(inbox.c.report_id == bindparam("report"), inbox.c.state == "aside")
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("after"))
)
COUNT_ASIDE = Definition(select(func.count()).where(inbox.c.report_id == bindparam("report"), inbox.c.state == "aside"))
COUNT_OF_REPORT = Definition(
    select(func.count()).where(inbox.c.report_id == bindparam("report"), inbox.c.state != "aside")
)
REPLY_STATUS = Definition(
    select(inbox.c.id, inbox.c.reply_status, inbox.c.report_id).where(
        inbox.c.channel == bindparam("through"),
        inbox.c.external_id == bindparam("carrier_id"),
        inbox.c.reply.isnot(None),
    )
)
NOTE_REPLY = Definition(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.reply_status.is_not_distinct_from(bindparam("was")))
    .values(reply_status=bindparam("now_is"), reply_error=bindparam("why"))
)
WAITING = Definition(select(inbox.c.state, func.count()).where(text(WAITS)).group_by(inbox.c.state))
