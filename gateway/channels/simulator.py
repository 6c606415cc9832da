"""The phone in a terminal as a channel: signed JSON in, JSON back, texts kept until the phone fetches them.

What a phone posts, each signed with `sign`:

    /simulator/inbound   {"id": ID, "from": NUMBER, "to": NUMBER, "text": "..."}   ->  {"text": "..." or null}
    /simulator/status    {"id": ID, "status": "delivered", "error": CODE or null}  ->  {"text": null}
    /simulator/texts     {"from": NUMBER, "after": ID or null}  ->  {"texts": [{"id": ID, "from", "text"}]}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping

from conversations.texts import normalise
from gateway.channels.addresses import split_address
from gateway.channels.mailbox import Mailbox
from handlers.ports import BadRequest, InboundText, OutboundText, RawRequest, RawResponse, StatusNote

NAME = "simulator"
SIGNATURE_HEADER = "X-Quietline-Signature"
TIMESTAMP_HEADER = "X-Quietline-Timestamp"
# How far the phone's clock may be from ours.
TOLERANCE_SECONDS = 300

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATUS = re.compile(r"[A-Za-z_]{1,32}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def sign(secret: str, path: str, body: bytes, now: float) -> dict[str, str]:
    """The headers that make a request to the simulator good for five minutes.

    Args:
        secret: shared with the gateway.
        path: of the request as it is sent, such as `/simulator/inbound`, with its query if it has one.
        body: the raw bytes.
        now: Unix seconds.
    """
    timestamp = str(int(now))
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: _signature(secret, timestamp, path, body)}


class SimulatorChannel:
    """The terminal phone's carrier. Its reports are tests. Thread-safe; keeps `handlers.ports.Channel`."""

    name = NAME
    repeats = False
    report_status = "test"

    def __init__(self, secret: str, mailbox: Mailbox, now: Callable[[], float] = time.time) -> None:
        """Args:
            secret: shared with the phones.
            mailbox: keeps what is sent until a phone fetches it.
            now: Unix seconds, to judge a request's age.

        Raises:
            ValueError: the secret is empty.
        """
        if not secret:
            raise ValueError("the simulator needs a secret")
        self._secret = secret
        self._mailbox = mailbox
        self._now = now

    def verify(self, request: RawRequest) -> bool:
        """Whether a phone that knows the secret signed this within the last five minutes."""
        timestamp = request.headers.get(TIMESTAMP_HEADER.lower(), "")
        given = request.headers.get(SIGNATURE_HEADER.lower(), "")
        if _TIMESTAMP.fullmatch(timestamp) is None or abs(self._now() - int(timestamp)) > TOLERANCE_SECONDS:
            return False
        expected = _signature(self._secret, timestamp, request.path, request.body)
        return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))

    def parse(self, request: RawRequest) -> InboundText:
        """The text in a verified request. Raises BadRequest."""
        fields = _fields(request.body)
        medium, sender = split_address(_text(fields, "from"), "from")
        recipient = split_address(_text(fields, "to"), "to")[1]
        body, altered = normalise(_text(fields, "text"))
        return InboundText(NAME, _shaped(fields, "id", _ID), medium, sender, recipient, body, altered)

    def parse_status(self, request: RawRequest) -> StatusNote:
        """The news in a verified status callback. Raises BadRequest."""
        fields = _fields(request.body)
        error = None if fields.get("error") is None else _shaped(fields, "error", _ID)
        return StatusNote(NAME, _shaped(fields, "id", _ID), _shaped(fields, "status", _STATUS).lower(), error)

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        """The answer as JSON; its text is null where nothing is said."""
        return _answer({"text": text})

    def send(self, text: OutboundText) -> str:
        """Keeps a text for the phone to fetch and returns its id."""
        return self._mailbox.put(text)

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        """The id of a text that was kept under its token."""
        return self._mailbox.find(text.token)

    def fetch(self, request: RawRequest) -> RawResponse:
        """What the number in a verified request was sent after the text it names. Raises BadRequest."""
        fields = _fields(request.body)
        recipient = split_address(_text(fields, "from"), "from")[1]
        after = None if fields.get("after") is None else _shaped(fields, "after", _ID)
        letters = self._mailbox.letters(recipient, after)
        return _answer({"texts": [{"id": one.id, "from": one.sender, "text": one.body} for one in letters]})


def _signature(secret: str, timestamp: str, path: str, body: bytes) -> str:
    signed = f"{timestamp}\n{path}\n".encode("utf-8", "replace") + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _answer(document: Mapping[str, object]) -> RawResponse:
    return RawResponse(200, "application/json", json.dumps(document).encode())


def _fields(body: bytes) -> dict[str, object]:
    try:
        # Not orjson: a lone surrogate is valid JSON, and the normaliser's business.
        fields = json.loads(body.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise BadRequest("the body is not a JSON object")
    return fields


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name is given twice")
    return fields


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise BadRequest(f"{name} is missing or not a text")
    return value


def _shaped(fields: Mapping[str, object], name: str, pattern: re.Pattern[str]) -> str:
    value = _text(fields, name)
    if pattern.fullmatch(value) is None:
        raise BadRequest(f"{name} is not of its shape")
    return value
