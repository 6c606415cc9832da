"""The signed route with one hand-written sqlite3 commit of the rows that a Quietline turn writes.

Two ways to queue for SQLite's one writer: `busy` leaves it to a plain busy_timeout, `locked` holds a mutex within the
process and a flock between processes.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.bench.durable_rows import connect, write_turn
from tests.bench.floors import PATH, TWIML

Queue = Callable[[], AbstractContextManager[None]]


def file_queue(path: str) -> Queue:
    """A mutex for the threads, then a flock for the processes: a process that takes both by flock waits for itself."""
    mutex, handle = threading.Lock(), os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    @contextmanager
    def hold() -> Iterator[None]:
        with mutex:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)

    return hold


def _app(queue: Queue) -> Flask:
    app = Flask(__name__)
    url, validator = os.environ["BENCH_URL"], RequestValidator(os.environ["BENCH_TOKEN"])
    database, local = os.environ["BENCH_DB"], threading.local()

    @app.post(PATH)
    def inbound() -> Response:
        if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        if not hasattr(local, "connection"):
            local.connection = connect(database)
        with queue():
            write_turn(local.connection, request.form)
        return Response(TWIML, mimetype="text/xml")

    return app


def busy() -> Flask:
    """The naive handler: SQLite's busy_timeout sorts the writers out."""
    return _app(nullcontext)


def locked() -> Flask:
    """The careful handler: mutex and flock."""
    return _app(file_queue(os.environ["BENCH_DB"] + ".lock"))
