"""The statements of `handlers.records.status`. What the synthetic reporter made counts nowhere."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, exists, func, or_, select, text

from handlers.records.definition import Definition
from handlers.records.schema import SCHEDULED, UNFINISHED, UNSENT, WAITING, inbox, outbox, reports, texts

_I, _O, _R, _T = inbox.c, outbox.c, reports.c, texts.c
_FOR = _R.audience == bindparam("reader")
_MADE_UP = "synthetic.%"
OUTBOX = Definition(
    select(
        _O.sink,
        _O.priority,
        _O.state,
        func.count(),
        func.min(_O.created_at),
        func.min(case((_O.attempts == 0, _O.created_at))),
    )
    .join(reports, _R.id == _O.report_id)
    .where(
        text(UNFINISHED),
        _O.cause.is_distinct_from(SCHEDULED),
        _FOR,
        _O.organisation.not_like(_MADE_UP),
    )
    .group_by(_O.sink, _O.priority, _O.state)
)
TEXTS = Definition(
    select(_I.state, func.count(), func.min(_I.received_at))
    .where(text(WAITING), or_(_I.organisation.is_(None), _I.organisation.not_like(_MADE_UP)))
    .group_by(_I.state)
)
UNSENT_TEXTS = Definition(
    select(_T.channel, _T.state, func.count())
    .join(reports, _R.id == _T.report_id)
    .where(text(UNSENT), _FOR)
    .group_by(_T.channel, _T.state)
)
# A confidential report that was never on its way: its organisation has no sink for such.
NOWHERE = Definition(
    select(_R.organisation, func.count(), func.min(_R.created_at))
    .where(
        and_(_R.audience == "confidential", _R.revision > 0),
        ~exists().where(_O.report_id == _R.id),
    )
    .group_by(_R.organisation)
)
