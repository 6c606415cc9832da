"""The statements of `handlers.records.erasure`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import desk_items, desk_notes
from handlers.records.joined_schema import desk_apart, desk_joined, desk_labels
from handlers.records.schema import (
    UNFINISHED,
    acknowledgements,
    backups,
    contacts,
    conversations,
    erased,
    escalations,
    inbox,
    legal_holds,
    outbox,
    reports,
    revisions,
    statistics,
    taken_before,
    texts,
)

_I, _R, _O = inbox.c, reports.c, outbox.c
_REPORT: Any = bindparam("report")


def _once(table: Any, *names: str) -> Definition:
    values: Any = {name: bindparam(name) for name in names}
    return Definition(
        sqlite.insert(table).values(values).on_conflict_do_nothing(),
        postgresql.insert(table).values(values).on_conflict_do_nothing(),
    )


TEXTS = Definition(delete(texts).where(texts.c.report_id == _REPORT))
OUTBOX = Definition(delete(outbox).where(_O.report_id == _REPORT))
REVISIONS = Definition(delete(revisions).where(revisions.c.report_id == _REPORT))
ANSWERS = Definition(delete(acknowledgements).where(acknowledgements.c.report_id == _REPORT))
ESCALATIONS = Definition(delete(escalations).where(escalations.c.report_id == _REPORT))
DESK_ITEMS = Definition(delete(desk_items).where(desk_items.c.report_id == _REPORT))
DESK_NOTES = Definition(delete(desk_notes).where(desk_notes.c.report_id == _REPORT))
JOINED = Definition(delete(desk_joined).where(desk_joined.c.report_id == _REPORT))
APART = Definition(delete(desk_apart).where(or_(desk_apart.c.report_id == _REPORT, desk_apart.c.other_id == _REPORT)))
LABELS = Definition(delete(desk_labels).where(desk_labels.c.report_id == _REPORT))
CONVERSATIONS = Definition(delete(conversations).where(conversations.c.report_id == _REPORT))
CONTACTS = Definition(delete(contacts).where(contacts.c.report_id == _REPORT))
INBOX = Definition(delete(inbox).where(_I.report_id == _REPORT))
REPORTS = Definition(delete(reports).where(_R.id == _REPORT))
SIDS = Definition(select(_I.channel, _I.external_id).where(_I.report_id == _REPORT))
ROW = Definition(
    select(_R.organisation, _R.audience, _R.status, _R.state, _R.kind, _R.revision, _R.key, _R.created_at).where(
        _R.id == _REPORT
    )
)
OUTCOME = Definition(
    select(acknowledgements.c.status, acknowledgements.c.reason)
    .where(acknowledgements.c.report_id == _REPORT)
    .order_by(acknowledgements.c.id.desc())
    .limit(1)
)
ADD_STATISTIC = Definition(
    insert(statistics).values(
        {name: bindparam(name) for name in ("id", "organisation", "audience", "status", "day", "codes")}
    )
)
NOTE = _once(erased, "report_id", "at")
ERASED = Definition(select(erased.c.report_id))
REMEMBER = _once(taken_before, "hash", "key_id", "until")
KNOWN = Definition(select(taken_before.c.until).where(taken_before.c.hash == bindparam("number")))
FORGET_SIDS = Definition(delete(taken_before).where(taken_before.c.until <= bindparam("now")))
HOLD = _once(legal_holds, "report_id", "at", "by")
RELEASE = Definition(delete(legal_holds).where(legal_holds.c.report_id == _REPORT))
HOLDS = Definition(select(legal_holds.c.report_id, legal_holds.c.at, legal_holds.c.by).order_by(legal_holds.c.at))
CLASSIFY = Definition(
    update(reports)
    .where(_R.id == _REPORT, _R.revision == 0)
    .values(state=bindparam("what"), updated_at=bindparam("last_text_at"))
)
KEEP_CONTACT = _once(contacts, "report_id", "organisation", "channel", "medium", "recipient", "address")
CONTACT = Definition(
    select(contacts.c.channel, contacts.c.medium, contacts.c.recipient, contacts.c.address).where(
        contacts.c.report_id == _REPORT
    )
)
# No open conversation, no legal hold; what the synthetic reporter made goes by itself.
_FREE = and_(
    ~exists().where(conversations.c.report_id == _R.id),
    ~exists().where(legal_holds.c.report_id == _R.id),
    _R.updated_at <= bindparam("before"),
    _R.organisation.not_like("synthetic.%"),
)
_OF_IT = _O.report_id == _R.id
# Every sink that it was meant for has had it, the last of them by then.
CONFIRMED = Definition(
    select(_R.id)
    .where(
        _R.revision > 0,
        _FREE,
        exists().where(_OF_IT, _O.state == "delivered"),
        ~exists().where(_OF_IT, or_(text(UNFINISHED), _O.delivered_at > bindparam("before"))),
    )
    .order_by(_R.updated_at)
    .limit(bindparam("most"))
)
UNSENT = Definition(
    select(_R.id)
    .where(_R.revision == 0, _FREE, func.coalesce(_R.state, "") == bindparam("what"))
    .order_by(_R.updated_at)
    .limit(bindparam("most"))
)
_LOOSE = and_(_I.report_id.is_(None), _I.received_at <= bindparam("before"))
LOOSE = Definition(select(_I.id, _I.channel, _I.external_id).where(_LOOSE).order_by(_I.id).limit(bindparam("most")))
FORGET_LOOSE = Definition(delete(inbox).where(_I.id == bindparam("row"), _I.report_id.is_(None)))
HELD_BY_BACKUP = Definition(
    select(_I.backed_up_at).where(_I.channel == bindparam("channel"), _I.external_id == bindparam("external_id"))
)
MARK_BACKED_UP = Definition(
    update(inbox).where(_I.id == bindparam("row"), _I.backed_up_at.is_(None)).values(backed_up_at=bindparam("at"))
)
ADD_BACKUP = _once(backups, "name", "made_at")
