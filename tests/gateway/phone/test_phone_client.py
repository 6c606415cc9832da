"""The phone's line to a gateway: real signed requests, and a clear word where they are not taken."""

from __future__ import annotations

import pytest

from gateway.phone.client import GatewayClient
from gateway.phone.visit import PhoneError
from tests.gateway.phone.gateways import SECRET, Gateway, running
from tests.gateway.served import always, served, unused_address

SENDER, RECIPIENT = "+447700900001", "sms:61016"


def _client(url: str, secret: str = SECRET, sender: str = SENDER) -> GatewayClient:
    return GatewayClient(url, secret, sender=sender, recipient=RECIPIENT)


def test_a_text_reaches_the_gateway_and_its_answer_comes_back():
    with running(Gateway()) as gateway:
        client = _client(gateway.url)

        assert client.text("clapham j") == "You said clapham j"
        client.close()

    (text,) = gateway.texts
    assert (text.medium, text.sender, text.recipient, text.body) == ("sms", "+447700900001", "61016", "clapham j")


def test_nothing_is_answered_where_nothing_is_said():
    with running(Gateway(says=lambda _: None)) as gateway:
        client = _client(gateway.url)

        assert client.text("STOP") is None
        client.close()


def test_each_text_has_an_id_of_its_own_so_that_equal_texts_both_count():
    with running(Gateway()) as gateway:
        client = _client(gateway.url)
        for _ in range(3):
            client.text("no")
        client.close()

    assert len({text.external_id for text in gateway.texts}) == 3


def test_texts_that_a_timer_sent_are_fetched_in_their_order():
    with running(Gateway()) as gateway:
        client = _client(gateway.url)
        gateway.send("one")
        gateway.send("for another phone", to="+447700900002")
        gateway.send("two")

        first, second = client.letters(None)
        assert (first.text, first.sender, second.text) == ("one", "61016", "two")
        assert client.letters(first.id) == [second]
        assert client.letters(second.id) == []
        client.close()


@pytest.mark.parametrize("text", ["\x00", "\ud800", "ŵ" * 100, "</Message>", "x" * 1600, "line\nline"])
def test_p4_any_text_is_taken(text: str):
    with running(Gateway(says=lambda _: "well")) as gateway:
        client = _client(gateway.url)

        assert client.text(text) == "well"
        client.close()


def test_a_wrong_secret_is_said_with_what_to_do():
    with running(Gateway()) as gateway:
        client = _client(gateway.url, secret="another")

        with pytest.raises(PhoneError, match=r"refuses this phone's signature\. Use its data folder"):
            client.text("hello")
        client.close()
    assert gateway.texts == []


def test_a_gateway_that_does_not_run_is_said_with_what_to_do():
    client = _client(unused_address())

    with pytest.raises(
        PhoneError, match=r"No gateway answers at http://127\.0\.0\.1:\d+\. Start one with: quietline up"
    ):
        client.letters(None)
    client.close()


def test_a_text_that_is_too_long_is_said():
    with running(Gateway()) as gateway:
        client = _client(gateway.url)

        with pytest.raises(PhoneError, match="refuses this text: it is too long"):
            client.text("x" * 70_000)
        client.close()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        ("404 NOT FOUND", b"", r"takes no texts from this phone\. Set QUIETLINE_SIMULATOR=on there"),
        ("503 SERVICE UNAVAILABLE", b"", r"cannot take texts just now \(HTTP 503\)"),
        ("302 FOUND", b"", r"cannot take texts just now \(HTTP 302\)"),
        ("200 OK", b"<html>", "is no Quietline gateway"),
        ("200 OK", b"[]", "is no Quietline gateway"),
        ("200 OK", b'{"text": 5}', "is no Quietline gateway"),
        ("200 OK", b"\xff", "is no Quietline gateway"),
    ],
)
def test_whatever_else_answers_is_said_in_a_line(status: str, body: bytes, said: str):
    with served(always(status, body)) as url:
        client = _client(url)
        with pytest.raises(PhoneError, match=said):
            client.text("hello")
        client.close()


@pytest.mark.parametrize("body", [b"{}", b'{"texts": [{}]}', b'{"texts": [5]}', b'{"texts": null}'])
def test_letters_that_are_none_are_said_in_a_line(body: bytes):
    with served(always("200 OK", body)) as url:
        client = _client(url)
        with pytest.raises(PhoneError, match="is no Quietline gateway"):
            client.letters(None)
        client.close()


def test_r18_no_number_stands_in_an_address_or_in_an_error():
    asked: list[str] = []

    def app(environ: dict[str, str], start_response: object) -> list[bytes]:
        asked.append(environ["PATH_INFO"] + "?" + environ["QUERY_STRING"])
        return always("500 INTERNAL SERVER ERROR")(environ, start_response)  # type: ignore[arg-type,return-value]

    with served(app) as url:  # type: ignore[arg-type]
        client = _client(url)
        with pytest.raises(PhoneError) as refused:
            client.text("canary")
        with pytest.raises(PhoneError):
            client.letters(None)
        client.close()

    assert asked == ["/simulator/inbound?", "/simulator/texts?"]
    assert "900001" not in str(refused.value)
    assert "canary" not in str(refused.value)
