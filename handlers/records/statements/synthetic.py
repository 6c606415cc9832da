"""The statements of `handlers.records.synthetic`: each deletes only what a synthetic twin's row is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select

from handlers.records.definition import Definition
from handlers.records.schema import conversations, heartbeats, inbox, outbox, reports, revisions, texts

_TWINS = "synthetic.%"
_BEFORE: Any = bindparam("before")
_R = reports.c
_OLD = select(_R.id).where(_R.organisation.like(_TWINS), _R.created_at < _BEFORE)
TEXTS = Definition(delete(texts).where(texts.c.report_id.in_(_OLD)))
OUTBOX = Definition(delete(outbox).where(outbox.c.report_id.in_(_OLD)))
REVISIONS = Definition(delete(revisions).where(revisions.c.report_id.in_(_OLD)))
CONVERSATIONS = Definition(delete(conversations).where(conversations.c.report_id.in_(_OLD)))
INBOX = Definition(delete(inbox).where(inbox.c.organisation.like(_TWINS), inbox.c.received_at < _BEFORE))
REPORTS = Definition(delete(reports).where(_R.organisation.like(_TWINS), _R.created_at < _BEFORE))
BEAT = Definition(delete(heartbeats).where(heartbeats.c.process == bindparam("name")))
