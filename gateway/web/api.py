"""Where control rooms answer for reports: POST /api/v1/acknowledgements, described at /api/v1/openapi.json.

403    not signed, wrongly signed, or signed over five minutes ago
400    signed, and the words say which field is wrong; its value is never repeated
404    there is no such report for whoever signed; a confidential one looks the same (R8)
409    this webhook id has said something else before
413    a body over 64 KiB
503    nothing could be stored: try again
200    kept; the same answer again is answered the same

Signed as Standard Webhooks says, by the secret of the sink that got the report:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
The signature covers the body and no address, so the report is named in the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from flask import Blueprint, Response
from flask import request as current
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from gateway.web.failures import log_unexpected
from gateway.web.raw import read_request
from handlers.acknowledgements import (
    ACCEPTED,
    CAUSES,
    COMPLETED,
    OUTCOMES,
    REJECTED,
    Answer,
    RepeatedIdError,
    UnknownReportError,
)
from handlers.ports import BadRequest, RawRequest

Acknowledge = Callable[[Sequence[str], str, str, Answer], None]
"""Keeps an answer: the sinks that signed, the report's id, the webhook id, what they say."""

DESCRIPTION: Final = Path(__file__).with_name("openapi.json")
_JSON: Final = "application/json"
_REPORT: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_INCIDENT: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./_-]{0,39}")
_WEBHOOK_ID: Final = re.compile(r"[!-~]{1,200}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_REASONS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    REJECTED: ("cause", CAUSES),
    COMPLETED: ("outcome", OUTCOMES),
}
_STATUSES: Final = (ACCEPTED, *_REASONS)


def blueprint(acknowledge: Acknowledge, senders: Mapping[str, Sequence[str]]) -> Blueprint:
    """The API.

    Args:
        acknowledge: keeps an answer. UnknownReportError is answered 404, RepeatedIdError 409; any other exception
            means that nothing is stored, and is answered 503.
        senders: the secrets of each sink that may answer.
    """
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.post("/acknowledgements", provide_automatic_options=False)
    def acknowledgements() -> Response:
        try:
            request = read_request(current.environ)
        except RequestEntityTooLarge:
            return _refuse(413, "the body is over 64 KiB")
        except ClientDisconnected:
            return _refuse(400, "the body is shorter than announced")
        signed_by = _signed_by(request, senders)
        if not signed_by:
            return _refuse(403, "the signature does not hold")
        return _take(acknowledge, signed_by, request)

    @api.get("/openapi.json", provide_automatic_options=False)
    def description() -> Response:
        return Response(DESCRIPTION.read_bytes(), content_type=_JSON)

    return api


def _take(acknowledge: Acknowledge, signed_by: Sequence[str], request: RawRequest) -> Response:
    try:
        webhook_id = request.headers["webhook-id"]
        if not _WEBHOOK_ID.fullmatch(webhook_id):
            raise BadRequest("webhook-id: must be 1 to 200 printable ASCII characters without blanks")
        report_id, answer = read_answer(request.body)
        acknowledge(signed_by, report_id, webhook_id, answer)
    except BadRequest as problem:
        return _refuse(400, str(problem))
    except UnknownReportError:
        return _refuse(404, "there is no such report")
    except RepeatedIdError:
        return _refuse(409, "webhook-id: has been used for another answer")
    except Exception as error:  # noqa: BLE001 - whoever is not told that nothing was stored does not try again
        log_unexpected(error)
        return _refuse(503, "nothing could be stored, try again")
    return _json(200, {"report": report_id, "status": answer.status})


def _signed_by(request: RawRequest, senders: Mapping[str, Sequence[str]]) -> list[str]:
    """The sinks whose secret signed the request, by Standard Webhooks, within five minutes."""
    from standardwebhooks import Webhook

    headers = {name: request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")}
    named = {f"webhook-{name}": value for name, value in headers.items()}

    def holds(secret: str) -> bool:
        try:
            Webhook(secret).verify(request.body, named, json_parse=False)
        except Exception:  # noqa: BLE001 - the library raises what it likes for headers that are none
            return False
        return True

    # Every secret is tried, so that the time tells nothing of which one it was.
    tried = {sink: [holds(secret) for secret in secrets] for sink, secrets in senders.items()}
    return [sink for sink, held in tried.items() if any(held)]


def read_answer(body: bytes) -> tuple[str, Answer]:
    """The report's id and the answer in a request's JSON body. Raises BadRequest naming the field, never its value."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(said, dict):
        raise BadRequest("the body must be a JSON object")
    status = _one_of(said, "status", _STATUSES)
    reason, reasons = _REASONS.get(status, (None, ()))
    known = ("report", "status", "incident", "at", *((reason,) if reason else ()))
    if any(name not in known for name in said):
        raise BadRequest(f"unknown field: with this status there are {', '.join(known)}")
    report_id = _matching(said, "report", _REPORT, "1 to 64 letters, digits and hyphens")
    incident = at = None
    if "incident" in said:
        incident = _matching(said, "incident", _INCIDENT, "1 to 40 letters, digits, blanks and . / _ -, no blank first")
    if "at" in said:
        at = _time(_matching(said, "at", _TIME, "a time such as 2026-11-21T18:07:40Z"))
    return report_id, Answer(status, _one_of(said, reason, reasons) if reason else None, incident, at)


def _one_of(said: Mapping[str, Any], name: str, values: Sequence[str]) -> str:
    if said.get(name) not in values:
        raise BadRequest(f"{name}: must be one of {', '.join(values)}")
    return str(said[name])


def _matching(said: Mapping[str, Any], name: str, pattern: re.Pattern[str], words: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadRequest(f"{name}: must be {words}")
    return value


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise BadRequest("at: is not a time that there is") from None


def _refuse(status: int, words: str) -> Response:
    response = _json(status, {"error": words})
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _json(status: int, document: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(document), status, content_type=_JSON)
