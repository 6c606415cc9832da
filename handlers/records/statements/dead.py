"""The statements of `handlers.records.dead`."""

from __future__ import annotations

from sqlalchemy import bindparam, null, or_, select, text, update

from handlers.records.definition import Definition
from handlers.records.schema import SCHEDULED, UNFINISHED, WAITING, inbox, outbox, reports

_I, _O, _R = inbox.c, outbox.c, reports.c
_MADE_UP = "synthetic.%"
_TEXT = select(
    _I.id, _I.channel, _I.external_id, _I.organisation, _I.state, _I.attempts, _I.received_at, _I.sender.isnot(None)
).where(text(WAITING), or_(_I.organisation.is_(None), _I.organisation.not_like(_MADE_UP)))
TEXTS = Definition(_TEXT.order_by(_I.id))
TEXT = Definition(_TEXT.where(_I.id == bindparam("number")))
RETRY_TEXT = Definition(
    update(inbox)
    .where(_I.id == bindparam("number"), _I.state == "held", _I.sender.isnot(None))
    .values(state="due", attempts=1, due_at=bindparam("at"), organisation=bindparam("whose"))
)
HOLD_TEXT = Definition(
    update(inbox).where(_I.id == bindparam("number"), _I.state == "due").values(state="held", due_at=null())
)
_DELIVERY = (
    select(
        _O.id, _O.report_id, _O.revision, _O.kind, _O.organisation, _O.sink, _O.state, _O.attempts, _O.created_at,
        _O.cause,
    )
    .join(reports, _R.id == _O.report_id)
    .where(text(UNFINISHED), _R.audience == bindparam("reader"), _O.organisation.not_like(_MADE_UP))
)  # fmt: skip
_FAILED = or_(_O.state == "parked", _O.cause != SCHEDULED)
DELIVERIES = Definition(_DELIVERY.where(_FAILED).order_by(_O.priority, _O.id))
DELIVERY = Definition(_DELIVERY.where(_O.id == bindparam("number")))
RETRY_DELIVERY = Definition(
    update(outbox)
    .where(_O.id == bindparam("number"), or_(_O.state == "parked", _O.state == "due"))
    .values(state="due", attempts=0, due_at=bindparam("at"), owner=null())
)
PARK_DELIVERY = Definition(
    update(outbox)
    .where(_O.id == bindparam("number"), _O.state == "due")
    .values(state="parked", cause=bindparam("why"), owner=null())
)
