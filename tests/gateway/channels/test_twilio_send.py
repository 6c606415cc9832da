"""Sending over REST against the stand-in on a real socket: what went out, what was refused, what nobody knows."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from functools import partial

import pytest

from gateway.channels.twilio import PublicUrls, TwilioChannel
from handlers.ports import OutboundText, SendAction, SendError
from tests.carrier import ACCOUNT, Carrier, Drop, Hang, Refuse, Say
from tests.waiting import until

TEXT = OutboundText("token-1", "sms", "+447700900001", "+447700900123", "canary: thanks, which train is it?")
URLS = PublicUrls.under("https://texts.example.org")


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with Carrier() as running:
        yield running


def channel(url: str, *, secret: str | None = ACCOUNT.api_secret, timeout: float = 5.0) -> TwilioChannel:
    return TwilioChannel(
        ACCOUNT.sid,
        [ACCOUNT.token],
        URLS,
        api_key=ACCOUNT.api_key,
        api_secret=secret,
        api_base_url=url,
        timeout=timeout,
    )


def refusal(sender: TwilioChannel, text: OutboundText = TEXT) -> SendError:
    with pytest.raises(SendError) as refused:
        sender.send(text)
    return refused.value


def test_a_text_goes_out_once_with_its_callback_address(carrier: Carrier) -> None:
    sid = channel(carrier.url).send(TEXT)
    (sent,) = carrier.messages.find()
    assert (sent.sid, sent.sender, sent.recipient, sent.body) == (sid, TEXT.sender, TEXT.recipient, TEXT.body)
    assert sent.status_callback == URLS.status
    assert carrier.requests == 1


def test_a_text_on_another_medium_goes_out_on_that_medium(carrier: Carrier) -> None:
    text = OutboundText("token-2", "whatsapp", "+447700900001", "GB.1234", "hello")
    channel(carrier.url).send(text)
    (sent,) = carrier.messages.find()
    assert (sent.sender, sent.recipient) == ("whatsapp:+447700900001", "whatsapp:GB.1234")


@pytest.mark.parametrize(
    ("step", "action", "cause"),
    [
        (Refuse(21610), SendAction.OPTED_OUT, "21610"),
        (Refuse(21211), SendAction.STOP_ADDRESS, "21211"),
        (Refuse(21617), SendAction.DROP, "21617"),
        (Refuse(14107), SendAction.FLOOD, "14107"),
        (Refuse(20429, 429), SendAction.RETRY, "20429"),
        (Refuse(20500, 500), SendAction.UNKNOWN, "20500"),
        (Refuse(99999, 400), SendAction.DROP, "99999"),
        (Say(503, b"<h1>Busy</h1>"), SendAction.UNKNOWN, "http 503"),
        (Say(429), SendAction.RETRY, "http 429"),
        (Say(307, location="http://127.0.0.1:1/"), SendAction.STOP_SENDING, "http 307"),
        (Say(201, b"no json", takes=True), SendAction.UNKNOWN, "no answer"),
        (Say(201, b"[]", takes=True), SendAction.UNKNOWN, "no answer"),
        (Say(201, b'{"sid": "<script>"}', takes=True), SendAction.UNKNOWN, "no answer"),
        (Drop(), SendAction.UNKNOWN, "no answer"),
        (Drop(takes=True), SendAction.UNKNOWN, "no answer"),
    ],
)
def test_each_refusal_says_what_to_do_next(
    carrier: Carrier, step: Say | Refuse | Drop, action: SendAction, cause: str
) -> None:
    carrier.next(step)
    error = refusal(channel(carrier.url))
    assert (error.action, error.cause) == (action, cause)
    assert carrier.requests == 1


def test_a_wrong_key_stops_sending(carrier: Carrier) -> None:
    error = refusal(channel(carrier.url, secret="wrong"))
    assert (error.action, error.cause) == (SendAction.STOP_SENDING, "20003")
    assert carrier.messages.find() == []


def test_no_key_at_all_stops_sending_without_a_request(carrier: Carrier) -> None:
    assert refusal(channel(carrier.url, secret=None)).action is SendAction.STOP_SENDING
    assert carrier.requests == 0


def test_a_carrier_that_is_not_there_is_tried_again() -> None:
    with Carrier() as gone:
        url = gone.url
    error = refusal(channel(url))
    assert (error.action, error.cause) == (SendAction.RETRY, "no connection")


def test_no_answer_in_time_is_unknown_until_it_is_looked_up(carrier: Carrier) -> None:
    carrier.next(Hang(takes=True))
    before = time.time()
    error = refusal(channel(carrier.url, timeout=0.2))
    assert (error.action, error.cause) == (SendAction.UNKNOWN, "timeout")
    until(carrier.messages.find)
    (taken,) = carrier.messages.find()
    assert channel(carrier.url).find_sent(TEXT, before) == taken.sid


def test_what_was_never_taken_is_not_found(carrier: Carrier) -> None:
    carrier.next(Hang())
    refusal(channel(carrier.url, timeout=0.2))
    assert channel(carrier.url).find_sent(TEXT, time.time()) is None


class TestLookUp:
    def test_it_finds_only_the_same_words_to_the_same_address_since_then(self, carrier: Carrier) -> None:
        kept, now = carrier.messages, time.time()
        own = ACCOUNT.sid
        kept.add(own, TEXT.sender, TEXT.recipient, TEXT.body, created=now - 3600)
        kept.add(own, TEXT.sender, TEXT.recipient, "other words", created=now)
        kept.add(own, TEXT.sender, "+447700900124", TEXT.body, created=now)
        kept.add(own, "+447700900002", TEXT.recipient, TEXT.body, created=now)
        kept.add(own, TEXT.sender, TEXT.recipient, TEXT.body, created=now, direction="inbound")
        kept.add(own, TEXT.sender, TEXT.recipient, TEXT.body, created=now, direction="outbound-reply")
        assert channel(carrier.url).find_sent(TEXT, now) is None
        ours = kept.add(own, TEXT.sender, TEXT.recipient, f" {TEXT.body} ", created=now + 1)
        kept.add(own, TEXT.sender, TEXT.recipient, TEXT.body, created=now + 60)
        assert channel(carrier.url).find_sent(TEXT, now) == ours.sid

    def test_the_carriers_times_are_whole_seconds(self, carrier: Carrier) -> None:
        now = int(time.time()) + 0.9
        truncated = carrier.messages.add(ACCOUNT.sid, TEXT.sender, TEXT.recipient, TEXT.body, created=int(now))
        assert channel(carrier.url).find_sent(TEXT, now) == truncated.sid

    @pytest.mark.parametrize(
        ("step", "action", "cause"),
        [
            (Refuse(20003, 401), SendAction.STOP_SENDING, "20003"),
            (Refuse(20429, 429), SendAction.RETRY, "20429"),
            (Say(503), SendAction.UNKNOWN, "http 503"),
            (Say(200, b"no json"), SendAction.UNKNOWN, "no answer"),
            (Say(200, b'{"messages": [{}], "page": 0}'), None, ""),
            (Drop(), SendAction.UNKNOWN, "no answer"),
        ],
    )
    def test_a_look_up_that_fails_says_what_to_do_next(
        self, carrier: Carrier, step: Say | Refuse | Drop, action: SendAction | None, cause: str
    ) -> None:
        carrier.next(step)
        if action is None:
            assert channel(carrier.url).find_sent(TEXT, 0.0) is None
            return
        with pytest.raises(SendError) as refused:
            channel(carrier.url).find_sent(TEXT, 1_000.0)
        assert (refused.value.action, refused.value.cause) == (action, cause)


class TestNothingLeaksR18:
    @pytest.mark.parametrize("step", [Refuse(21610), Say(503), Drop(), None])
    def test_neither_a_log_nor_an_exception_holds_a_number_or_a_word(
        self, carrier: Carrier, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], step: Say | None
    ) -> None:
        caplog.set_level(logging.DEBUG)
        sender = channel(carrier.url)
        if step is not None:
            carrier.next(step, step)
        raised: list[SendError] = []
        for call in (sender.send, partial(sender.find_sent, since=1_000.0)):
            try:
                call(TEXT)
            except SendError as error:
                raised.append(error)
        assert len(raised) == (0 if step is None else 2)
        told = "".join("".join(traceback.format_exception(error)) + repr(error.__context__) for error in raised)
        captured = capfd.readouterr()
        everything = told + caplog.text + captured.out + captured.err
        assert "canary" not in everything
        assert "7700900" not in everything
        assert ACCOUNT.api_secret not in everything

    @pytest.mark.parametrize(
        "url", ["http://api.twilio.com", "ftp://127.0.0.1", "api.twilio.com", "http://127.0.0.1.evil.net"]
    )
    def test_the_key_never_goes_out_in_the_clear(self, url: str) -> None:
        with pytest.raises(ValueError, match="https"):
            channel(url)


def test_the_heavy_library_is_loaded_at_the_first_send_only() -> None:
    probe = (
        "import sys; from gateway.channels.twilio import *;"
        "TwilioChannel('AC', ['t'], PublicUrls.under('https://a.example'), api_key='k', api_secret='s');"
        "sys.exit(len({'twilio.rest', 'requests', 'urllib3'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
