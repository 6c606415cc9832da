"""`quietline reports`: what was made and where each delivery stands."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.installed import audience_of, opened, person
from gateway.cli.refusals import Refusal
from gateway.cli.table import table

if TYPE_CHECKING:
    from gateway.config import Config
    from handlers.records.acknowledgements import Acknowledgement
    from handlers.records.database import Database
    from handlers.records.outbox import DeliveryRow
    from handlers.report_list import ListedReport

_HEADINGS = ("REF", "ORGANISATION", "STATE", "KIND", "REV", "STATUS", "MADE", "ANSWER", "DELIVERY")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Full documents with their deliveries, a line of JSON each.")
@click.option("--id", "wanted", help="Only the report with this id or reference.")
@click.option("--confidential", is_flag=True, help="Confidential reports instead: for the small team that gets them.")
def reports(as_json: bool, wanted: str | None, confidential: bool) -> None:
    """List reports and their deliveries."""
    from gateway.config import Config
    from handlers.report_list import list_reports

    config = Config.read(os.environ)
    database = opened(config)
    found = list_reports(database, wanted, audience=audience_of(confidential))
    if wanted is not None and not found:
        raise Refusal("There is no report with that id or reference.")
    if as_json:
        _write_documents(config, database, audience_of(confidential), found)
    elif found:
        click.echo(table(_HEADINGS, [_cells(one) for one in found]))
    elif confidential:
        click.echo("No confidential reports.")
    else:
        click.echo("No reports yet. Text the gateway with: quietline phone")
    if confidential and (held := _held(config, found)):
        click.echo(f"Held, for want of a confidential sink (confidential_sinks): {', '.join(held)}.", err=as_json)


def _held(config: Config, found: list[ListedReport]) -> list[str]:
    """The references of confidential reports whose newest revision has nowhere to go."""
    from gateway.organisations import read_organisations

    known = read_organisations(config.organisations, data=config.data, environ=None, flow_languages=None)
    without = {each.id for each in known.organisations if not each.confidential_sinks}
    return [one.report.reference for one in found if one.report.organisation in without and not one.deliveries]


def _write_documents(config: Config, database: Database, audience: str, found: list[ListedReport]) -> None:
    """Writes full documents, once the audit knows who is to see them (R10)."""
    import orjson

    from gateway.secrets import complete
    from handlers import audit, commands
    from handlers.report_list import open_document
    from handlers.service import milliseconds
    from handlers.vault import KeyRing

    ring = KeyRing.from_json(complete(config).keys)
    touched = [commands.Touched(one.report.id, one.report.organisation, audience, one.report.revision) for one in found]
    commands.note(database, person(), audit.CONSULTATION, "reports", touched, now=milliseconds(time.time()))
    out = sys.stdout.buffer
    for one in found:
        document = orjson.loads(open_document(database, ring, one.report))
        document["deliveries"] = [_as_json(row, one) for row in one.deliveries]
        document["acknowledgements"] = [_answer_as_json(answer) for answer in one.answers]
        document["contacts_told"] = one.told
        out.write(orjson.dumps(document) + b"\n")
    out.flush()


def _as_json(row: DeliveryRow, one: ListedReport) -> dict[str, Any]:
    waits = row.state in ("due", "leased")
    return {
        "sink": row.sink,
        "revision": row.revision,
        "state": row.state,
        "attempts": row.attempts,
        "next_try": _iso(row.due_at) if waits else None,
        "delivered_at": None if row.delivered_at is None else _iso(row.delivered_at),
        "cause": row.cause,
        "sink_paused": row.sink in one.paused,
    }


def _cells(one: ListedReport) -> tuple[str, ...]:
    report = one.report
    deliveries = "\n".join(_in_words(row, one) for row in one.newest_deliveries) or "none"
    return (
        report.reference,
        report.organisation,
        report.state,
        report.kind,
        str(report.revision),
        report.status,
        f"{_local(report.created_at):%Y-%m-%d %H:%M}",
        _answer(one),
        deliveries,
    )


def _answer(one: ListedReport) -> str:
    """Such as `accepted, 456 of 21/11/2026` or `none, 2 contacts told`."""
    from handlers.acknowledgements import current

    newest = current(one.answers)
    parts = ["none"] if newest is None else [newest.status, newest.reason, newest.incident]
    if one.told:
        parts.append(f"{one.told} {'contact' if one.told == 1 else 'contacts'} told")
    return ", ".join(part.replace("_", " ") for part in parts if part)


def _answer_as_json(answer: Acknowledgement) -> dict[str, Any]:
    reason = {"rejected": "cause", "completed": "outcome"}.get(answer.status)
    return {
        "sink": answer.sink,
        "status": answer.status,
        **({reason: answer.reason} if reason else {}),
        "incident": answer.incident,
        "decided_at": _iso(answer.decided_at),
        "received_at": _iso(answer.received_at),
    }


def _in_words(row: DeliveryRow, one: ListedReport) -> str:
    """Such as `desk: due, 3 tries (http 503), next 18:05:10`."""
    words = f"{row.sink}: {row.state}, {row.attempts} {'try' if row.attempts == 1 else 'tries'}"
    if row.cause:
        words += f" ({row.cause})"
    if row.sink in one.paused and row.state != "delivered":
        return f"{words}, sink paused ({one.paused[row.sink].cause})"
    return f"{words}, next {_local(row.due_at):%H:%M:%S}" if row.state == "due" else words


def _local(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()


def _iso(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
