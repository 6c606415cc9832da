"""The desk's web application: its routes, all of them, each with a rule in `gateway.desk.rules`."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final

from flask import Flask, Response, jsonify
from jinja2 import StrictUndefined

from gateway.desk import guard, pages, words
from gateway.desk.reports import Reports
from gateway.desk.signing import Signing
from gateway.web import failures, headers
from gateway.web import page as neutral_page
from handlers.ports import Doorbell
from handlers.service import Service

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class _App(Flask):
    """Flask without its own log, which would quote what somebody wrote (R18)."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None], *args: Any, **kwargs: Any
    ) -> None:
        if exc_info[1] is not None:
            failures.log_unexpected(exc_info[1])


def create_app(service: Service, doorbell: Doorbell) -> Flask:
    """Builds the application. Raises RouteWithoutRule where a route has no rule."""
    app = _App(__name__, static_folder="static", template_folder="templates")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = guard.MAX_BODY
    app.logger.disabled = True
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(words=words, production=service.production)
    failures.install(app)
    pages.install(app)

    @app.get("/healthy", provide_automatic_options=False)
    def healthy() -> Response:
        with service.database.read():
            return jsonify(summary="Up.")

    @app.get(neutral_page.STYLE_PATH, provide_automatic_options=False)
    def style() -> Response:
        return Response(neutral_page.STYLE, content_type="text/css; charset=utf-8")

    Signing(service).add_to(app)
    Reports(service, doorbell).add_to(app)
    guard.install(app, service)
    app.wsgi_app = headers.SafeHeaders(app.wsgi_app, {"Content-Security-Policy": POLICY})  # type: ignore[method-assign]
    return app
