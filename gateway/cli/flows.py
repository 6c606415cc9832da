"""`quietline flows`: checks flows and lists what they text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from conversations.flow import Flow

_FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def flows() -> None:
    """Check flows, and list what they text."""


@flows.command()
@click.argument("files", nargs=-1, type=_FILES)
def lint(files: tuple[Path, ...]) -> None:
    """Check flow files, or all shipped flows; exit code 1 if anything is wrong."""
    from conversations.flowfile import FlowFileError
    from conversations.lint import lint as issues_of

    wrong = 0
    for name, path in _named(files):
        try:
            found = [str(issue) for issue in issues_of(_load(path))]
        except FlowFileError as error:
            found = [str(problem) for problem in error.problems]
        for line in found:
            click.echo(f"{name}: {line}")
        if not found:
            click.echo(f"{name}: nothing to complain about.")
        wrong += len(found)
    sys.exit(1 if wrong else 0)


@flows.command()
@click.argument("files", nargs=-1, type=_FILES)
def texts(files: tuple[Path, ...]) -> None:
    """List every text with what it costs, the longest values filled in."""
    from conversations.flowfile import FlowFileError
    from conversations.lint import longest_texts
    from conversations.texts import segments
    from gateway.cli.table import table

    rows = []
    for name, path in _named(files):
        try:
            flow = _load(path)
        except FlowFileError as error:
            raise Refusal(f"{name} is no flow. See: quietline flows lint {path}") from error
        for step, language, text, _ in longest_texts(flow):
            size = segments(text)
            rows.append((flow.slug, step, language, str(size.count), str(size.units), size.encoding, text))
    click.echo(table(("FLOW", "STEP", "LANGUAGE", "SEGMENTS", "UNITS", "ENCODING", "TEXT"), rows))


def _named(files: tuple[Path, ...]) -> list[tuple[str, Path]]:
    from conversations import flows as shipped

    folder = Path(shipped.__file__).parent
    return [(path.name, path) for path in files or (folder / f"{slug}.yaml" for slug in shipped.slugs())]


def _load(path: Path) -> Flow:
    from conversations.flowfile import load

    return load(path)
