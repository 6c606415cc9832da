"""Where carriers deliver: an inbound address, its fallback twin, and status callbacks, for one channel each.

403    not signed by the carrier for this address and account, or not in its format
400    signed, and a field is missing, given twice or not of its shape
413    a body over 64 KiB
503    nothing could be stored: the carrier should try again; the body is empty so that nobody is texted it
200    the carrier's own format, after everything is stored
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from gateway.web.failures import TEXT, line, log_unexpected
from gateway.web.raw import read_request
from handlers.ports import BadRequest, Channel, InboundText, RawRequest, RawResponse, StatusNote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Receive = Callable[[Channel, InboundText], str | None]
NoteStatus = Callable[[StatusNote], None]
Answer = Callable[["WSGIEnvironment"], RawResponse]
"""Answers one POST; raises nothing."""


def answers(channel: Channel, receive: Receive, note_status: NoteStatus) -> dict[str, Answer]:
    """What answers POST on /<channel>/inbound, /<channel>/fallback and /<channel>/status, by these paths.

    Args:
        channel: verifies, parses and words the answer.
        receive: takes a text durably and returns the reply, None for no reply. BadRequest is answered 400; any other
            exception means that the text is not stored, and is answered 503.
        note_status: takes the news of a status callback, under the same rules.
    """

    def take_text(request: RawRequest) -> RawResponse:
        text = channel.parse(request)
        return channel.reply(receive(channel, text), text.external_id)

    def take_status(request: RawRequest) -> RawResponse:
        note_status(channel.parse_status(request))
        return channel.reply(None)

    takes = (("inbound", take_text), ("fallback", take_text), ("status", take_status))
    return {f"/{channel.name}/{endpoint}": signed(channel.verify, take) for endpoint, take in takes}


def blueprint(name: str, found: Mapping[str, Answer]) -> Blueprint:
    """The same as routes of the application.

    Args:
        name: the channel's.
        found: what answers, by its path.
    """
    webhook = Blueprint(f"{name}_webhook", __name__)
    for path, answer in found.items():
        endpoint = path.rpartition("/")[2]
        webhook.add_url_rule(path, endpoint, view(answer), methods=["POST"], provide_automatic_options=False)
    return webhook


def view(answer: Answer) -> Callable[[], Response]:
    """A view of the application that answers so."""

    def answered() -> Response:
        found = answer(request.environ)
        return Response(found.body, found.status, content_type=found.content_type)

    return answered


def signed(verify: Callable[[RawRequest], bool], take: Callable[[RawRequest], RawResponse]) -> Answer:
    """Hands only verified requests on, and turns what `take` raises into the answers listed above."""

    def answer(environ: WSGIEnvironment) -> RawResponse:
        try:
            request = read_request(environ)
            if not verify(request):
                return line(403)
        except HTTPException as problem:
            return line(problem.code or 500)
        except Exception as error:  # noqa: BLE001 - nobody above would answer without quoting it
            log_unexpected(error)
            return line(500)
        try:
            return take(request)
        except BadRequest as problem:
            return RawResponse(400, TEXT, f"Not accepted: {problem}.\n".encode())
        except Exception as error:  # noqa: BLE001 - a carrier only tries again when it is told that nothing was taken
            log_unexpected(error)
            return RawResponse(503, TEXT, b"")

    return answer
