"""Servers and certificates for these tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from handlers.sinks.network import Limits
from handlers.sinks.webhook import WebhookSettings, WebhookSink

from .servers import Certificate, ScriptedSink, certificate

SECRET = "whsec_" + "bmV3IHNlY3JldCBvZiAzMiBieXRlcywgbm90IHJlYWw="
OLD_SECRET = "whsec_" + "b2xkIHNlY3JldCBvZiAzMiBieXRlcywgbm90IHJlYWw="
QUICK = Limits(connect=0.5, read=0.5, whole=1.0, rest=0.1)
"""For tests in which time runs out; the others must hold on a busy machine."""

MakeWebhook = Callable[..., WebhookSink]


@pytest.fixture
def control_room() -> Iterator[ScriptedSink]:
    with ScriptedSink() as server:
        yield server


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def webhook(control_room: ScriptedSink) -> Iterator[MakeWebhook]:
    """Makes sinks that post to the control room, or wherever `url` says."""
    with ExitStack() as made:

        def make(
            url: str | None = None,
            now: Callable[[], float] = time.time,
            limits: Limits | None = None,
            **settings: str,
        ) -> WebhookSink:
            address = url or f"http://127.0.0.1:{control_room.port}/reports?token=canary-token"
            read = WebhookSettings.from_settings({"url": address, "secret": SECRET, **settings})
            sink = WebhookSink("desk", read, limits=limits, now=now)
            made.callback(sink.close)
            return sink

        yield make
