"""What the carrier tells of answers that went back in its own request: asked for by TwiML, signed, for one text."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.channels.twilio_signature import sign
from handlers.ports import RawRequest
from tests import carrier
from tests.carrier import ACCOUNT

SID = "SM" + "0123456789abcdef" * 2
URLS = PublicUrls.under("https://texts.example.org")


def _channel(status: str = URLS.status) -> TwilioChannel:
    tokens = [ACCOUNT.token, ACCOUNT.second_token]
    return TwilioChannel(ACCOUNT.sid, tokens, PublicUrls(URLS.inbound, URLS.fallback, status))


def _asked(channel: TwilioChannel, answers: str = SID) -> str | None:
    """Where the answer's TwiML wants the news."""
    root = ElementTree.fromstring(channel.reply("Where are you?", answers).body)  # noqa: S314 - our own document
    (message,) = root
    return message.get("action")


def _news(url: str, *, query: str, token: str = ACCOUNT.token) -> RawRequest:
    """A callback that is signed for `url` and sent to the query."""
    pairs = carrier.status("delivered", 7)
    headers = {**carrier.FORM_HEADERS, "x-twilio-signature": sign(token, url, pairs)}
    headers = {name.lower(): value for name, value in headers.items()}
    return RawRequest("POST", f"/twilio/status?{query}", headers, carrier.encode(pairs))


@pytest.mark.parametrize(
    "status", [URLS.status, f"{URLS.status}#rc=2&ct=3000", "https://texts.example.org/twilio/status?host=a"]
)
@pytest.mark.parametrize("token", [ACCOUNT.token, ACCOUNT.second_token])
def test_r15_news_of_an_answer_comes_signed_for_our_address_and_the_texts_id(status: str, token: str) -> None:
    channel = _channel(status)
    asked = _asked(channel)
    assert asked is not None
    request = _news(asked, query=asked.partition("#")[0].partition("?")[2], token=token)
    assert channel.verify(request)
    note = channel.parse_status(request)
    assert (note.answers, note.external_id, note.status) == (SID, carrier.message_sid(7), "delivered")


def test_r15_a_signature_for_one_answer_is_none_for_another_nor_for_none() -> None:
    channel = _channel()
    asked = str(_asked(channel))
    for query in (
        f"of={SID[:-1]}0",
        "",
        "of=",
        f"of={SID}&of={SID}",
        f"of={SID}&a=b",
        f"a=b&of={SID}",
        "of=../inbound",
        "%",
    ):
        assert not channel.verify(_news(asked, query=query)), query
    assert not channel.verify(_news(URLS.status, query=f"of={SID}"))


def test_f1_the_same_text_gets_the_same_bytes_and_no_number_stands_in_the_address() -> None:
    channel = _channel()
    assert channel.reply("hello", SID) == channel.reply("hello", SID)
    assert "7700900" not in str(_asked(channel))


@pytest.mark.parametrize("answers", ["", "SM1", "x" * 34, f'{SID}" to="+447700900001'])
def test_what_is_no_id_of_the_carrier_asks_for_nothing(answers: str) -> None:
    assert _asked(_channel(), answers) is None


def test_news_of_a_text_that_went_by_itself_is_about_no_answer() -> None:
    pairs = carrier.status()
    request = RawRequest(
        "POST",
        "/twilio/status",
        {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": sign(ACCOUNT.token, URLS.status, pairs),
        },
        carrier.encode(pairs),
    )
    assert _channel().verify(request)
    assert _channel().parse_status(request).answers is None
