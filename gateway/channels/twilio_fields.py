"""The carrier's form fields as our own records, each field held against its pattern.

The signature joins names and values without separators, so one signed form can be cut up into another. Only fields of
the right shape, each given once, are believed. Fields about where somebody lives or what they are called
(`FromCity`, `ProfileName`, `WaId` and the like) are never read.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence

from conversations.texts import normalise
from gateway.channels.addresses import split_address
from handlers.ports import BadRequest, InboundText, Media, StatusNote

MAX_MEDIA = 10

_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "MessageSid": re.compile(r"(?:SM|MM)[0-9a-f]{32}"),
    "AccountSid": re.compile(r"AC[0-9a-f]{32}"),
    "MessagingServiceSid": re.compile(r"(?:MG[0-9a-f]{32})?"),
    "ApiVersion": re.compile(r"[0-9-]{0,20}"),
    "NumMedia": re.compile(r"[0-9]{0,2}"),
    "OptOutType": re.compile(r"[A-Za-z]{0,20}"),
    "Latitude": re.compile(r"(?:-?[0-9]{1,2}(?:\.[0-9]{0,20})?)?"),
    "Longitude": re.compile(r"(?:-?[0-9]{1,3}(?:\.[0-9]{0,20})?)?"),
    "MessageStatus": re.compile(r"[A-Za-z_]{1,32}"),
    "ErrorCode": re.compile(r"[0-9]{0,6}"),
}
_MEDIA_URL = re.compile(r"https://[^\s\x00-\x20\x7f-\x9f]{1,2000}")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}(?:;[ -~]{0,200})?", re.ASCII)
_MEDIA_FIELDS = frozenset(f"{kind}{n}" for kind in ("MediaUrl", "MediaContentType") for n in range(MAX_MEDIA))
_KNOWN = _PATTERNS.keys() | _MEDIA_FIELDS | {"From", "To", "Body", "ButtonText", "ButtonPayload", "Address", "Label"}
_EXTRAS = {
    "Latitude": "latitude",
    "Longitude": "longitude",
    "Address": "address",
    "Label": "label",
    "ButtonText": "button_text",
    "ButtonPayload": "button_payload",
}
_KEYWORD_KINDS = frozenset({"STOP", "START", "HELP"})

# Shorter runs of letters are words; the carrier only encodes texts that did not fit.
_BASE64_FROM = 64
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

Fields = dict[str, str]


def inbound_text(channel: str, pairs: Sequence[tuple[str, str]]) -> InboundText:
    """The text in an inbound webhook's form.

    Keys of its `extras`: `latitude`, `longitude`, `address`, `label`, `button_text`, `button_payload`, `decoded_body`.

    Raises:
        BadRequest: a field is missing, given twice or not of its shape.
    """
    fields = _known(pairs)
    external_id = _required(fields, "MessageSid")
    medium, sender = split_address(_required(fields, "From"), "From")
    # One message stays within one medium, so the recipient's is the sender's.
    recipient = split_address(_required(fields, "To"), "To")[1]
    media = _media(fields)
    extras = {key: normalise(fields[name])[0] for name, key in _EXTRAS.items() if fields.get(name)}
    if "Body" not in fields and not media and not extras:
        raise BadRequest("Body is missing")
    body, altered = normalise(fields.get("Body", ""))
    if len(body) >= _BASE64_FROM and (decoded := _decoded(body)):
        extras["decoded_body"] = decoded
    kind = fields.get("OptOutType", "").upper()
    return InboundText(
        channel=channel,
        external_id=external_id,
        medium=medium,
        sender=sender,
        recipient=recipient,
        body=body,
        altered=altered,
        carrier_answers=kind if kind in _KEYWORD_KINDS else None,
        media=media,
        extras=extras,
    )


def status_note(channel: str, pairs: Sequence[tuple[str, str]], answers: str | None = None) -> StatusNote:
    """The news in a status callback's form; `answers` is the text that ours answered. Raises BadRequest as
    `inbound_text` does."""
    fields = _known(pairs)
    external_id = _required(fields, "MessageSid")
    status = _required(fields, "MessageStatus").lower()
    if "To" in fields:
        split_address(fields["To"], "To")
    return StatusNote(channel, external_id, status, fields.get("ErrorCode") or None, answers)


def _known(pairs: Sequence[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, value in pairs:
        if name not in _KNOWN:
            continue
        if name in fields:
            raise BadRequest(f"{name} is given twice")
        pattern = _PATTERNS.get(name)
        if pattern is not None and pattern.fullmatch(value) is None:
            raise BadRequest(f"{name} is not of its shape")
        fields[name] = value
    return fields


def _required(fields: Fields, name: str) -> str:
    try:
        return fields[name]
    except KeyError:
        raise BadRequest(f"{name} is missing") from None


def _media(fields: Fields) -> tuple[Media, ...]:
    count = int(fields.get("NumMedia") or 0)
    if count > MAX_MEDIA:
        raise BadRequest("NumMedia is over 10")
    return tuple(_attachment(fields, n) for n in range(count))


def _attachment(fields: Fields, n: int) -> Media:
    url = _required(fields, f"MediaUrl{n}")
    if _MEDIA_URL.fullmatch(url) is None:
        raise BadRequest(f"MediaUrl{n} is not an https address")
    content_type = fields.get(f"MediaContentType{n}") or "application/octet-stream"
    if _MEDIA_TYPE.fullmatch(content_type) is None:
        raise BadRequest(f"MediaContentType{n} is not a media type")
    return Media(url, content_type)


def _decoded(body: str) -> str | None:
    """What a body that is base64 of a text says, None where it is anything else."""
    packed = "".join(body.split("\n"))
    if len(packed) % 4 or _BASE64.fullmatch(packed) is None:
        return None
    try:
        text = b64decode(packed, validate=True).decode()
    except ValueError:
        return None
    # Random letters also decode, hardly ever to something that can be read.
    readable = sum(character.isprintable() or character in "\n\r\t" for character in text)
    return normalise(text)[0] if readable == len(text) else None
