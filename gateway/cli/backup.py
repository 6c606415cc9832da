"""`quietline backup` and `quietline restore`."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.config import Config
    from handlers.erasure import ErasureList

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
def backup(folder: Path) -> None:
    """Write a backup into DIR while everything runs.

    What is sealed stays sealed: the keys are not in it. Keep the key ring elsewhere, and the list of what was erased.
    """
    from gateway import runtime, secrets
    from gateway.cli.installed import opened
    from gateway.keyfile import ring_file
    from handlers import backups

    config = secrets.load(os.environ)
    opened(config)
    service = runtime.build(config, os.environ).service
    made = backups.back_up(service, folder.absolute(), listed=erasure_list(config), spool=config.spool)
    ring = ring_file(config, os.environ)
    click.echo(f"{made.path}: {made.rows} rows, {made.files} files of the spool, SHA-256 {made.sha256}")
    click.echo(
        "Keep apart from it, or it cannot be read:\n"
        f"  the key ring, {ring.path if ring else 'which is in QUIETLINE_KEYS'}\n"
        "Keep the newest copy of it, or what was erased comes back:\n"
        f"  the erasure list, {made.path.with_name(backups.ERASED)}\n"
        "Keep as well: the organisations file, and the settings with their secrets."
    )


@click.command(short_help="Bring a backup back into an empty database.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--into", type=_FOLDER, help="An empty folder to restore to, instead of the installation's database.")
@click.option("--erased", "others", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
              help="Another copy of the erasure list. The one beside FILE is read in any case.")  # fmt: skip
def restore(file: Path, into: Path | None, others: tuple[Path, ...]) -> None:
    """Bring the backup FILE back, into an empty database of either kind.

    The key ring of its time must be in place. What was erased since stays erased.
    """
    from gateway import runtime, secrets
    from gateway.config import Config
    from gateway.keyfile import ring_file
    from handlers import backups
    from handlers.erasure import ErasureList

    ring = ring_file(Config.read(os.environ), os.environ)
    if ring is not None and not ring.path.exists():
        raise Refusal(f"There is no key ring yet. Put the one of that time in place first: {ring.path}")
    config = secrets.load(os.environ)
    lists = [erasure_list(config), *(ErasureList(path) for path in (file.with_name(backups.ERASED), *others))]
    if into is not None:
        config = _in(config, into.absolute())
    service = runtime.build(config, os.environ).service
    done = backups.restore(service, file.absolute(), listed=erasure_list(config), lists=lists, spool=config.spool)
    service.database.close()
    made = datetime.fromtimestamp(done.made_at / 1000, UTC).astimezone()
    erased = f"{done.erased} erased report{'' if done.erased == 1 else 's'}"
    click.echo(f"Restored as of {made:%Y-%m-%d %H:%M:%S}: {done.rows} rows; {erased} left out.")
    if done.unopened:
        click.echo(
            f"{done.unopened} open conversations cannot be opened with this key ring: put the keys of that time into "
            "it (keys.retired.json), and restore again.",
            err=True,
        )
    click.echo("What came since is at the carrier: it is taken in from its list within the hour once the clock runs.")


def _in(config: Config, folder: Path) -> Config:
    """The configuration with everything in another folder, which must be empty."""
    if folder.exists() and any(folder.iterdir()):
        raise Refusal(f"{folder} is not empty.")
    return replace(
        config, data=folder, database_url=f"sqlite:///{folder / 'quietline.sqlite3'}", spool=folder / "spool"
    )


def erasure_list(config: Config) -> ErasureList:
    """The installation's list of what was erased."""
    from handlers.backups import ERASED
    from handlers.erasure import ErasureList

    return ErasureList(config.data / ERASED)
