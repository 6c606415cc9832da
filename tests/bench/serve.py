"""Runs a bare app on one of the servers that were weighed, with the worker and thread counts of the product."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

_KEEP_ALIVE = "75"  # seconds, as the product: a floor that hangs up between two texts of a burst would not be a floor


def gunicorn(app: str, port: int, workers: int, threads: int) -> None:
    """gunicorn's own threaded worker with its own settings, but for the product's keep-alive."""
    from gunicorn.app.wsgiapp import run

    sys.argv = [
        *("gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(threads)),
        *("--worker-class", "gthread", "--log-level", "warning", "--keep-alive", _KEEP_ALIVE),
        *("--no-control-socket", f"{app}()"),
    ]
    run()


def product(app: str, port: int, workers: int, threads: int) -> None:
    """The product's own server around the app."""
    from gateway.server import serve

    serve(f"{app}()", "127.0.0.1", port, workers=workers, threads=threads)


def granian(app: str, port: int, workers: int, threads: int) -> None:
    """Granian's WSGI mode, where it is installed (no dependency of the product)."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        app, address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=workers, blocking_threads=threads,
        factory=True, websockets=False, log_level=LogLevels.warning,
    ).serve()  # fmt: skip


SERVERS: dict[str, Callable[[str, int, int, int], None]] = {
    "gunicorn": gunicorn,
    "product": product,
    "granian": granian,
}


def main() -> None:
    """`python -m tests.bench.serve APP --server gunicorn --port P --workers 2 --threads 4`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("app", help="module:factory")
    parser.add_argument("--server", choices=SERVERS, default="gunicorn")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    args = parser.parse_args()
    SERVERS[args.server](args.app, args.port, args.workers, args.threads)


if __name__ == "__main__":
    main()
