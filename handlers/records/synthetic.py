"""Deletes what the synthetic reporter made."""

from __future__ import annotations

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("synthetic")


def forget(tx: Transaction, before: int) -> int:
    """Deletes every row of the twins' reports made before that time (milliseconds); returns how many reports."""
    for statement in (_S.TEXTS, _S.OUTBOX, _S.REVISIONS, _S.CONVERSATIONS, _S.INBOX):
        tx.run(statement, before=before)
    return tx.changed(_S.REPORTS, before=before)


def forget_beat(tx: Transaction, name: str) -> None:
    """Forgets when a twin's report last came through."""
    tx.run(_S.BEAT, name=name)
