"""A WSGI application behind a real socket on this machine, for as long as a block lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.bench.processes import free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any, **__: Any) -> None:
        pass


class _OfAnotherDay(_Quiet):
    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Sat, 21 Nov 2020 18:05:00 GMT"


@contextmanager
def served(app: WSGIApplication, *, of_another_day: bool = False) -> Iterator[str]:
    """Serves the application on a free port and gives its address; perhaps with a clock that is years behind."""
    handler = _OfAnotherDay if of_another_day else _Quiet
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def unused_address() -> str:
    """An address on this machine where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def always(status: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> WSGIApplication:
    """An application that answers everything alike."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(status, [("Content-Length", str(len(body))), *headers])
        return [body]

    return app
