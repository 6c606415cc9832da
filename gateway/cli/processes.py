"""`quietline up`, and the processes that the Procfile names."""

from __future__ import annotations

import os
import sys

import click


@click.command()
def up() -> None:
    """Start everything that the Procfile names.

    Where REDIS_URL is not set it starts a server for the queue as well. Ctrl-C ends it all.
    """
    from gateway.up import main

    sys.exit(main(os.environ))


@click.command()
def web() -> None:
    """Answer the carriers."""
    from gateway.server import main

    sys.exit(main(os.environ))


@click.command()
def worker() -> None:
    """Forward reports."""
    from gateway.worker import main

    sys.exit(main(os.environ))


@click.command()
def clock() -> None:
    """See to what is due by itself."""
    from gateway.clock import main

    sys.exit(main(os.environ))


@click.command()
def desk() -> None:
    """Serve the control-room desk."""
    from gateway.desk.server import main

    sys.exit(main(os.environ))


@click.command()
def twin() -> None:
    """Take texts on another host while the main one is away."""
    from gateway.twin import main

    sys.exit(main(os.environ))
