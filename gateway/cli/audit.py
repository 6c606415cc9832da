"""`quietline audit`: whether the record of who looked at what is as it was written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.runtime import Runtime
    from handlers.vault import KeyRing


@click.group()
def audit() -> None:
    """Check the audit: who looked at what, and who changed what."""


@audit.command()
@click.option(
    "--heads",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Files with heads that were kept elsewhere: mails, logs, copies. The data folder's own is read too.",
)
def verify(heads: tuple[Path, ...]) -> None:
    """Read the whole chain and compare it with every head. Exit code 2 where something is wrong."""
    from gateway.anchoring import FILE_NAME
    from handlers.audit_chain import read_heads
    from handlers.audit_chain import verify as check

    parts = _parts()
    own = parts.config.data / FILE_NAME
    files = [*heads, *([own] if own.exists() else [])]
    known = [head for file in files for head in read_heads(file.read_text(encoding="utf-8", errors="replace"))]
    verdict = check(parts.service.database, _ring(parts), known)
    if verdict.problem:
        raise Refusal(f"The audit does not hold: {verdict.problem}.")
    click.echo(f"The audit holds: {verdict.rows} rows, compared with {verdict.heads} heads.")


@audit.command(short_help="Write the head as it stands now.")
def head() -> None:
    """Write the head as it stands now: keep it where nobody who can write to this database can."""
    from handlers.audit_chain import take_head

    click.echo(take_head(_parts().service).line())


def _ring(parts: Runtime) -> KeyRing:
    """The ring, and the keys that heads of long ago were signed with."""
    from gateway.keyfile import ring_file
    from handlers.vault import KeyRing

    file = ring_file(parts.config, os.environ)
    return parts.service.ring if file is None else KeyRing.from_json(json.dumps(file.read_with_retired("index")))


def _parts() -> Runtime:
    from gateway import runtime, secrets
    from gateway.cli.installed import opened

    config = secrets.load(os.environ)
    opened(config)
    return runtime.build(config, os.environ)
