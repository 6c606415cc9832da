"""The statements of `handlers.records.texts`."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, or_, select, text, update

from handlers.records.definition import Definition
from handlers.records.schema import UNSENT, texts

_T = texts.c
ADD = Definition(
    insert(texts)
    .values(
        {
            name: bindparam(name)
            for name in (
                "token",
                "conversation_id",
                "report_id",
                "channel",
                "purpose",
                "due_at",
                "lapses_at",
                "after_text_at",
                "body",
            )
        }
    )
    .values(state="due", attempts=0)
)
_NAMES = (
    "id",
    "token",
    "conversation_id",
    "report_id",
    "channel",
    "purpose",
    "state",
    "attempts",
    "lapses_at",
    "after_text_at",
    "tried_at",
    "body",
)
_OPEN = text(UNSENT)
_DUE = (
    select(*[texts.c[name] for name in _NAMES]).where(_OPEN, _T.due_at <= bindparam("now")).order_by(_T.due_at).limit(1)
)
NEXT_DUE = Definition(_DUE, _DUE.with_for_update(skip_locked=True))
TRY = Definition(
    update(texts)
    .where(_T.id == bindparam("row"))
    .values(state="sending", attempts=_T.attempts + 1, tried_at=bindparam("now"), due_at=bindparam("lease_until"))
)
SENT = Definition(
    update(texts).where(_T.id == bindparam("row")).values(state="sent", external_id=bindparam("carrier_id"))
)
NOT_SENT = Definition(
    update(texts)
    .where(_T.id == bindparam("row"))
    .values(state=bindparam("to"), due_at=bindparam("at"), error_code=bindparam("why"))
)
STATUS = Definition(
    select(_T.id, _T.status, _T.report_id).where(
        _T.channel == bindparam("through"), _T.external_id == bindparam("carrier_id")
    )
)
NOTE = Definition(
    update(texts)
    .where(_T.id == bindparam("row"), or_(_T.status.is_(None), _T.status == bindparam("was")))
    .values(status=bindparam("now_is"), error_code=bindparam("why"))
)
FIND = Definition(select(_T.state).where(_T.token == bindparam("put")))
PULL_BACK = Definition(update(texts).where(_OPEN, _T.due_at > bindparam("latest")).values(due_at=bindparam("at")))
OF_REPORT = Definition(
    select(_T.token, _T.purpose, _T.state, _T.status, _T.due_at, _T.tried_at, _T.body)
    .where(_T.report_id == bindparam("report"))
    .order_by(_T.id)
)
