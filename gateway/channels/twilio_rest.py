"""Sending over the carrier's REST interface, and looking up what was perhaps sent.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from gateway.channels import errors
from gateway.channels.addresses import join_address
from handlers.ports import OutboundText, SendError

DEFAULT_BASE_URL = "https://api.twilio.com"
# The carrier's times are whole seconds.
CLOCK_SLACK = 2.0
# More than anybody is sent while one text is in doubt.
LOOK_BACK = 200

_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

T = TypeVar("T")


class TwilioRest:
    """The carrier's REST interface. Its library is loaded at the first use: the webhook never needs it. Thread-safe."""

    def __init__(
        self,
        account_sid: str,
        api_key: str | None,
        api_secret: str | None,
        *,
        base_url: str = DEFAULT_BASE_URL,
        timeout: float = 10.0,
        status_callback: str | None = None,
    ) -> None:
        """Args:
            account_sid: whose messages these are.
            api_key, api_secret: an API key of that account; without them every call fails with STOP_SENDING.
            base_url: where the interface is.
            timeout: seconds to connect, and between two bytes of an answer.
            status_callback: our public URL for status callbacks.

        Raises:
            ValueError: the base URL would send the key in the clear.
        """
        host = urlsplit(base_url)
        if host.scheme != "https" and not (host.scheme == "http" and host.hostname in _LOOPBACK):
            raise ValueError("the carrier's REST interface must be an https address")
        self._account_sid = account_sid
        self._key = (api_key, api_secret)
        self._base_url = base_url
        self._timeout = timeout
        self._status_callback = status_callback
        self._lock = threading.Lock()
        self._client: Any = None

    def send(self, text: OutboundText) -> str:
        """Sends a text, returns the carrier's id. Raises SendError, UNKNOWN where it may have gone out all the same."""
        extra = {"status_callback": self._status_callback} if self._status_callback else {}

        def create(client: Any) -> str:
            message = client.messages.create(
                to=join_address(text.medium, text.recipient),
                from_=join_address(text.medium, text.sender),
                body=text.body,
                **extra,
            )
            return _checked_sid(message.sid)

        return self._attempt(create)

    def find(self, text: OutboundText, since: float) -> str | None:
        """The id of the message that carried this text since `since` (Unix seconds), None if there is none.

        Asked by address only, not by date of sending: a message still queued has none. Raises SendError.
        """

        def look(client: Any) -> str | None:
            messages = client.messages.list(
                to=join_address(text.medium, text.recipient),
                from_=join_address(text.medium, text.sender),
                limit=LOOK_BACK,
                page_size=LOOK_BACK,
            )
            earliest = datetime.fromtimestamp(since - CLOCK_SLACK, UTC)
            ours = (m for m in messages if _is_ours(m, text.body, earliest))
            first = min(ours, key=lambda m: m.date_created, default=None)
            return None if first is None else _checked_sid(first.sid)

        return self._attempt(look)

    def _attempt(self, call: Callable[[Any], T]) -> T:
        if not all(self._key):
            raise SendError(errors.lookup(errors.NO_KEY).action, errors.NO_KEY)
        try:
            return call(self._connected())
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it must not carry the number or the words on
            failure = _failure(error)
        # Raised out here, so that the carrier's own exception does not travel along as its context.
        raise failure

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        from twilio.rest import Client  # type: ignore[import-untyped]

        from gateway.channels.twilio_http import QuietHttp

        # A given environment keeps the library from reading its own settings past our configuration.
        unset = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}
        http = QuietHttp(self._timeout)
        client = Client(*self._key, account_sid=self._account_sid, http_client=http, environment=unset)
        client.api.base_url = self._base_url
        return client


def _checked_sid(sid: object) -> str:
    if not isinstance(sid, str) or _SID.fullmatch(sid) is None:
        raise ValueError("the carrier's answer has no message id")
    return sid


def _is_ours(message: Any, body: str, earliest: datetime) -> bool:
    created = message.date_created
    return (
        isinstance(created, datetime)
        and created >= earliest
        # Our answers to webhooks, which may say the same, are `outbound-reply`.
        and message.direction == "outbound-api"
        # The carrier trims blanks.
        and str(message.body).split() == body.split()
    )


def _failure(error: Exception) -> SendError:
    """The error without the carrier's words, which name the number."""
    from urllib3 import exceptions as http

    if isinstance(error, http.NewConnectionError | http.ConnectTimeoutError):
        cause, status = errors.NO_CONNECTION, None
    elif isinstance(error, http.TimeoutError):
        cause, status = errors.TIMEOUT, None
    else:
        cause, status = _code(error)
    return SendError(errors.lookup(cause, status).action, cause)


def _code(error: Exception) -> tuple[str, int | None]:
    """The carrier's code where it gave one, else the HTTP status, else that no answer came."""
    status = getattr(error, "status", None)
    code = getattr(error, "code", None)
    # The SDK's lists raise without a code, with the response as their second argument.
    response = error.args[1] if status is None and len(error.args) > 1 else None
    if response is not None and isinstance(getattr(response, "status_code", None), int):
        status, code = response.status_code, _code_in(response.text)
    if not isinstance(status, int):
        return errors.NO_ANSWER, None
    if isinstance(code, int) and code != status:
        return str(code), status
    return f"http {status}", status


def _code_in(body: str) -> int | None:
    try:
        code = json.loads(body)["code"]
    except (ValueError, LookupError, TypeError):
        return None
    return code if isinstance(code, int) else None
