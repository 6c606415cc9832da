"""Signs requests with the carrier's own library, so that our signing is never tested against itself."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urldefrag

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from werkzeug.datastructures import MultiDict


def sign(token: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """The `X-Twilio-Signature` of a form posted to `url`, whose `#...` is not signed."""
    form: MultiDict[str, str] = MultiDict(list(pairs))
    return str(RequestValidator(token).compute_signature(urldefrag(url).url, form))
