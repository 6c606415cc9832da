"""The statements of `handlers.records.status`. What the synthetic reporter made counts nowhere."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, exists, func, or_, select, text, union

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items, roles
from handlers.records.schema import SCHEDULED, UNFINISHED, UNSENT, WAITING, inbox, outbox, reports, revisions, texts

_I, _O, _R, _T, _D = inbox.c, outbox.c, reports.c, texts.c, desk_items.c
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
        and_(_R.audience == "confidential", _R.revision > 0, _R.status != "exercise"),
        ~exists().where(_O.report_id == _R.id),
    )
    .group_by(_R.organisation)
)
# Nobody has come by the second step of the answer clock, or who came has not said or done anything in time.
UNANSWERED = Definition(
    select(_D.organisation, func.count(), func.min(func.coalesce(_D.claimed_at, _D.clock_at)))
    .where(
        _D.audience == bindparam("reader"),
        _D.closed_at.is_(None),
        _D.practice == 0,
        or_(and_(_D.holder.is_(None), _D.clock_step >= 2), _D.words_due_at <= bindparam("now")),
        exists().where(
            roles.c.organisation == _D.organisation,
            or_(
                and_(_D.audience == "confidential", roles.c.role == "confidential"),
                and_(_D.audience != "confidential", or_(roles.c.role == "dispatcher", roles.c.role == "supervisor")),
            ),
        ),
    )
    .group_by(_D.organisation)
)
# Open confidential reports that have shown danger lately.
ALERTS = Definition(
    select(_D.organisation, _D.report_id)
    .where(
        _D.audience == "confidential",
        _D.closed_at.is_(None),
        _D.practice == 0,
        _D.rank == 0,
        exists().where(
            revisions.c.report_id == _D.report_id,
            revisions.c.kind == "alert",
            revisions.c.created_at > bindparam("since"),
        ),
    )
    .order_by(_D.since.desc())
    .limit(bindparam("most"))
)
_OF_TEXTS = (
    select(_T.channel.label("channel"), _T.error_code.label("cause"))
    .join(reports, _R.id == _T.report_id)
    .where(
        _FOR,
        _T.tried_at > bindparam("since"),
        _T.error_code.isnot(None),
        or_(_T.state == "failed", _T.status == "failed", _T.status == "undelivered"),
    )
)
_OF_ANSWERS = (
    select(_I.channel.label("channel"), _I.reply_error.label("cause"))
    .join(reports, _R.id == _I.report_id)
    .where(_FOR, _I.reply_error.isnot(None), _I.received_at > bindparam("since"))
)
REFUSED = Definition(union(_OF_TEXTS, _OF_ANSWERS).order_by("channel", "cause"))
