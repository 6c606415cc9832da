"""The forms that the carrier posts, with every field that comes along uninvited."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from gateway.standin.account import ACCOUNT

Pairs = list[tuple[str, str]]

REPORTER = "+447700900123"
OUR_NUMBER = "+447700900001"
FORM_HEADERS = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}


def message_sid(number: int) -> str:
    """The SID of the numbered message."""
    return f"SM{number:032x}"


def inbound(body: str = "hello", number: int = 1, without: Iterable[str] = (), **fields: str) -> Pairs:
    """A text that somebody sent to us. `fields` changes or adds fields, `without` leaves some out."""
    form = {
        "ToCountry": "GB",
        "ToState": "",
        "SmsMessageSid": message_sid(number),
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "CF10 1EP",
        "SmsSid": message_sid(number),
        "FromState": "Glamorgan",
        "SmsStatus": "received",
        "FromCity": "Canaryville",
        "Body": body,
        "FromCountry": "GB",
        "To": OUR_NUMBER,
        "MessagingServiceSid": "MG" + "7a" * 16,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": message_sid(number),
        "AccountSid": ACCOUNT.sid,
        "From": REPORTER,
        "ApiVersion": "2010-04-01",
        "ProfileName": "Canary Name",
        "WaId": "447700900123",
        "ExternalUserId": "canary-user",
    } | fields
    return [(name, value) for name, value in form.items() if name not in set(without)]


def status(state: str = "delivered", number: int = 1, without: Iterable[str] = (), **fields: str) -> Pairs:
    """News about a text of ours."""
    form = {
        "SmsSid": message_sid(number),
        "SmsStatus": state,
        "MessageStatus": state,
        "To": REPORTER,
        "MessageSid": message_sid(number),
        "AccountSid": ACCOUNT.sid,
        "From": OUR_NUMBER,
        "ApiVersion": "2010-04-01",
    } | fields
    return [(name, value) for name, value in form.items() if name not in set(without)]


def encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """The form as it goes over the wire."""
    return urlencode(list(pairs)).encode()
