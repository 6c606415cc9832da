"""Puts reports into the outbox as a turn does, without a conversation before it."""

from __future__ import annotations

import secrets

from handlers.records import outbox, reports
from handlers.service import milliseconds
from tests.fakes import Desk

CANARY = b'{"status": "live", "said": "canary words of +447700900777"}'


def report_waits(
    desk: Desk,
    sink: str = "room",
    *,
    audience: str = "desk",
    danger: bool = False,
    organisation: str = "btp",
    document: bytes = CANARY,
) -> int:
    """A report with one revision on its way to a sink since now; returns its outbox row's number."""
    report_id, now = secrets.token_hex(16), milliseconds(desk.clock.now())
    report_in(desk, report_id, audience=audience, organisation=organisation, document=document)
    with desk.service.database.write() as tx:
        return outbox.add(
            tx,
            report_id=report_id,
            revision=1,
            sink=sink,
            organisation=organisation,
            kind="alert" if danger else "complete",
            priority=0 if danger else 1,
            now=now,
        )


def report_in(
    desk: Desk, report_id: str, *, audience: str = "desk", organisation: str = "btp", document: bytes = CANARY
) -> None:
    """A report with one revision, on its way nowhere."""
    ring, now = desk.service.ring, milliseconds(desk.clock.now())
    key, wrapped = ring.new_key("content", report_id, reports.key_place(report_id))
    with desk.service.database.write() as tx:
        reports.add(
            tx,
            report_id=report_id,
            organisation=organisation,
            reference="7KQ4",
            status="live",
            key=wrapped,
            created_at=now,
            audience=audience,
        )
        reports.add_revision(
            tx,
            report_id=report_id,
            revision=1,
            kind="complete",
            state="complete",
            created_at=now,
            document=key.seal(document, reports.document_place(report_id, 1)),
        )


def sink_refuses(desk: Desk, sink: str = "room", cause: str = "http 401") -> None:
    """A sink is paused since now."""
    now = milliseconds(desk.clock.now())
    with desk.service.database.write() as tx:
        outbox.pause(tx, sink, cause=cause, now=now, probe_at=now + 60_000)


def refused(desk: Desk, row: int, cause: str = "http 422") -> None:
    """A sink has refused a row, which is parked."""
    desk.change(f"UPDATE outbox SET state = 'parked', cause = '{cause}', attempts = 1 WHERE id = {row}")  # noqa: S608
