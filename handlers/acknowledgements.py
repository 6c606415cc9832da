"""What control rooms answer: they took a report, refused it, or are done with it.

    AcknowledgementError
    ├── UnknownReportError    nobody of that name has been sent such a report
    └── RepeatedIdError       this webhook id has said something else before

A control room answers only what went to it: to everybody else a report, a confidential one above all, was never
there (R8). Causes and outcomes are codes, so that no words about anybody come in this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from msgspec import Struct

from handlers.records import acknowledgements, escalations
from handlers.records.acknowledgements import Acknowledgement
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
COMPLETED: Final = "completed"
CAUSES: Final = ("not_ours", "duplicate", "not_enough", "not_real", "other")
OUTCOMES: Final = ("attended", "not_found", "advice_given", "passed_on", "recorded", "no_action", "other")
# With these nobody else needs to be told; after any other rejection the next contact is.
SETTLING_CAUSES: Final = frozenset({"duplicate", "not_real"})


class AcknowledgementError(Exception):
    """An answer that was not taken."""


class UnknownReportError(AcknowledgementError):
    """There is no such report for whoever asks."""


class RepeatedIdError(AcknowledgementError):
    """An id that was used for another answer."""


class Answer(Struct, frozen=True):
    """One answer as a control room sent it.

    `status` is `accepted`, `rejected` (`reason` of CAUSES) or `completed` (`reason` of OUTCOMES). `incident` is the
    control room's own number. `decided_at` is when they decided, in Unix seconds; None for now, as is a time to come.
    """

    status: str
    reason: str | None = None
    incident: str | None = None
    decided_at: float | None = None


def acknowledge(service: Service, senders: Sequence[str], report_id: str, webhook_id: str, answer: Answer) -> None:
    """Keeps an answer, once for each webhook id.

    Args:
        service: the shared parts.
        senders: the sinks whose secret signed the request.
        report_id: the report.
        webhook_id: the same for every attempt at this answer.
        answer: what they say.

    Raises UnknownReportError, RepeatedIdError, StoreError.
    """
    now = milliseconds(service.clock.now())
    digest = sha256(repr((report_id, answer)).encode()).hexdigest()
    with service.database.write() as tx:
        before = [found for sink in senders if (found := acknowledgements.find(tx, sink, webhook_id))]
        if before:
            if before[0][0] != digest:
                raise RepeatedIdError
            return
        went_to = acknowledgements.went_to(tx, report_id)
        sender = next((sink for sink in senders if sink in went_to), None)
        if sender is None:
            raise UnknownReportError
        decided_at = now if answer.decided_at is None else min(now, milliseconds(answer.decided_at))
        row = Acknowledgement(sender, answer.status, answer.reason, answer.incident, decided_at, now)
        acknowledgements.add(tx, report_id=report_id, webhook_id=webhook_id, digest=digest, answer=row)
        _settle(tx, report_id, now)


def current(answers: Sequence[Acknowledgement]) -> Acknowledgement | None:
    """Where a report stands: by the latest decision, and once completed for good completed."""
    return max(answers, key=lambda one: (one.status == COMPLETED, one.decided_at), default=None)


def is_settled(answers: Sequence[Acknowledgement]) -> bool:
    """Whether somebody has the report in hand, so that nobody else needs to be told.

    Each sink counts with its own newest answer: one that refuses takes nothing from another that accepted.
    """
    newest = [current([one for one in answers if one.sink == sink]) for sink in {one.sink for one in answers}]
    return any(one is not None and (one.status != REJECTED or one.reason in SETTLING_CAUSES) for one in newest)


def _settle(tx: Transaction, report_id: str, now: int) -> None:
    """Ends the escalation, or lets the next contact be told at once where everybody refused."""
    if is_settled(acknowledgements.of_report(tx, report_id)):
        escalations.settle(tx, report_id)
    else:
        escalations.hasten(tx, report_id, now)
