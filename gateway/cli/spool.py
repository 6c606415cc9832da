"""`quietline spool`: texts that are on the disk and not in the database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.runtime import Runtime


@click.group(invoke_without_command=True, short_help="Count the texts in the spool, or merge another's.")
@click.pass_context
def spool(context: click.Context) -> None:
    """Count the texts that wait in the spool, or merge another host's. Exit code 1 while any wait."""
    if context.invoked_subcommand is not None:
        return
    found = _parts().spool.contents()
    click.echo(f"{len(found.records)} texts wait, {len(found.damaged)} lines cannot be read.")
    context.exit(bool(len(found)))


@spool.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def merge(file: Path) -> None:
    """Bring a spool that another host left behind into the database. Texts that are in it already count once."""
    from handlers.spool import parse
    from handlers.spooling import bring_home

    found = parse(file.read_bytes())
    brought = bring_home(_parts().service, found.records.values())
    left = len(found) - len(brought)
    click.echo(f"{len(brought)} texts of {file.name} are in the database; their turns are taken by the clock.")
    if left:
        raise Refusal(f"{left} records cannot be read or opened with this ring: keep the file.")


def _parts() -> Runtime:
    from gateway import runtime, secrets
    from gateway.cli.installed import opened

    config = secrets.load(os.environ)
    opened(config)
    return runtime.build(config, os.environ)
