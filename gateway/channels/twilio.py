"""Twilio as a channel: signed webhooks in, TwiML back, REST for what is not an answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from urllib.parse import urldefrag

from msgspec import Struct

from gateway.channels import twiml
from gateway.channels.twilio_fields import inbound_text, status_note
from gateway.channels.twilio_rest import DEFAULT_BASE_URL, TwilioRest
from gateway.channels.twilio_signature import Signature, form_pairs
from handlers.ports import BadRequest, InboundText, OutboundText, RawRequest, RawResponse, StatusNote

NAME = "twilio"
# Behind a webhook's address at the carrier: try up to 5 times more on any failure, 3 s to connect, 5 s to answer.
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
CONNECTION_OVERRIDES = "#rc=5&rp=all&ct=3000&rt=5000"

# An answer goes back in the response, so its own id is not known to us: its news names the text that it answers.
_ANSWERED = re.compile("of=((?:SM|MM)[0-9a-f]{32})")
_FORM = "application/x-www-form-urlencoded"


class PublicUrls(Struct, frozen=True):
    """Where the carrier reaches us, exactly as its console has it, `#...` included or not."""

    inbound: str
    fallback: str
    status: str

    @classmethod
    def under(cls, base: str) -> PublicUrls:
        """The three URLs under a public base such as `https://texts.example.org`."""
        root = f"{base.rstrip('/')}/{NAME}"
        return cls(f"{root}/inbound", f"{root}/fallback", f"{root}/status")


class _Extended:
    """The address of status callbacks, and the same with the id of a text that was answered."""

    def __init__(self, url: str) -> None:
        self._bare = urldefrag(url).url
        self._rules = url[len(self._bare) :]
        self.query = self._bare.partition("?")[2]
        self._before = f"{self.query}&" if self.query else ""

    def of(self, answers: str) -> str:
        """The address for news of the answer to a text; empty where that is none of the carrier's."""
        if not _ANSWERED.fullmatch(f"of={answers}"):
            return ""
        return f"{self._bare}{'&' if self.query else '?'}of={answers}{self._rules}"

    def answered(self, query: str) -> str | None:
        """Whose answer a callback to this query is about."""
        found = _ANSWERED.fullmatch(query.removeprefix(self._before))
        return found[1] if found and query.startswith(self._before) else None


class _LastForm(threading.local):
    body: bytes | None = None
    pairs: list[tuple[str, str]]


class TwilioChannel:
    """One Twilio account. Thread-safe; keeps `handlers.ports.Channel`."""

    name = NAME
    repeats = True
    report_status = "live"

    def __init__(
        self,
        account_sid: str,
        auth_tokens: Sequence[str],
        public_urls: PublicUrls,
        *,
        api_key: str | None = None,
        api_secret: str | None = None,
        api_base_url: str = DEFAULT_BASE_URL,
        timeout: float = 10.0,
    ) -> None:
        """Args:
            account_sid: our account, `AC` and 32 hex digits; requests for any other are not verified.
            auth_tokens: the primary token, and the secondary while they are being rotated.
            public_urls: what the carrier signs; the request's own host is never looked at, and of its query only the id
                of an answered text, put into our own address.
            api_key, api_secret: for sending.
            api_base_url: another address of the REST interface.
            timeout: seconds that a REST call may take to connect and between two bytes.

        Raises:
            ValueError: no token, more than two, or a URL that can never be matched.
        """
        if not 1 <= len(auth_tokens) <= 2 or not all(auth_tokens):
            raise ValueError("one auth token is needed, or two while they are rotated")
        self._account_sid = account_sid
        self._last = _LastForm()
        self._tokens, self._news = tuple(auth_tokens), _Extended(public_urls.status)
        self._signatures = {
            "inbound": Signature(auth_tokens, public_urls.inbound),
            "fallback": Signature(auth_tokens, public_urls.fallback),
            "status": Signature(auth_tokens, public_urls.status),
        }
        self._rest = TwilioRest(
            account_sid,
            api_key,
            api_secret,
            base_url=api_base_url,
            timeout=timeout,
            status_callback=public_urls.status,
        )

    def verify(self, request: RawRequest) -> bool:
        """Whether the carrier signed this form for the URL that its path stands for, and for our account."""
        path, _, query = request.path.partition("?")
        endpoint = path.rpartition("/")[2]
        signature = self._signatures.get(endpoint)
        if endpoint == "status" and (answered := self._news.answered(query)) is not None:
            signature = Signature(self._tokens, self._news.of(answered))
        given = request.headers.get("x-twilio-signature")
        if signature is None or not given or not _is_form(request):
            return False
        try:
            pairs = self._pairs(request)
        except BadRequest:
            return False
        return signature.accepts(pairs, given) and self._is_ours(pairs)

    def parse(self, request: RawRequest) -> InboundText:
        """The text in a verified request. Raises BadRequest; for what `extras` may hold see `twilio_fields`."""
        return inbound_text(NAME, self._pairs(request))

    def parse_status(self, request: RawRequest) -> StatusNote:
        """The news in a verified status callback. Raises BadRequest."""
        return status_note(NAME, self._pairs(request), self._news.answered(request.path.partition("?")[2]))

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        """TwiML with one message, or with none; of an answer the carrier is asked to tell what becomes of it."""
        return RawResponse(200, twiml.CONTENT_TYPE, twiml.response(text, self._news.of(answers)))

    def send(self, text: OutboundText) -> str:
        """Sends a text over REST and returns its SID. Raises SendError."""
        return self._rest.send(text)

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        """Looks a text up by its addresses, its words and the time. Raises SendError."""
        return self._rest.find(text, since)

    def _pairs(self, request: RawRequest) -> list[tuple[str, str]]:
        """The form's fields; of one request they are read once, by the thread that verifies and parses it."""
        last = self._last
        if last.body is not request.body:
            try:
                last.body, last.pairs = request.body, form_pairs(request.body)
            except ValueError:
                last.body = None
                raise BadRequest("the form has too many fields") from None
        return last.pairs

    def _is_ours(self, pairs: Sequence[tuple[str, str]]) -> bool:
        accounts = [value for name, value in pairs if name == "AccountSid"]
        return bool(accounts) and all(account == self._account_sid for account in accounts)


def _is_form(request: RawRequest) -> bool:
    content_type = request.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() == _FORM
