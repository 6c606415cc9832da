"""Where carriers deliver: an inbound address, its fallback twin, and status callbacks, for one channel each.

403    not signed by the carrier for this address and account, or not in its format
400    signed, and a field is missing, given twice or not of its shape
413    a body over 64 KiB
503    nothing could be stored: the carrier should try again; the body is empty so that nobody is texted it
200    the carrier's own format, after everything is stored
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from gateway.web.failures import log_unexpected, neutral
from gateway.web.raw import read_request
from handlers.ports import BadRequest, Channel, InboundText, RawRequest, RawResponse, StatusNote

Receive = Callable[[Channel, InboundText], str | None]
NoteStatus = Callable[[StatusNote], None]


def blueprint(channel: Channel, receive: Receive, note_status: NoteStatus) -> Blueprint:
    """POST /<channel>/inbound, /<channel>/fallback and /<channel>/status.

    Args:
        channel: verifies, parses and words the answer.
        receive: takes a text durably and returns the reply, None for no reply. BadRequest is answered 400; any other
            exception means that the text is not stored, and is answered 503.
        note_status: takes the news of a status callback, under the same rules.
    """
    webhook = Blueprint(f"{channel.name}_webhook", __name__, url_prefix=f"/{channel.name}")

    def take_text(request: RawRequest) -> RawResponse:
        return channel.reply(receive(channel, channel.parse(request)))

    def take_status(request: RawRequest) -> RawResponse:
        note_status(channel.parse_status(request))
        return channel.reply(None)

    for endpoint, take in (("inbound", take_text), ("fallback", take_text), ("status", take_status)):
        webhook.add_url_rule(
            f"/{endpoint}",
            endpoint,
            signed(channel.verify, take),
            methods=["POST"],
            provide_automatic_options=False,
        )
    return webhook


def signed(verify: Callable[[RawRequest], bool], take: Callable[[RawRequest], RawResponse]) -> Callable[[], Response]:
    """A view that hands only verified requests on and turns what `take` raises into the answers listed above."""

    def view() -> Response:
        request = read_request()
        if not verify(request):
            return neutral(403)
        try:
            answer = take(request)
        except BadRequest as problem:
            return Response(f"Not accepted: {problem}.\n", 400, content_type="text/plain; charset=utf-8")
        except Exception as error:  # noqa: BLE001 - a carrier only tries again when it is told that nothing was taken
            log_unexpected(error)
            return Response(b"", 503, content_type="text/plain; charset=utf-8")
        return Response(answer.body, answer.status, content_type=answer.content_type)

    return view
