"""`quietline flows`: checks flows, lists what they text, prints the schema for editors."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from conversations.flow import Flow

_FLOWS = click.argument("files", nargs=-1, metavar="[FILE|SLUG]...")


@click.group()
def flows() -> None:
    """Check flows, and list what they text."""


@flows.command(short_help="Check flow files, or shipped flows by their slug.")
@_FLOWS
@click.option("--previous", metavar="FILE|SLUG", help="The published flow that this one would replace.")
def lint(files: tuple[str, ...], previous: str | None) -> None:
    """Check flow files or shipped flows by their slug, all shipped ones by default; exit code 1 if anything is wrong.

    Where it helps, the shortest way to the fault is shown as a conversation on the phone. Services that no person has
    checked lately, and that stay out of production, are named behind, with what to confirm.
    """
    from conversations.flowfile import FlowFileError
    from conversations.lint import lint as issues_of
    from conversations.lint import notices
    from conversations.support import shipped

    published = _load(*_named(previous)) if previous is not None else None
    wrong = 0
    for name, path in _all(files):
        try:
            flow = _read(path)
            found = [(str(issue), issue.path) for issue in issues_of(flow, published)]
            known = [str(notice) for notice in notices(flow)]
        except FlowFileError as error:
            found, known = [(str(problem), ()) for problem in error.problems], []
        for line, way in found:
            click.echo("\n".join([f"{name}: {line}", *(f"    {step}" for step in way)]))
        for line in known:
            click.echo(f"{name}: to know: {line}")
        if not found:
            click.echo(f"{name}: nothing to complain about.")
        wrong += len(found)
    for each in shipped().to_check(date.today()):
        click.echo(f"support services: to know: {each}")
    sys.exit(1 if wrong else 0)


@flows.command()
@_FLOWS
def texts(files: tuple[str, ...]) -> None:
    """List every text with what it costs, the longest values filled in."""
    from conversations.lint import longest_texts
    from conversations.texts import segments
    from gateway.cli.table import table

    rows = []
    for name, path in _all(files):
        flow = _load(name, path)
        for each in longest_texts(flow):
            size = segments(each.text)
            cost = (str(size.count), str(size.units), size.encoding, " ".join(size.costly) or "-")
            rows.append((flow.slug, each.name, each.part, each.language, *cost, each.text))
    heading = ("FLOW", "STEP", "PART", "LANGUAGE", "SEGMENTS", "UNITS", "ENCODING", "COSTLY", "TEXT")
    click.echo(table(heading, rows))


@flows.command()
def schema() -> None:
    """Print the JSON Schema of flow files, for completion in an editor."""
    from conversations import flowfile

    click.echo(Path(flowfile.__file__).with_name("flow.schema.json").read_text(encoding="utf-8"), nl=False)


def _all(files: tuple[str, ...]) -> list[tuple[str, Path]]:
    from conversations import flows as shipped

    return [_named(each) for each in files or shipped.slugs()]


def _named(given: str) -> tuple[str, Path]:
    """The name and path of a flow given as a file or as the slug of a shipped one."""
    from conversations import flows as shipped

    if given in shipped.slugs():
        path = Path(shipped.__file__).parent / f"{given}.yaml"
        return path.name, path
    path = Path(given)
    if not path.is_file():
        raise click.BadParameter(f"{given!r} does not exist, and no flow is called so.")
    return path.name, path


def _load(name: str, path: Path) -> Flow:
    from conversations.flowfile import FlowFileError

    try:
        return _read(path)
    except FlowFileError as error:
        raise Refusal(f"{name} is no flow. See: quietline flows lint {path}") from error


def _read(path: Path) -> Flow:
    from conversations.flowfile import load

    return load(path)
