"""What stands before every page of the desk: the rule, the session, the role, the form's token (R7, R16, R17).

Who is signed in is in `flask.g.person`. Where a person lacks the role, and where the organisation is unknown, the
answer is the same 404: what one may not see is not there.
"""

from __future__ import annotations

import hmac
from typing import Final

from flask import Flask, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from gateway.desk.pages import problem
from gateway.desk.rules import RULES, check
from handlers import ceremonies, sign_in
from handlers.people import digest
from handlers.service import Service

COOKIE: Final = "__Host-desk"
STEP: Final = "__Host-desk-step"
SIGN_IN: Final = "/sign-in"
BY_ITSELF: Final = "X-By-Itself"
MAX_BODY: Final = 64 * 1024
_NUL: Final = "\0"


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
        if rule is None or _NUL in "".join(map(str, (request.view_args or {}).values())):
            abort(404)
        if any(_NUL in value for _, value in request.values.items(multi=True)):
            abort(400)  # no browser sends it, and PostgreSQL keeps no text with it
        if rule.outside:
            return None
        token = request.cookies.get(COOKIE, "")
        person = sign_in.who(service, token, active=not _by_itself(), enrolling=rule.enrolling) if token else None
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


def _by_itself() -> bool:
    """Whether a page asks by itself, by its script or, without one, by the address that it looks at again."""
    return BY_ITSELF in request.headers or request.args.get("by") == "itself"


def _away() -> AnyResponse:
    if request.method == "GET" and BY_ITSELF not in request.headers:
        return redirect(SIGN_IN, 303)
    return problem(401)


def is_foreign() -> bool:
    """Whether a browser says that another site sent this (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/)."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def enter(service: Service, response: AnyResponse, token: str) -> AnyResponse:
    """Puts a new session's token into the cookie, and ends the session that was there (R16).

    The cookie is for this host, by TLS, for no script, and for no navigation from another site.
    """
    if before := request.cookies.get(COOKIE, ""):
        sign_in.sign_out(service, digest(before))
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def keep_step(response: AnyResponse, bound: str, *, crosses: bool = False) -> AnyResponse:
    """Binds what was begun to this browser for as long as it takes; `crosses` where it ends on another site's link."""
    same_site = "Lax" if crosses else "Strict"
    response.set_cookie(STEP, bound, ceremonies.SECONDS, secure=True, httponly=True, samesite=same_site, path="/")
    return response


def drop_step(response: AnyResponse) -> AnyResponse:
    """Takes that cookie away."""
    response.set_cookie(STEP, "", secure=True, httponly=True, samesite="Strict", path="/", max_age=0)
    return response


def drop_session(response: AnyResponse) -> AnyResponse:
    """Takes the cookie away, and what the browser kept."""
    response.set_cookie(COOKIE, "", secure=True, httponly=True, samesite="Strict", path="/", max_age=0)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
