"""What control rooms answered, each answer once."""

from __future__ import annotations

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction

_S = statements("acknowledgements")


class Acknowledgement(Struct, frozen=True):
    """One answer. `reason` is the cause of a rejection or the outcome of a completion. Times in milliseconds."""

    sink: str
    status: str
    reason: str | None
    incident: str | None
    decided_at: int
    received_at: int


def add(tx: Transaction, *, report_id: str, webhook_id: str, digest: str, answer: Acknowledgement) -> bool:
    """Writes an answer; False where its sink has used that webhook id already."""
    row = tx.one(
        _S.ADD,
        report_id=report_id,
        webhook_id=webhook_id,
        digest=digest,
        sink=answer.sink,
        status=answer.status,
        reason=answer.reason,
        incident=answer.incident,
        decided_at=answer.decided_at,
        received_at=answer.received_at,
    )
    return row is not None


def find(tx: Transaction, sink: str, webhook_id: str) -> tuple[str, Acknowledgement] | None:
    """The answer that a sink sent under that id, after its digest."""
    row = tx.one(_S.FIND, of=sink, number=webhook_id)
    return None if row is None else (row[0], Acknowledgement(*row[1:]))


def of_report(tx: Transaction, report_id: str) -> list[Acknowledgement]:
    """Every answer to a report, in the order they came."""
    return [Acknowledgement(*row) for row in tx.all(_S.OF_REPORT, report=report_id)]


def went_to(tx: Transaction, report_id: str) -> set[str]:
    """The sinks that a report was meant for; none where there is no such report."""
    return {row[0] for row in tx.all(_S.WENT_TO, report=report_id)}
