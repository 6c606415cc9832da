"""`quietline erase` and `quietline hold`: what goes for good, and what may not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gateway.cli.installed import person
from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.config import Config
    from handlers.service import Service


@click.command(short_help="Erase reports for good.")
@click.argument("report_ids", metavar="REPORT_ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(report_ids: tuple[str, ...], yes: bool) -> None:
    """Erase reports for good: their keys, their texts, their numbers. A line of codes without words stays.

    A sink keeps what it has had: ask its people too. A report that is not there is put on the erasure list all the
    same, so that no backup brings it back.
    """
    from gateway.cli.backup import erasure_list
    from handlers import audit, erasure

    config, service = _installation()
    if not yes:
        click.confirm(f"Erase {len(report_ids)} for good?", abort=True)
    _note(service, audit.ERASURE, "erase", report_ids)
    try:
        erased = erasure.erase(service, erasure_list(config), report_ids)
    except OSError as error:
        raise Refusal(f"The erasure list cannot be written ({error.strerror}): nothing was erased.") from None
    click.echo(f"{erased} erased." if erased == len(report_ids) else f"{erased} erased, the others were not there.")


@click.command()
@click.argument("report_ids", metavar="[REPORT_ID]...", nargs=-1)
@click.option("--release", is_flag=True, help="End it.")
def hold(report_ids: tuple[str, ...], release: bool) -> None:
    """Put reports under a legal hold: nothing erases them. Without an id: list the holds."""
    from handlers import audit, erasure

    _, service = _installation()
    _note(service, audit.ALTERATION, "release hold" if release else "hold", report_ids)
    for each in report_ids:
        if release:
            erasure.release(service, each)
        else:
            erasure.hold(service, each, person())
        click.echo(f"{each} is {'free again' if release else 'held'}.")
    if not report_ids:
        for found in erasure.holds(service):
            since = datetime.fromtimestamp(found.at / 1000, UTC).astimezone()
            click.echo(f"{found.report_id}  since {since:%Y-%m-%d %H:%M}  by {found.by}")


def _installation() -> tuple[Config, Service]:
    from gateway import runtime, secrets
    from gateway.cli.installed import opened

    config = secrets.load(os.environ)
    opened(config)
    return config, runtime.build(config, os.environ).service


def _note(service: Service, kind: str, what: str, report_ids: Sequence[str]) -> None:
    """Writes down who does what to these reports, before it is done (R10)."""
    from handlers import commands, erasure
    from handlers.service import milliseconds

    touched = [
        commands.Touched(report_id, row.organisation, row.audience, row.revision)
        for report_id, row in erasure.rows(service, report_ids)
    ]
    commands.note(service.database, person(), kind, what, touched, now=milliseconds(service.clock.now()))
