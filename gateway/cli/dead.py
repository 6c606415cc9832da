"""`quietline dead`: what waits for a person, and what to do about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from gateway.cli.installed import audience_of, opened, person
from gateway.cli.refusals import Refusal
from gateway.cli.table import table

if TYPE_CHECKING:
    from handlers.dead_letters import DeadLetter
    from handlers.service import Service

_HEADINGS = ("ID", "WHAT", "ORGANISATION", "SINK", "STATE", "TRIES", "SINCE", "CAUSE")
_confidential = click.option("--confidential", is_flag=True, help="Of confidential reports instead: for that team.")


@click.group(short_help="Look at what waits for a person.")
def dead() -> None:
    """Look at what waits for a person: held texts, reports that a sink does not take."""


@dead.command("list")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON each.")
@_confidential
def list_(as_json: bool, confidential: bool) -> None:
    """List it."""
    from gateway.config import Config
    from handlers import dead_letters

    found = dead_letters.listed(opened(Config.read(os.environ)), audience_of(confidential))
    if as_json:
        _write(found)
    elif found:
        click.echo(table(_HEADINGS, [_cells(one) for one in found]))
    else:
        click.echo("Nothing waits for a person.")


@dead.command()
@click.argument("name", metavar="ID")
@click.option("--content", is_flag=True, help="What it says, too. The audit notes the look.")
@_confidential
def show(name: str, content: bool, confidential: bool) -> None:
    """Show one. What it says is shown only with --content."""
    from gateway.config import Config
    from handlers import dead_letters

    with _refused():
        if not content:
            found = dead_letters.get(opened(Config.read(os.environ)), name, audience_of(confidential))
            _write([found])
            return
        said = dead_letters.content(_service(), name, person(), audience_of(confidential))
    sys.stdout.buffer.write(said + b"\n")
    sys.stdout.flush()


@dead.command()
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@_confidential
def retry(names: tuple[str, ...], confidential: bool) -> None:
    """Try it again, now."""
    from handlers import dead_letters

    service = _service()
    for name in names:
        with _refused():
            dead_letters.retry(service, name, person(), audience_of(confidential))
        click.echo(f"{name} is due now.")


@dead.command()
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@_confidential
def park(names: tuple[str, ...], confidential: bool) -> None:
    """Put it aside, until somebody tries it again."""
    from handlers import dead_letters

    service = _service()
    for name in names:
        with _refused():
            dead_letters.park(service, name, person(), audience_of(confidential))
        click.echo(f"{name} is put aside.")


def _service() -> Service:
    from gateway import runtime, secrets

    config = secrets.load(os.environ)
    opened(config)
    return runtime.build(config, os.environ).service


@contextmanager
def _refused() -> Iterator[None]:
    from handlers.dead_letters import DeadLetterError

    try:
        yield
    except DeadLetterError as error:
        raise Refusal(str(error)) from None


def _write(found: list[DeadLetter]) -> None:
    import orjson

    for one in found:
        document: dict[str, Any] = asdict(one) | {"since": _at(one).strftime("%Y-%m-%dT%H:%M:%SZ")}
        click.echo(orjson.dumps(document).decode())


def _cells(one: DeadLetter) -> tuple[str, ...]:
    what = f"{one.reference} {one.what}" if one.reference else one.what
    since = f"{_at(one).astimezone():%Y-%m-%d %H:%M}"
    return (one.id, what, one.organisation or "-", one.sink or "-", one.state, str(one.attempts), since, one.cause)


def _at(one: DeadLetter) -> datetime:
    return datetime.fromtimestamp(one.since, UTC)
