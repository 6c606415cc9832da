"""The carriers' addresses, answered before Flask's routing and contexts: a text needs neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from gateway.web.webhook import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STATUS: Final = {each.value: f"{each.value} {each.phrase}" for each in HTTPStatus}


class Direct:
    """WSGI middleware that answers POST on some paths itself; all else is the application's.

    Args:
        app: the application, which has routes of the same answers for whatever comes by another way (another method,
            a prefix).
        answers: what answers, by its path.
    """

    def __init__(self, app: WSGIApplication, answers: Mapping[str, Answer]) -> None:
        self._app = app
        self._answers = answers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._answers.get(environ.get("PATH_INFO", ""))
        if answer is None or environ["REQUEST_METHOD"] != "POST" or environ.get("SCRIPT_NAME"):
            return self._app(environ, start_response)
        found = answer(environ)
        headers = [("Content-Type", found.content_type), ("Content-Length", str(len(found.body)))]
        start_response(STATUS[found.status], headers)
        return (found.body,)
