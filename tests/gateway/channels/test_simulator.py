"""The terminal phone's channel: signed JSON in, JSON out, texts kept until they are fetched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.mailbox import MemoryMailbox
from gateway.channels.simulator import TOLERANCE_SECONDS, SimulatorChannel, sign
from handlers.ports import LETTERS_AT_ONCE, BadRequest, OutboundText, RawRequest
from tests.naughty import with_naughty_strings

SECRET = "a shared secret"
NOW = 1_800_000_000.0
PATH = "/simulator/inbound"
MESSAGE = {"id": "one", "from": "+447700900123", "to": "+447700900001", "text": "hello"}


def channel(now: float = NOW) -> SimulatorChannel:
    return SimulatorChannel(SECRET, MemoryMailbox(), lambda: now)


def request(
    message: Any = MESSAGE, path: str = PATH, *, secret: str = SECRET, now: float = NOW, raw: bytes | None = None
) -> RawRequest:
    body = json.dumps(message).encode() if raw is None else raw
    headers = {name.lower(): value for name, value in sign(secret, path, body, now).items()}
    return RawRequest("POST", path, headers, body)


def outbound(number: int, recipient: str = "+447700900123") -> OutboundText:
    return OutboundText(f"token-{number}", "sms", "+447700900001", recipient, f"text {number}")


def test_its_reports_are_tests_and_nothing_sends_twice() -> None:
    assert (channel().name, channel().report_status, channel().repeats) == ("simulator", "test", False)


class TestSignature:
    def test_a_phone_that_knows_the_secret_is_believed(self) -> None:
        assert channel().verify(request())

    def test_a_phone_that_does_not_is_not(self) -> None:
        assert not channel().verify(request(secret="another"))

    def test_an_empty_secret_is_refused_at_the_start(self) -> None:
        with pytest.raises(ValueError, match="secret"):
            SimulatorChannel("", MemoryMailbox())

    @pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
    def test_clocks_may_differ_by_five_minutes(self, seconds: int) -> None:
        assert channel(NOW + seconds).verify(request())

    @pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, 10**9])
    def test_an_old_request_cannot_be_played_again(self, seconds: int) -> None:
        assert not channel(NOW + seconds).verify(request())

    def test_a_signature_holds_for_its_time_path_and_body_alone(self) -> None:
        good = request()
        later = str(int(NOW) + 1)
        for other in (
            RawRequest("POST", "/simulator/status", good.headers, good.body),
            RawRequest("POST", PATH + "?x", good.headers, good.body),
            RawRequest("POST", PATH, good.headers, good.body + b" "),
            RawRequest("POST", PATH, {**good.headers, "x-quietline-timestamp": later}, good.body),
        ):
            assert not channel().verify(other)

    @pytest.mark.parametrize("value", ["", "é", "\ud800", "0" * 64, "\x00"])
    @pytest.mark.parametrize("name", ["x-quietline-signature", "x-quietline-timestamp"])
    def test_an_odd_or_missing_header_is_not_verified(self, name: str, value: str) -> None:
        good = request()
        assert not channel().verify(RawRequest("POST", PATH, {**good.headers, name: value}, good.body))
        rest = {other: kept for other, kept in good.headers.items() if other != name}
        assert not channel().verify(RawRequest("POST", PATH, rest, good.body))


class TestParse:
    def test_a_text(self) -> None:
        text = channel().parse(request())
        assert (text.channel, text.external_id, text.medium) == ("simulator", "one", "sms")
        assert (text.sender, text.recipient, text.body) == (MESSAGE["from"], MESSAGE["to"], "hello")
        assert (text.altered, text.carrier_answers, text.media, dict(text.extras)) == (False, None, (), {})

    def test_a_lone_surrogate_is_normalised_e11(self) -> None:
        text = channel().parse(request(raw=json.dumps(MESSAGE).replace("hello", r"a\ud800b").encode()))
        assert (text.body, text.altered) == ("a\ufffdb", True)

    @pytest.mark.parametrize(
        "change",
        [
            {"id": ""},
            {"id": "a b"},
            {"id": 1},
            {"from": None},
            {"from": ""},
            {"from": "\n"},
            {"to": 61016},
            {"text": None},
        ],
    )
    def test_a_field_of_the_wrong_shape_is_named(self, change: dict[str, object]) -> None:
        (name,) = change
        with pytest.raises(BadRequest, match=f"^{name} "):
            channel().parse(request({**MESSAGE, **change}))

    @pytest.mark.parametrize("name", MESSAGE)
    def test_a_missing_field_is_named(self, name: str) -> None:
        with pytest.raises(BadRequest, match=f"^{name} is missing"):
            channel().parse(request({key: value for key, value in MESSAGE.items() if key != name}))

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"text"',
            b"\xff",
            b"\xef\xbb\xbf{}",
            b'{"id": "one", "id": "two"}',
            b"[" * 60_000,
            b'{"id":' * 10_000,
            b"1" * 60_000,
            b"NaN",
        ],
    )
    def test_a_body_that_is_no_object_is_refused(self, raw: bytes) -> None:
        with pytest.raises(BadRequest, match=r"^the body is not "):
            channel().parse(request(raw=raw))

    @given(st.binary(max_size=200))
    def test_no_bytes_make_it_raise_anything_else(self, raw: bytes) -> None:
        with pytest.raises(BadRequest):
            channel().parse(request(raw=raw))


@with_naughty_strings
def test_naughty_strings_are_taken_as_text(text: str) -> None:
    assert len(channel().parse(request({**MESSAGE, "text": text})).body) <= len(text)


class TestStatus:
    def test_a_callback(self) -> None:
        note = channel().parse_status(request({"id": "one", "status": "Delivered", "error": None}))
        assert (note.channel, note.external_id, note.status, note.error_code) == ("simulator", "one", "delivered", None)

    def test_a_callback_with_an_error(self) -> None:
        assert (
            channel().parse_status(request({"id": "one", "status": "failed", "error": "30003"})).error_code == "30003"
        )

    @pytest.mark.parametrize("message", [{"id": "one"}, {"status": "sent"}, {"id": "one", "status": "a b"}, MESSAGE])
    def test_one_of_the_wrong_shape_is_refused(self, message: dict[str, str]) -> None:
        with pytest.raises(BadRequest):
            channel().parse_status(request(message))


@pytest.mark.parametrize("text", [None, "", "Which train is it?", "\ud800 \x00 é"])
def test_the_reply_is_json(text: str | None) -> None:
    answer = channel().reply(text)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.body) == {"text": text}


class TestMailbox:
    def fetch(self, simulator: SimulatorChannel, number: str, after: str | None = None) -> list[dict[str, str]]:
        answer = simulator.fetch(request({"from": number, "after": after}, "/simulator/texts"))
        texts: list[dict[str, str]] = json.loads(answer.body)["texts"]
        return texts

    def test_what_was_sent_is_fetched_in_order_from_where_the_phone_is(self) -> None:
        simulator = channel()
        first, second = simulator.send(outbound(1)), simulator.send(outbound(2))
        assert self.fetch(simulator, "+447700900123") == [
            {"id": first, "from": "+447700900001", "text": "text 1"},
            {"id": second, "from": "+447700900001", "text": "text 2"},
        ]
        assert [text["id"] for text in self.fetch(simulator, "+447700900123", first)] == [second]
        assert self.fetch(simulator, "+447700900123", second) == []

    def test_nobody_fetches_what_others_were_sent(self) -> None:
        simulator = channel()
        simulator.send(outbound(1, "+447700900124"))
        assert self.fetch(simulator, "+447700900123") == []

    def test_the_same_token_is_kept_once_and_found(self) -> None:
        simulator = channel()
        assert simulator.find_sent(outbound(1), 0.0) is None
        sent = simulator.send(outbound(1))
        assert simulator.send(outbound(1)) == sent
        assert simulator.find_sent(outbound(1), 0.0) == sent
        assert len(self.fetch(simulator, "+447700900123")) == 1

    def test_a_long_list_comes_in_pages(self) -> None:
        simulator = channel()
        for number in range(LETTERS_AT_ONCE + 5):
            simulator.send(outbound(number))
        page = self.fetch(simulator, "+447700900123")
        assert len(page) == LETTERS_AT_ONCE
        assert len(self.fetch(simulator, "+447700900123", page[-1]["id"])) == 5
