"""The stand-in's deliveries: signed, tried again, then to the fallback address, as the carrier's are."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.channels.twilio import CONNECTION_OVERRIDES, PublicUrls, TwilioChannel
from gateway.standin.delivery import Delivery
from gateway.standin.forms import OUR_NUMBER
from gateway.standin.messages import Message, Messages
from handlers.ports import RawRequest
from tests.carrier import ACCOUNT, Carrier
from tests.gateway.served import served


class Webhook:
    """Verifies with the product's own channel; fails as often as it is told, by path."""

    def __init__(self, **failures: int) -> None:
        self.failures = failures
        self.heard: list[tuple[str, bool]] = []
        self.channel: TwilioChannel

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers["content-type"] = environ["CONTENT_TYPE"]
        path = environ["PATH_INFO"]
        self.heard.append((path, self.channel.verify(RawRequest("POST", path, headers, body))))
        name = path.rpartition("/")[2]
        self.failures[name] = self.failures.get(name, 0) - 1
        start_response("500 Oops" if self.failures[name] >= 0 else "200 OK", [("Content-Type", "text/xml")])
        return [b"<Response/>"]


def text() -> Message:
    return Messages().receive(ACCOUNT.sid, "+447700900123", "61016", "hello")


@pytest.mark.parametrize("second", [False, True])
def test_it_is_signed_for_the_address_and_tried_again_until_it_is_taken(second: bool) -> None:
    webhook = Webhook(inbound=2)
    with served(webhook) as base:
        urls = PublicUrls.under(base)
        webhook.channel = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token, ACCOUNT.second_token], urls)
        done = Delivery(ACCOUNT, urls.inbound + CONNECTION_OVERRIDES, second_token=second).deliver(text())
    assert (done.body, done.attempts) == (b"<Response/>", 3)
    assert webhook.heard == [("/twilio/inbound", True)] * 3


def test_f21_after_the_last_try_the_fallback_address_gets_it_signed_as_itself() -> None:
    webhook = Webhook(inbound=99)
    with served(webhook) as base:
        urls = PublicUrls.under(base)
        webhook.channel = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token], urls)
        done = Delivery(ACCOUNT, urls.inbound + CONNECTION_OVERRIDES, urls.fallback).deliver(text())
    assert (done.body, done.attempts) == (b"<Response/>", 7)
    assert webhook.heard[-1] == ("/twilio/fallback", True)


def test_by_default_it_is_tried_once_more_only_where_nobody_could_be_connected_to() -> None:
    webhook = Webhook(inbound=99)
    with served(webhook) as base:
        urls = PublicUrls.under(base)
        webhook.channel = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token], urls)
        done = Delivery(ACCOUNT, urls.inbound, urls.fallback).deliver(text())
        assert (done.body, done.attempts) == (b"<Response/>", 2), "a 500 is not tried again"
        away = Delivery(ACCOUNT, "http://127.0.0.1:9/twilio/inbound", urls.fallback).deliver(text())
    assert (away.body, away.attempts) == (b"<Response/>", 3)


def test_where_nobody_answers_it_says_so() -> None:
    assert Delivery(ACCOUNT, "http://127.0.0.1:9/twilio/inbound").deliver(text()).body is None


def test_after_stop_the_carrier_blocks_us_until_start() -> None:
    with Carrier() as carrier:
        messages = carrier.messages
        messages.receive(ACCOUNT.sid, "+447700900123", OUR_NUMBER, "Stop")
        assert messages.is_blocked(OUR_NUMBER, "+447700900123")
        messages.receive(ACCOUNT.sid, "+447700900123", OUR_NUMBER, "START")
        assert not messages.is_blocked(OUR_NUMBER, "+447700900123")
        messages.receive(ACCOUNT.sid, "+447700900123", "61016", "STOP")
        assert not messages.is_blocked("61016", "+447700900123"), "a short code leaves it to us"
