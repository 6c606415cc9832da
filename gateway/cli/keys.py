"""`quietline keys`: a fresh key ring, and changing a key while everything runs."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.keyfile import RingFile
    from gateway.runtime import Runtime

_PURPOSES: Final = click.Choice(("content", "confidential", "conversation", "index", "sending"))
_PASSES: Final = 20


@click.group(invoke_without_command=True, short_help="Write a fresh key ring, or change its keys.")
@click.pass_context
def keys(context: click.Context) -> None:
    """Write a fresh key ring, or look at the one in use and change its keys.

    Alone it writes the JSON for QUIETLINE_KEYS. Keep it apart from the database and its backups, readable by the
    gateway alone.
    """
    from gateway.secrets import new_key_ring

    if context.invoked_subcommand is None:
        click.echo(json.dumps(new_key_ring(), indent=2))


@keys.command("list")
def list_() -> None:
    """Name the keys of the ring in use. No secret is shown."""
    from gateway.cli.table import table
    from handlers.rotation import PURPOSES

    ring = _parts()[0].service.ring
    rows = [
        (purpose, key_id, "in use" if number == 0 else "opens only")
        for purpose in PURPOSES
        if purpose != "confidential" or ring.has_confidential
        for number, key_id in enumerate(ring.ids(purpose))
    ]
    click.echo(table(("PURPOSE", "ID", "STATE"), rows))


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="A line of JSON each.")
def status(as_json: bool) -> None:
    """Count what is under the key in use and what is not yet. Exit code 1 while a rotation is unfinished."""
    from datetime import UTC, datetime

    from msgspec.structs import asdict

    from gateway.cli.table import table
    from handlers.rotation import PURPOSES, standing

    service = _parts()[0].service
    found = [each for purpose in PURPOSES for each in standing(service, purpose)]
    if as_json:
        for each in found:
            click.echo(json.dumps(asdict(each)))
    else:
        rows = [
            (each.purpose, each.what, str(each.current), str(each.others),
             f"{datetime.fromtimestamp(each.until, UTC):%Y-%m-%d}" if each.until else "")
            for each in found
        ]  # fmt: skip
        click.echo(table(("PURPOSE", "WHERE", "UNDER THE KEY IN USE", "UNDER OTHERS", "UNTIL"), rows))
    open_ones = [purpose for purpose in PURPOSES if len(service.ring.ids(purpose)) > 1]
    raise SystemExit(bool(open_ones or any(each.others for each in found)))


@keys.command(short_help="Change a key, and put everything under the new one.")
@click.argument("purpose", type=_PURPOSES)
@click.option("--prepare", is_flag=True, help="Only add the new key, so that every host can have it before it is used.")
@click.option("--wait", "seconds", type=click.FloatRange(0, 3600), default=6.0, show_default=True,
              help="Seconds that running processes have to take up the new ring.")  # fmt: skip
def rotate(purpose: str, prepare: bool, seconds: float) -> None:
    """Change a key: a new one is made, everything goes under it, and the old one is taken out of the ring.

    Run it again after it was interrupted: it goes on where it stood.
    """
    parts, file = _parts()
    if file is None:
        raise Refusal(
            "The ring itself is in QUIETLINE_KEYS. Add a key there under a new id, name it in `current`, restart the "
            "processes, run: quietline keys rewrap. Then take the old key out."
        )
    ids = parts.service.ring.ids(purpose)
    if prepare:
        click.echo(f"{purpose}: {file.add(purpose, current=False)} is in the ring and not in use yet.")
        return
    if newest(ids) != ids[0]:
        file.use(purpose, newest(ids))
        click.echo(f"{purpose}: {newest(ids)} is in use now.")
        time.sleep(seconds)  # who still writes with the old key has taken up the new ring by then
    elif len(ids) == 1 or not _is_unfinished(parts, purpose):
        click.echo(f"{purpose}: {file.add(purpose, current=True)} is in use now.")
        time.sleep(seconds)
    _finish(*_parts(), purpose)


def _is_unfinished(parts: Runtime, purpose: str) -> bool:
    """Whether there is something to go on with: of the older keys one is not needed, or not yet free."""
    from handlers.rotation import left, spare

    return bool(left(parts.service, purpose) or spare(parts.service, purpose))


def newest(ids: tuple[str, ...]) -> str:
    """The id with the highest number; of ids without one, the key in use."""
    numbers = {key_id: int("".join(filter(str.isdigit, key_id)) or -1) for key_id in ids}
    return max(ids, key=lambda key_id: numbers[key_id])


@keys.command("twin")
def for_twin() -> None:
    """Write the ring for a twin: it seals texts, and opens nothing."""
    from gateway import secrets
    from gateway.keyfile import twin_ring

    click.echo(json.dumps(twin_ring(secrets.load(os.environ).keys), indent=2))


@keys.command()
def rewrap() -> None:
    """Put everything under the keys in use; the ring stays as it is."""
    from handlers.rotation import PURPOSES, left
    from handlers.rotation import rewrap as rewrap_rows

    service = _parts()[0].service
    for purpose in PURPOSES:
        written = rewrap_rows(service, purpose)
        click.echo(f"{purpose}: {written} written, {left(service, purpose)} left under other keys.")


def _finish(parts: Runtime, file: RingFile | None, purpose: str) -> None:
    """Rewraps until nothing is left, then takes the old keys out."""
    from handlers.rotation import left, spare
    from handlers.rotation import rewrap as rewrap_rows

    assert file is not None
    written, service = 0, parts.service
    for _ in range(_PASSES):
        written += rewrap_rows(service, purpose)
        if not (remaining := left(service, purpose)):
            break
    click.echo(f"{purpose}: {written} written.")
    if spooled := _spooled(parts):
        raise Refusal(f"{spooled} texts are still in the spool, perhaps under an old key. Run this again later.")
    if remaining:
        raise Refusal(f"{remaining} are left under other keys, which stay in the ring: quietline keys status.")
    old = spare(service, purpose)
    file.retire(purpose, old)
    if old:
        what = "backups and the audit's heads" if purpose == "index" else "backups"
        click.echo(f"{purpose}: nothing is left under {', '.join(old)}; moved to keys.retired.json, which {what} "
                   "made before now need. Destroy it with the last of them.")  # fmt: skip
    if kept := [key_id for key_id in service.ring.ids(purpose)[1:] if key_id not in old]:
        click.echo(f"{purpose}: {', '.join(kept)} stays to know erased texts by: quietline keys status.")


def _spooled(parts: Runtime) -> int:
    """How many texts wait in the spool, sealed under whatever key was in use."""
    return len(parts.spool.contents())


def _parts() -> tuple[Runtime, RingFile | None]:
    from gateway import runtime, secrets
    from gateway.cli.installed import opened
    from gateway.keyfile import ring_file

    config = secrets.load(os.environ)
    opened(config)
    return runtime.build(config, os.environ), ring_file(config, os.environ)
