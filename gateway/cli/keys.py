"""`quietline keys`: a fresh key ring for production."""

from __future__ import annotations

import json

import click


@click.command()
def keys() -> None:
    """Write a fresh key ring.

    It is the JSON for QUIETLINE_KEYS. Keep it apart from the database and its backups, readable by the gateway alone.
    """
    from gateway.secrets import new_key_ring

    click.echo(json.dumps(new_key_ring(), indent=2))
