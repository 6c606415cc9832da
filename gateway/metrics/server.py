"""GET /metrics for a monitoring system, on a port of its own that the outside does not reach.

The desk's figures for everybody who may read them; the confidential team's for whoever shows that team's token (R8).
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from gateway.metrics.collector import StatusCollector
from gateway.web.headers import HEADERS
from handlers.service import Service
from handlers.status import CONFIDENTIAL, DESK

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH: Final = "/metrics"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_: Any) -> None:
        """No access log."""


class MetricsApp:
    """The WSGI application.

    Args:
        service: the shared parts.
        tokens: by audience the bearer token that opens its figures. An empty one: for the desk nobody must show it, the
            confidential team's figures nothing opens.
        spooled: counts texts that are on the disk and not in the database, where there is such a spool.
    """

    def __init__(self, service: Service, tokens: Mapping[str, str], spooled: Callable[[], int] | None = None) -> None:
        self._database = service.database
        self._tokens = tokens
        self._registries = {audience: CollectorRegistry() for audience in tokens}
        for audience, registry in self._registries.items():
            registry.register(StatusCollector(service, audience, spooled))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers 200 with the figures, 403 without the right token, 404 and 405 elsewhere."""
        if environ.get("PATH_INFO") != PATH:
            return _refused(start_response, "404 Not Found")
        if environ["REQUEST_METHOD"] != "GET":
            return _refused(start_response, "405 Method Not Allowed")
        audience = self._audience(environ.get("HTTP_AUTHORIZATION", ""))
        if audience is None:
            return _refused(start_response, "403 Forbidden")
        encoder, content_type = choose_encoder(environ.get("HTTP_ACCEPT", ""))
        try:
            body: bytes = encoder(self._registries[audience])
        finally:
            self._database.close()  # each request has a thread of its own, and so a connection
        start_response("200 OK", [("Content-Type", content_type), *HEADERS.items()])
        return [body]

    def _audience(self, authorization: str) -> str | None:
        given = authorization.removeprefix("Bearer ").encode("utf-8", "replace")
        matches = {name: _equal(token, given) for name, token in self._tokens.items()}
        if matches[CONFIDENTIAL]:
            return CONFIDENTIAL
        return DESK if matches[DESK] or not self._tokens[DESK] else None


def serve(application: MetricsApp, host: str, port: int) -> Callable[[], None]:
    """Serves in a thread of this process; returns what ends it. Raises OSError where the port is taken."""
    server = make_server(host, port, application, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


def _equal(token: str, given: bytes) -> bool:
    return bool(token) and hmac.compare_digest(token.encode(), given)


def _refused(start_response: StartResponse, status: str) -> Iterable[bytes]:
    start_response(status, [("Content-Length", "0"), *HEADERS.items()])
    return []
