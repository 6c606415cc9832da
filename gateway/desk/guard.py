"""What stands before every page of the desk: the rule, the session, the role, the form's token (R7, R16, R17).

Who is signed in is in `flask.g.person`. Where a person lacks the role, and where the organisation is unknown, the
answer is the same 404: what one may not see is not there.
"""

from __future__ import annotations

import hmac
from typing import Final

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from gateway.desk.rules import RULES, check
from handlers import sign_in
from handlers.service import Service

COOKIE: Final = "__Host-desk"
SIGN_IN: Final = "/sign-in"
BY_ITSELF: Final = "X-By-Itself"
MAX_BODY: Final = 64 * 1024


def install(app: Flask, service: Service) -> None:
    """Puts the guard before every route. Raises RouteWithoutRule; call it after the last route was added."""
    check(rule.endpoint for rule in app.url_map.iter_rules())

    @app.before_request
    def guard() -> AnyResponse | None:
        if request.content_length is not None and request.content_length > MAX_BODY:
            abort(413)
        if request.endpoint is None:
            return None  # 404 and 405 say nothing
        rule = RULES.get(request.endpoint)
        if rule is None:
            abort(404)
        if rule.outside:
            return None
        token = request.cookies.get(COOKIE, "")
        person = sign_in.who(service, token, active=BY_ITSELF not in request.headers) if token else None
        if person is None:
            return _away()
        g.person = person
        organisation = (request.view_args or {}).get("organisation")
        at = person.organisations if organisation is None else [organisation]
        if not any(person.has(one, *rule.roles) for one in at):
            abort(404)
        if request.method == "POST" and not _is_ours(person.csrf):
            abort(403)
        return None


def _is_ours(csrf: str) -> bool:
    given = request.form.get("csrf", "")
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), csrf.encode())


def _away() -> AnyResponse:
    if request.method == "GET" and BY_ITSELF not in request.headers:
        return redirect(SIGN_IN, 303)
    return Response("Sign in again.\n", 401, content_type="text/plain; charset=utf-8")


def keep_session(response: AnyResponse, token: str) -> AnyResponse:
    """Puts the session's token into the cookie: for this host and its scripts never."""
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def drop_session(response: AnyResponse) -> AnyResponse:
    """Takes the cookie away, and what the browser kept."""
    response.set_cookie(COOKIE, "", secure=True, httponly=True, samesite="Strict", path="/", max_age=0)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
