"""Where a twin brings the texts that it took while this host was away: POST /twin/texts.

200    every line is on the disk, or was before
403    not signed by a process that has this installation's key ring
400    a line cannot be read: nothing was taken
413    a body over 64 KiB
503    nothing could be stored: the twin tries again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response
from flask import request as current
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from gateway.web.failures import log_unexpected, neutral
from gateway.web.raw import read_request
from handlers.ports import BadRequest

TakeOver = Callable[[bytes], int]
IsSigned = Callable[[Mapping[str, str], bytes], bool]


def blueprint(take_over: TakeOver, is_signed: IsSigned) -> Blueprint:
    """The one address.

    Args:
        take_over: keeps a spool's lines and returns how many were new. BadRequest is answered 400, anything else 503.
        is_signed: whether a request's headers hold a signature of its body.
    """
    handover = Blueprint("handover", __name__, url_prefix="/twin")

    @handover.post("/texts", provide_automatic_options=False)
    def texts() -> Response:
        try:
            request = read_request(current.environ)
        except RequestEntityTooLarge:
            return neutral(413)
        except ClientDisconnected:
            return neutral(400)
        if not is_signed(request.headers, request.body):
            return neutral(403)
        try:
            number = take_over(request.body)
        except BadRequest:
            return neutral(400)
        except Exception as error:  # noqa: BLE001 - what is not acknowledged is brought again
            log_unexpected(error)
            return neutral(503)
        return Response(f"{number}\n", 200, content_type="text/plain; charset=utf-8")

    return handover
