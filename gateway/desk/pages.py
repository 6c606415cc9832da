"""What a person reads: pages, and what they read where there is none, or something could not be done.

Such a page is the same for everybody, whatever they asked for: it tells of nothing, and leads back (R8, R18).
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from gateway.web import failures
from handlers.desk import NotThere
from handlers.records.database import StoreError
from handlers.vault import VaultError

HOME: Final = ("/", "Back to the desk")
SIGN_IN: Final = ("/sign-in", "Sign in")
WORDS: Final = {
    400: ("This could not be read.", "Nothing was changed."),
    401: ("You are signed off.", "Nothing was sent or changed. Go back to copy what you wrote, then sign in."),
    403: (
        "This was not done.",
        "The page was open for too long, or was of another sign-in. Nothing was sent or changed: go back, copy what "
        "you wrote, and open the page anew.",
    ),
    404: ("There is nothing here.", "The address is not right, or what was here is gone."),
    405: ("This is not possible here.", "Nothing was changed."),
    413: ("That is too much at once.", "Nothing was changed. Go back, and send less."),
    500: ("Something went wrong.", "It is noted. Look whether it was done before you do it again."),
    503: (
        "The desk cannot reach its records.",
        "Nothing is shown, and nothing was changed. Reporters are still answered. Try again in a moment.",
    ),
}
OTHERWISE: Final = ("That did not work.", "Nothing was changed.")


def install(app: Flask) -> None:
    """Answers of their own: not there is 404 like any other, a store that is away 503 and shows nothing (R10)."""

    @app.errorhandler(NotThere)
    def not_there(error: NotThere) -> AnyResponse:
        return problem(404)

    @app.errorhandler(VaultError)
    def not_opened(error: VaultError) -> AnyResponse:
        return problem(404)

    @app.errorhandler(StoreError)
    def store_away(error: StoreError) -> AnyResponse:
        return problem(503)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> AnyResponse:
        response = problem(error.code or 500)
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> AnyResponse:
        failures.log_unexpected(error)
        return problem(500)


def problem(status: int) -> Response:
    """What was not done, in calm words, with a way back: a page for a browser, a line for a script."""
    heading, more = WORDS.get(status, OTHERWISE)
    if request.method not in ("GET", "HEAD") and "text/html" not in request.headers.get("Accept", ""):
        return Response(f"{heading}\n", status, content_type=failures.TEXT)
    to, link = SIGN_IN if status == 401 else HOME
    return Response(render_template("problem.html", heading=heading, more=more, to=to, link=link), status)


def page(template: str, status: int = 200, /, **values: Any) -> tuple[str, int]:
    """A template with its values."""
    return render_template(template, **values), status
