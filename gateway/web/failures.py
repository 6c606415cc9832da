"""Answers when something went wrong: neutral to whoever asked, and a log line without a value in it (R18)."""

from __future__ import annotations

import logging
from types import TracebackType

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from gateway.web import page
from handlers.ports import RawResponse

TEXT = "text/plain; charset=utf-8"

_log = logging.getLogger("quietline.web")
_OURS = ("conversations", "handlers", "gateway")
_WORDS = {
    400: "This request could not be read.",
    403: "Not allowed.",
    404: "There is nothing here.",
    405: "Not possible here.",
    413: "That is too much at once.",
    500: "Something went wrong. Please try again.",
    503: "Not available right now. Please try again.",
}
_OTHERWISE = "That did not work."


def install(app: Flask) -> None:
    """Gives the app neutral answers to every HTTP error and to every exception."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(Exception, _unexpected)


def log_unexpected(error: BaseException) -> None:
    """Logs what kind of exception it was and where it came from. Its text may hold what a reporter wrote."""
    _log.error("unexpected %s at %s", type(error).__name__, _where(error.__traceback__))


def neutral(status: int) -> Response:
    """A short page for a browser, a line of plain text for anything that posts."""
    if request.method in ("GET", "HEAD"):
        words = _WORDS.get(status, _OTHERWISE)
        return Response(page.html(words, []), status, content_type=page.CONTENT_TYPE)
    answer = line(status)
    return Response(answer.body, answer.status, content_type=answer.content_type)


def line(status: int) -> RawResponse:
    """The line of plain text for anything that posts."""
    return RawResponse(status, TEXT, f"{_WORDS.get(status, _OTHERWISE)}\n".encode())


def _answer(error: HTTPException) -> Response:
    response = neutral(error.code or 500)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: Exception) -> Response:
    log_unexpected(error)
    return neutral(500)


def _where(traceback: TracebackType | None) -> str:
    """`module:line` of the innermost line of our own code that the exception passed, or of any where none is ours."""
    ours = None
    last = "nowhere"
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", "?"))
        last = f"{module}:{traceback.tb_lineno}"
        if module.partition(".")[0] in _OURS:
            ours = last
        traceback = traceback.tb_next
    return ours or last
