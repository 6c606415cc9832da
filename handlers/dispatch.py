"""Whom a revision goes to, and how it gets into the tables (R8).

A revision for the desk goes to the organisation's sinks, one of an exercise to none; one about an operator's staff to
none of that operator's. A confidential one goes to the confidential sinks alone: without any it is held, and an alarm
is logged that names the organisation and nothing else.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson
from msgspec import Struct

from conversations.events import CONFIDENTIAL, Revision
from handlers import answer_clock
from handlers.ports import Organisation
from handlers.records import desk_items, outbox, reports
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds
from handlers.vault import DataKey

MOVED = "moved"
EXERCISE = "exercise"
KEPT = 60  # each revision holds the whole report: all of a long one would grow with the square of its texts
_THINNED_EVERY = 20
_STAFF = "rail_staff"

log = logging.getLogger("quietline.dispatch")


class SealedRevision(Struct, frozen=True):
    """A revision, and the sinks that want it. `priority` 0 goes before 1.

    `barred` sinks may not get it, nor what they have not had yet of that report. `held`: there is no sink that may.
    """

    report_id: str
    number: int
    kind: str
    state: str
    at: int
    document: bytes
    sinks: tuple[str, ...]
    priority: int
    barred: tuple[str, ...] = ()
    held: bool = False
    audience: str = "desk"
    rank: int = desk_items.UNKNOWN
    practice: bool = False


def seal(
    service: Service, organisation: Organisation | None, key: DataKey, revision: Revision, now: float
) -> SealedRevision:
    """Seals a revision for the sinks it goes to.

    Args:
        service: the shared parts.
        organisation: whose it is; None where that is gone from the configuration.
        key: of the revision's report.
        revision: as the turn made it.
        now: Unix seconds.
    """
    confidential = revision.audience == CONFIDENTIAL
    barred: tuple[str, ...] = ()
    practice = revision.document["status"] == EXERCISE
    if organisation is None or practice:
        listed: tuple[str, ...] = ()
    elif confidential:
        listed = organisation.confidential_sinks
    else:
        barred = _barred(organisation, revision.document["facts"])
        listed = tuple(sink for sink in organisation.sinks if sink not in barred)
    return SealedRevision(
        report_id=revision.report_id,
        number=revision.number,
        kind=revision.kind,
        state=revision.document["state"],
        at=milliseconds(now),
        document=key.seal(orjson.dumps(revision.document), reports.document_place(revision.report_id, revision.number)),
        sinks=tuple(sink for sink in listed if service.sinks[sink].wants(revision.kind)),
        priority=0 if revision.urgent else 1,
        barred=barred,
        held=confidential and not listed and not practice,
        audience=revision.audience,
        rank=answer_clock.rank_of(revision),
        practice=practice,
    )


def write(tx: Transaction, organisation: str, revision: SealedRevision) -> list[int]:
    """Writes a revision and its outbox rows, and returns their numbers."""
    report_id = revision.report_id
    sinks = revision.sinks
    if revision.kind == MOVED:
        sinks = tuple(sink for sink in sinks if sink in _had(tx, report_id))
        outbox.withdraw(tx, report_id)
        reports.forget_revisions(tx, report_id, revision.number)
    elif revision.number > KEPT and revision.number % _THINNED_EVERY == 0:
        reports.thin_out(tx, report_id, revision.number - KEPT)
    for sink in revision.barred:
        outbox.withdraw(tx, report_id, sink)
    reports.add_revision(
        tx,
        report_id=report_id,
        revision=revision.number,
        kind=revision.kind,
        state=revision.state,
        created_at=revision.at,
        document=revision.document,
    )
    answer_clock.note(
        tx, organisation, revision.report_id, revision.audience, revision.rank, revision.number, revision.at,
        practice=revision.practice,
    )  # fmt: skip
    if revision.held:
        log.error("a confidential report is held: organisation %s has no confidential sink", organisation)
    return [
        outbox.add(
            tx,
            report_id=report_id,
            revision=revision.number,
            sink=sink,
            organisation=organisation,
            kind=revision.kind,
            priority=revision.priority,
            now=revision.at,
        )
        for sink in sinks
    ]


def _barred(organisation: Organisation, facts: dict[str, Any]) -> tuple[str, ...]:
    """The sinks of the operator whose staff it is about; while that is not known, of every operator."""
    if facts.get("suspect_is") != _STAFF:
        return ()
    told = facts.get("service", {}).get("operator")
    return tuple(
        sink for sink, operator in organisation.sink_operators if told is None or told.casefold() == operator.casefold()
    )


def _had(tx: Transaction, report_id: str) -> set[str]:
    """The sinks that may have got something of a report: to the others it was never there."""
    return {row.sink for row in outbox.of_report(tx, report_id) if row.attempts}
