"""Where carriers deliver: an inbound address, its fallback twin, and status callbacks, for one channel each.

403    not signed by the carrier for this address and account, or not in its format
400    signed, and a field is missing, given twice or not of its shape
413    a body over 64 KiB
503    nothing could be stored: the carrier should try again; the body is empty so that nobody is texted it
200    the carrier's own format, after everything is stored
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from gateway.web.failures import TEXT, line, log_unexpected
from gateway.web.raw import read_request
from handlers.ports import BadRequest, Channel, InboundText, RawRequest, RawResponse, Replied, StatusNote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Receive = Callable[[Channel, InboundText], str | None]
ReceiveAll = Callable[[Sequence[tuple[Channel, InboundText]]], Sequence[Replied]]
NoteStatus = Callable[[StatusNote], None]
Answer = Callable[["WSGIEnvironment"], RawResponse]
"""Answers one POST; raises nothing."""
Together = Callable[[Sequence[RawRequest]], list[RawResponse]]
"""Answers POSTs that have come by now, in their order; raises nothing."""


class Texts:
    """What answers the texts of some channels, several that have come by now at once.

    Args:
        channels: each verifies, parses and words the answers of its own.
        receive: takes texts durably and returns for each the reply, None for no reply, or an exception: BadRequest is
            answered 400, any other means that the text is not stored, and is answered 503.
    """

    def __init__(self, channels: Sequence[Channel], receive: ReceiveAll) -> None:
        self._receive = receive
        self._channels = {f"/{each.name}/{end}": each for each in channels for end in ("inbound", "fallback")}
        self.paths = frozenset(self._channels)

    def answer(self, requests: Sequence[RawRequest]) -> list[RawResponse]:
        """Answers POSTs on `paths`, in their order; raises nothing."""
        channels = [self._channels[request.path.partition("?")[0]] for request in requests]
        return self._answered(channels, requests)

    def answer_one(self, channel: Channel, request: RawRequest) -> RawResponse:
        """The same with one, by whatever path it came."""
        return self._answered((channel,), (request,))[0]

    def _answered(self, channels: Sequence[Channel], requests: Sequence[RawRequest]) -> list[RawResponse]:
        parsed = [_parsed(channel, request) for channel, request in zip(channels, requests, strict=True)]
        came = [
            (channel, text) for channel, text in zip(channels, parsed, strict=True) if isinstance(text, InboundText)
        ]
        replies = iter(self._received(came) if came else ())
        return [
            _worded(channel, text, next(replies)) if isinstance(text, InboundText) else text
            for channel, text in zip(channels, parsed, strict=True)
        ]

    def _received(self, came: Sequence[tuple[Channel, InboundText]]) -> Sequence[Replied]:
        try:
            return self._receive(came)
        except Exception as error:  # noqa: BLE001 - of none is known that it was stored
            return [error] * len(came)


def one_by_one(receive: Receive) -> ReceiveAll:
    """The same for what takes one text at a time and raises."""

    def receive_all(came: Sequence[tuple[Channel, InboundText]]) -> Sequence[Replied]:
        return [_result(receive, channel, text) for channel, text in came]

    return receive_all


def _result(receive: Receive, channel: Channel, text: InboundText) -> Replied:
    try:
        return receive(channel, text)
    except Exception as error:  # noqa: BLE001 - answered with its text
        return error


def _parsed(channel: Channel, request: RawRequest) -> InboundText | RawResponse:
    try:
        if not channel.verify(request):
            return line(403)
    except Exception as error:  # noqa: BLE001 - nobody above would answer without quoting it
        log_unexpected(error)
        return line(500)
    try:
        return channel.parse(request)
    except BadRequest as problem:
        return _refused(problem)
    except Exception as error:  # noqa: BLE001 - nothing is taken
        return _untaken(error)


def _worded(channel: Channel, text: InboundText, reply: Replied) -> RawResponse:
    try:
        if isinstance(reply, Exception):
            raise reply
        return channel.reply(reply, text.external_id)
    except BadRequest as problem:
        return _refused(problem)
    except Exception as error:  # noqa: BLE001 - a carrier only tries again when it is told that nothing was taken
        return _untaken(error)


def _refused(problem: BadRequest) -> RawResponse:
    return RawResponse(400, TEXT, f"Not accepted: {problem}.\n".encode())


def _untaken(error: Exception) -> RawResponse:
    log_unexpected(error)
    return RawResponse(503, TEXT, b"")


def answers(channel: Channel, texts: Texts, note_status: NoteStatus) -> dict[str, Answer]:
    """What answers POST on /<channel>/inbound, /<channel>/fallback and /<channel>/status, by these paths.

    Args:
        channel: verifies and parses the callbacks.
        texts: answers the texts.
        note_status: takes the news of a status callback; what it raises is answered as with texts.
    """

    def take_status(request: RawRequest) -> RawResponse:
        note_status(channel.parse_status(request))
        return channel.reply(None)

    text = reading(partial(texts.answer_one, channel))
    at = f"/{channel.name}"
    return {f"{at}/inbound": text, f"{at}/fallback": text, f"{at}/status": signed(channel.verify, take_status)}


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


def reading(answer: Callable[[RawRequest], RawResponse]) -> Answer:
    """Hands the request on as channels want it, where it can be read."""

    def answered(environ: WSGIEnvironment) -> RawResponse:
        try:
            request = read_request(environ)
        except HTTPException as problem:
            return line(problem.code or 500)
        except Exception as error:  # noqa: BLE001 - nobody above would answer without quoting it
            log_unexpected(error)
            return line(500)
        return answer(request)

    return answered


def signed(verify: Callable[[RawRequest], bool], take: Callable[[RawRequest], RawResponse]) -> Answer:
    """Hands only verified requests on, and turns what `take` raises into the answers listed above."""

    def answer(request: RawRequest) -> RawResponse:
        try:
            if not verify(request):
                return line(403)
        except Exception as error:  # noqa: BLE001 - the same
            log_unexpected(error)
            return line(500)
        try:
            return take(request)
        except BadRequest as problem:
            return _refused(problem)
        except Exception as error:  # noqa: BLE001 - the same
            return _untaken(error)

    return reading(answer)
