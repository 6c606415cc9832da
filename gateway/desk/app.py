"""The desk's web application: its routes, all of them, each with a rule in `gateway.desk.rules`."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final

from flask import Flask, Response, jsonify
from jinja2 import StrictUndefined

from gateway.desk import guard, pages, words
from gateway.desk.access import Access
from gateway.desk.account import Account
from gateway.desk.aside import AsideTexts
from gateway.desk.atlas import atlas
from gateway.desk.auditing import Audits
from gateway.desk.board import Boards
from gateway.desk.everywhere import Everywhere, name_of
from gateway.desk.exercises import Exercises
from gateway.desk.presence import Presences
from gateway.desk.reports import Reports
from gateway.desk.search import Search
from gateway.desk.shift import Shifts
from gateway.desk.signing import Signing
from gateway.desk.together import Together
from gateway.web import failures, headers
from handlers.desk import desks
from handlers.ports import Doorbell
from handlers.presence import Presence
from handlers.service import Service

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": headers.HEADERS["Permissions-Policy"]
    .replace("publickey-credentials-create=()", "publickey-credentials-create=(self)")
    .replace("publickey-credentials-get=()", "publickey-credentials-get=(self)"),
}


class _App(Flask):
    """Flask without its own log, which would quote what somebody wrote (R18)."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None], *args: Any, **kwargs: Any
    ) -> None:
        if exc_info[1] is not None:
            failures.log_unexpected(exc_info[1])


def create_app(
    service: Service, doorbell: Doorbell, access: Access | None = None, presence: Presence | None = None
) -> Flask:
    """Builds the application. Raises RouteWithoutRule where a route has no rule.

    Args:
        service: the shared parts.
        doorbell: rung for what is to be forwarded.
        access: passkeys, single sign-on, proxies; none of them where absent.
        presence: who is at the desk; shared with the live stream.
    """
    presence = presence or Presence(service)
    access = access or Access()
    app = _bare(service.production)
    pages.install(app)

    @app.get("/healthy", provide_automatic_options=False)
    def healthy() -> Response:
        with service.database.read():
            return jsonify(summary="Up.")

    Signing(service, access).add_to(app)
    Account(service, access).add_to(app)
    atlas()  # the map's index, read before the first page wants it
    reports = Reports(service, doorbell, presence)
    reports.add_to(app)
    Together(service, doorbell, reports.show).add_to(app)
    AsideTexts(service).add_to(app)
    Everywhere(service).add_to(app)
    Search(service).add_to(app)
    Shifts(service, presence, reports.show).add_to(app)
    Presences(service, doorbell, presence).add_to(app)
    Boards(service).add_to(app)
    Exercises(service).add_to(app)
    Audits(service).add_to(app)
    app.jinja_env.globals.update(place_name=lambda organisation: name_of(service, organisation), desks=desks)
    guard.install(app, service)
    app.wsgi_app = headers.SafeHeaders(app.wsgi_app, _HEADERS)  # type: ignore[method-assign]
    return app


def _bare(production: bool) -> _App:
    """The application without a route: its limits, its addresses to the letter, its templates."""
    app = _App(__name__, static_folder="static", template_folder="templates")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = guard.MAX_BODY
    app.logger.disabled = True
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(words=words, production=production)
    return app
