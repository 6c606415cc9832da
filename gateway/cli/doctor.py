"""`quietline doctor`: what is wrong with the settings, and what to do."""

from __future__ import annotations

import os
import sys

import click


@click.command()
def doctor() -> None:
    """Say what is wrong with the settings.

    Looks at every setting and at what stands behind it, and changes nothing. Exit code 1 if something must be put
    right.
    """
    from gateway.doctor import examine
    from gateway.doctor.advice import Severity, in_words

    advice = examine(os.environ)
    click.echo(in_words(advice))
    sys.exit(any(one.severity is Severity.MUST for one in advice))
