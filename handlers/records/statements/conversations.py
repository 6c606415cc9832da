"""The statements of `handlers.records.conversations`."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, delete, func, insert, or_, select, update

from handlers.records.definition import Definition
from handlers.records.schema import conversations

_C = conversations.c
_NAMES = tuple(column.name for column in conversations.columns)
_ROW = select(*[conversations.c[name] for name in _NAMES])
_BY_INDEX = _ROW.where(_C.address_index == bindparam("address_index"))
LOOK = Definition(_BY_INDEX)
FIND = Definition(_BY_INDEX, _BY_INDEX.with_for_update())
LOCK = Definition(select(func.pg_advisory_xact_lock(bindparam("number"))))
ADD = Definition(insert(conversations).values({name: bindparam(name) for name in _NAMES}))
SAVE = Definition(
    update(conversations)
    .where(_C.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("address_index", "state", "last_text_at", "due_at")})
)
SAVE_AFTER = Definition(
    update(conversations)
    .where(_C.id == bindparam("row"), _C.state == bindparam("was"))
    .values({name: bindparam(name) for name in ("state", "last_text_at", "due_at")})
)
FIND_UNDER = Definition(
    update(conversations).where(_C.id == bindparam("row")).values(address_index=bindparam("address_index"))
)
_DUE = _ROW.where(_C.due_at <= bindparam("now")).order_by(_C.due_at).limit(1)
NEXT_DUE = Definition(_DUE, _DUE.with_for_update(skip_locked=True))
NEXT_DUE_AT = Definition(select(func.min(_C.due_at)).where(_C.due_at.isnot(None)))
PUT_OFF = Definition(update(conversations).where(_C.id == bindparam("row")).values(due_at=bindparam("due_at")))
PULL_BACK = Definition(
    update(conversations)
    .where(
        _C.due_at > bindparam("at"),
        or_(
            _C.last_text_at > bindparam("future"),
            and_(_C.due_at > bindparam("latest"), _C.due_at != _C.last_text_at + bindparam("keep", type_=BigInteger)),
        ),
    )
    .values(due_at=bindparam("at"))
)
MOVE = Definition(
    update(conversations)
    .where(_C.id == bindparam("row"))
    .values(report_id=bindparam("report_id"), report_key=bindparam("report_key"))
)
END = Definition(delete(conversations).where(_C.id == bindparam("row")))
_BY_ID = _ROW.where(_C.id == bindparam("row"))
BY_ID = Definition(_BY_ID)
TAKE = Definition(_BY_ID, _BY_ID.with_for_update())
OF_REPORT = Definition(select(_C.id).where(_C.report_id == bindparam("report")))
