"""Where a report stands when several answers came, in whatever order."""

from __future__ import annotations

import pytest

from handlers.acknowledgements import (
    Answer,
    RepeatedIdError,
    UnknownReportError,
    acknowledge,
    current,
    is_settled,
)
from handlers.records import acknowledgements
from handlers.records.acknowledgements import Acknowledgement
from handlers.records.database import Database
from tests.fakes import START, Desk


def said(status: str, reason: str | None = None, at: int = 0, sink: str = "room") -> Acknowledgement:
    return Acknowledgement(sink, status, reason, None, at, at)


@pytest.mark.parametrize(
    ("answers", "stands"),
    [
        ([], None),
        ([said("accepted", at=1), said("completed", "attended", at=2)], "completed"),
        ([said("completed", "attended", at=2), said("accepted", at=1)], "completed"),
        ([said("completed", "attended", at=1), said("accepted", at=2)], "completed"),
        ([said("rejected", "not_ours", at=2), said("accepted", at=1)], "rejected"),
        ([said("rejected", "not_ours", at=1), said("accepted", at=2)], "accepted"),
    ],
)
def test_the_latest_decision_counts_and_completed_stays(answers: list[Acknowledgement], stands: str | None) -> None:
    newest = current(answers)
    assert (newest.status if newest else None) == stands


@pytest.mark.parametrize(
    ("answers", "settled"),
    [
        ([], False),
        ([said("accepted")], True),
        ([said("rejected", "not_ours")], False),
        ([said("rejected", "duplicate")], True),
        ([said("rejected", "not_real")], True),
        ([said("accepted", at=1), said("rejected", "not_enough", at=2)], False),
        ([said("rejected", "not_ours", at=2), said("accepted", at=1, sink="other")], True),
    ],
)
def test_a_report_is_settled_once_somebody_has_it_in_hand(answers: list[Acknowledgement], settled: bool) -> None:
    assert is_settled(answers) is settled


def test_an_answer_counts_once_and_only_from_who_got_the_report(database: Database) -> None:
    desk = Desk.build(database)
    desk.say("a man is staring at me on the 18:05 Victoria to Brighton")
    ((report,),) = desk.rows("SELECT id FROM reports WHERE revision > 0")
    accepted = Answer("accepted", incident="456", decided_at=START + 9e9)

    for _ in range(2):
        acknowledge(desk.service, ["stranger", "room"], report, "m-1", accepted)
    with pytest.raises(RepeatedIdError):
        acknowledge(desk.service, ["room"], report, "m-1", Answer("accepted"))
    for senders, known in ((["stranger"], report), (["room"], "f" * 32), ([], report)):
        with pytest.raises(UnknownReportError):
            acknowledge(desk.service, senders, known, "m-2", accepted)

    with database.read() as tx:
        (kept,) = acknowledgements.of_report(tx, report)
    assert (kept.sink, kept.status, kept.incident) == ("room", "accepted", "456")
    assert kept.decided_at == kept.received_at, "a time to come counts as now"
