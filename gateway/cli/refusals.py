"""What may go wrong without a mistake in the program, as a line for the person at the terminal."""

from __future__ import annotations

import sys
from typing import Final

import click

_LINES: Final = {
    ("gateway.config", "ConfigError"): "{error}\nquietline doctor tells more.",
    ("gateway.phone.visit", "PhoneError"): "{error}",
    ("gateway.keyfile", "RingError"): "{error}",
    ("handlers.erasure", "NotErased"): "{error}",
    ("handlers.backups", "BackupError"): "{error}",
    ("handlers.vault", "VaultError"): "The key ring (QUIETLINE_KEYS) does not fit: {error}.",
    ("handlers.records.database", "StoreError"): "The database does not answer ({error}). Try: quietline doctor",
}


class Refusal(click.ClickException):
    """Ends the command with its text and exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Writes the text to standard error."""
        click.echo(self.message, err=True)


def refusal_of(error: Exception) -> Refusal | None:
    """The refusal that an exception amounts to, None for one that nobody expected.

    A module that has not been imported cannot have raised anything, so none is imported here.
    """
    for (module, name), line in _LINES.items():
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return Refusal(line.format(error=error))
    return None
