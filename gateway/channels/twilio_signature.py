"""The carrier's request signature, checked fast and exactly as its own SDK checks it.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security and `twilio.request_validator`.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urldefrag, urlsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

Pairs = Sequence[tuple[str, str]]

# Far above what the carrier sends (about 20, 60 with ten attachments), far below what would be slow to sort.
MAX_FIELDS = 500


def form_pairs(body: bytes) -> list[tuple[str, str]]:
    """The names and values of a URL-encoded form in the order they came, empty values and repeats included.

    Equal to `urllib.parse.parse_qsl(body, keep_blank_values=True, errors="replace")` at less than half its time.

    Raises:
        ValueError: more than MAX_FIELDS fields.
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise ValueError("too many fields")
    pairs = []
    for item in body.decode("utf-8", "replace").replace("+", " ").split("&"):
        if not item:
            continue
        name, _, value = item.partition("=")
        if "%" in name:
            name = unquote(name, errors="replace")
        if "%" in value:
            value = unquote(value, errors="replace")
        pairs.append((name, value))
    return pairs


def sign(token: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """The signature that the carrier puts on a form sent to `url` (its `#...` is not signed)."""
    mac = hmac.new(token.encode(), _signed_url(url).encode(), hashlib.sha1)
    mac.update(_joined(pairs))
    return b64encode(mac.digest()).decode()


class Signature:
    """Checks the signatures of requests to one configured public URL."""

    def __init__(self, tokens: Sequence[str], url: str) -> None:
        """Args:
            tokens: the account's auth tokens, primary first.
            url: the public URL exactly as the carrier's console has it.

        Raises:
            ValueError: the URL can never be matched: not http(s), a bad port, or a `?` with nothing behind it.
        """
        self._url = _signed_url(url)
        self._macs = [hmac.new(token.encode(), self._url.encode(), hashlib.sha1) for token in tokens]
        self._validators = [RequestValidator(token) for token in tokens]

    def accepts(self, pairs: Pairs, signature: str) -> bool:
        """Whether one of the tokens signed this form for our URL. Never raises.

        The quick check covers what the carrier sends every day; what it does not match is for the SDK to decide, which
        also tries the URL with and without its port.
        """
        return self.matches(pairs, signature) or self._sdk_accepts(pairs, signature)

    def matches(self, pairs: Pairs, signature: str) -> bool:
        """The quick check: whatever it accepts, the SDK accepts too."""
        try:
            joined = _joined(pairs)
        except UnicodeEncodeError:
            return False
        given = signature.encode("utf-8", "replace")
        for keyed in self._macs:
            mac = keyed.copy()
            mac.update(joined)
            if hmac.compare_digest(b64encode(mac.digest()), given):
                return True
        return False

    def _sdk_accepts(self, pairs: Pairs, signature: str) -> bool:
        form = _MultiForm()
        for name, value in pairs:
            form.setdefault(name, []).append(value)
        try:
            return any(validator.validate(self._url, form, signature) for validator in self._validators)
        except Exception:  # noqa: BLE001 - whatever the SDK trips over, the request is not verified
            return False


class _MultiForm(dict[str, list[str]]):
    """A form with every value of a name, in the shape the SDK asks for."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def _joined(pairs: Iterable[tuple[str, str]]) -> bytes:
    return "".join([name + value for name, value in sorted(set(pairs))]).encode()


def _signed_url(url: str) -> str:
    bare = urldefrag(url).url
    parts = urlsplit(bare)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a public URL starts with https:// and a host name")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("a public URL's port is a number up to 65535") from None
    if parts.geturl() != bare:
        raise ValueError("a public URL has a lower-case scheme and no '?' without a query")
    return bare
