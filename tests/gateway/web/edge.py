"""The whole web edge with fakes behind it that write down what reached them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import Parts, create_app
from gateway.channels.mailbox import MemoryMailbox
from gateway.channels.simulator import SimulatorChannel
from gateway.channels.simulator import sign as sign_for_simulator
from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.web.health import Check
from gateway.web.webhook import one_by_one
from handlers.ports import Channel, InboundText, StatusNote
from tests import carrier
from tests.carrier import ACCOUNT

URLS = PublicUrls.under("https://texts.example.org")
BY_ENDPOINT = {"inbound": URLS.inbound, "fallback": URLS.fallback, "status": URLS.status}
SECRET = "a shared secret"
NOW = 1_800_000_000.0

Pairs = Sequence[tuple[str, str]]


class Edge:
    """A running web edge. `texts` and `notes` are what was handed on; `breaks` makes both hand-overs fail."""

    def __init__(self, *, checks: Sequence[Check] = (), development: bool = False) -> None:
        self.texts: list[InboundText] = []
        self.notes: list[StatusNote] = []
        self.says: Callable[[InboundText], str | None] = lambda text: f"Thanks & noted: {len(text.body)}"
        self.breaks: Exception | None = None
        self.mailbox = MemoryMailbox()
        channels: tuple[Channel, ...] = (
            TwilioChannel(ACCOUNT.sid, [ACCOUNT.token, ACCOUNT.second_token], URLS),
            SimulatorChannel(SECRET, self.mailbox, lambda: NOW),
        )
        how_to_text = ("Run: quietline phone & text", "Or <b>text</b>:\n  +447700900001")
        self.app = create_app(
            Parts(
                channels,
                one_by_one(self._receive),
                self._note_status,
                checks,
                development=development,
                how_to_text=how_to_text,
            )
        )
        self.client: FlaskClient = self.app.test_client()

    @property
    def reached(self) -> int:
        """How many texts and notes were handed on."""
        return len(self.texts) + len(self.notes)

    def carrier_posts(
        self, pairs: Pairs, endpoint: str = "inbound", *, token: str = ACCOUNT.token, **more: Any
    ) -> TestResponse:
        """A form as the carrier posts it, signed. `more` overrides what the test client sends."""
        headers = {"X-Twilio-Signature": carrier.sign(token, BY_ENDPOINT[endpoint], pairs)} | more.pop("headers", {})
        sent: dict[str, Any] = {
            "data": carrier.encode(pairs),
            "content_type": "application/x-www-form-urlencoded; charset=UTF-8",
        } | more
        return self.client.post(f"/twilio/{endpoint}", headers=headers, **sent)

    def phone_posts(self, message: object, endpoint: str = "inbound") -> TestResponse:
        """A message as the terminal phone posts it, signed."""
        body, path = json.dumps(message).encode(), f"/simulator/{endpoint}"
        return self.client.post(path, data=body, headers=sign_for_simulator(SECRET, path, body, NOW))

    def _receive(self, channel: Channel, text: InboundText) -> str | None:
        if self.breaks is not None:
            raise self.breaks
        assert channel.name == text.channel
        self.texts.append(text)
        return self.says(text)

    def _note_status(self, note: StatusNote) -> None:
        if self.breaks is not None:
            raise self.breaks
        self.notes.append(note)
