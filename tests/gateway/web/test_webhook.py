"""What a carrier is answered: each documented answer, and nothing handed on that was not taken."""

from __future__ import annotations

import io
import logging
from typing import Any
from xml.etree import ElementTree

import pytest
from werkzeug.test import TestResponse

from gateway.web.raw import MAX_BODY
from handlers.ports import BadRequest
from tests import carrier
from tests.carrier import ACCOUNT, OTHER_ACCOUNT
from tests.gateway.web.edge import Edge

ENDPOINTS = ["inbound", "fallback", "status"]


def said(answer: TestResponse) -> str | None:
    """The text in a TwiML answer, None for an empty response."""
    assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
    return ElementTree.fromstring(answer.data).findtext("Message")  # noqa: S314 - our own document


def form_for(endpoint: str) -> list[tuple[str, str]]:
    return carrier.status() if endpoint == "status" else carrier.inbound()


def chunked(body: io.IOBase) -> dict[str, object]:
    """The environment of a server that takes chunks apart by itself and announces no length."""
    return {
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
    }


class TestTaken:
    @pytest.mark.parametrize("endpoint", ["inbound", "fallback"])
    def test_a_text_is_handed_on_and_answered(self, edge: Edge, endpoint: str) -> None:
        answer = edge.carrier_posts(carrier.inbound("hello & <you>"), endpoint)
        assert said(answer) == "Thanks & noted: 13"
        (text,) = edge.texts
        assert (text.external_id, text.body) == (carrier.message_sid(1), "hello & <you>")

    def test_nothing_to_say_says_nothing(self, edge: Edge) -> None:
        edge.says = lambda _: None
        assert said(edge.carrier_posts(carrier.inbound())) is None
        assert len(edge.texts) == 1

    def test_a_status_callback_is_noted_and_answered_with_nothing(self, edge: Edge) -> None:
        assert said(edge.carrier_posts(carrier.status("failed", ErrorCode="30003"), "status")) is None
        assert [(note.status, note.error_code) for note in edge.notes] == [("failed", "30003")]
        assert edge.texts == []

    def test_the_second_token_of_a_rotation_counts_f14(self, edge: Edge) -> None:
        assert said(edge.carrier_posts(carrier.inbound(), token=ACCOUNT.second_token)) is not None

    def test_the_terminal_phone_is_answered_in_json(self, edge: Edge) -> None:
        message = {"id": "one", "from": "+447700900123", "to": "+447700900001", "text": "hello"}
        answer = edge.phone_posts(message)
        assert (answer.status_code, answer.json) == (200, {"text": "Thanks & noted: 5"})
        assert edge.phone_posts({"from": "+447700900123", "after": None}, "texts").json == {"texts": []}
        assert edge.phone_posts({"id": "one", "status": "read"}, "status").json == {"text": None}
        assert (len(edge.texts), len(edge.notes)) == (1, 1)

    def test_what_a_client_claims_about_host_and_scheme_changes_nothing_r15(self, edge: Edge) -> None:
        claims = {
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Prefix": "/evil",
            "Forwarded": "host=evil.example;proto=http",
            "X-Original-URL": "/healthy",
        }
        assert said(edge.carrier_posts(carrier.inbound(), headers=claims)) is not None

    def test_the_requests_own_query_changes_nothing(self, edge: Edge) -> None:
        assert said(edge.carrier_posts(carrier.inbound(), query_string="a=1&MessageSid=x")) is not None

    def test_a_body_of_64_kib_is_taken_and_none_of_it_lost(self, edge: Edge) -> None:
        room = MAX_BODY - len(carrier.encode(carrier.inbound("")))
        answer = edge.carrier_posts(carrier.inbound("x" * room))
        assert said(answer) is not None
        assert len(edge.texts[0].body) == room

    def test_a_chunked_body_is_read_to_its_end(self, edge: Edge) -> None:
        form = carrier.inbound("in pieces")
        answer = edge.carrier_posts(form, data=None, environ_overrides=chunked(io.BytesIO(carrier.encode(form))))
        assert said(answer) == "Thanks & noted: 9"


class TestNotVerified:
    """Answered 403, the same for each reason, and nothing is handed on (R15)."""

    def refused(self, edge: Edge, answer: TestResponse) -> None:
        assert (answer.status_code, answer.data) == (403, b"Not allowed.\n")
        assert answer.content_type == "text/plain; charset=utf-8"
        assert edge.reached == 0

    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    @pytest.mark.parametrize("signature", ["", "wrong", "é", "a" * 8000])
    def test_a_bad_signature(self, edge: Edge, endpoint: str, signature: str) -> None:
        headers = {"X-Twilio-Signature": signature.encode().decode("latin-1")}
        self.refused(edge, edge.carrier_posts(form_for(endpoint), endpoint, headers=headers))

    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_no_signature(self, edge: Edge, endpoint: str) -> None:
        raw = carrier.encode(form_for(endpoint))
        self.refused(
            edge, edge.client.post(f"/twilio/{endpoint}", data=raw, content_type="application/x-www-form-urlencoded")
        )
        self.refused(edge, edge.client.post(f"/twilio/{endpoint}"))
        self.refused(edge, edge.client.post(f"/simulator/{endpoint}", data=b"{}"))

    def test_a_signature_for_another_address_of_ours(self, edge: Edge) -> None:
        signature = {
            "X-Twilio-Signature": carrier.sign(
                ACCOUNT.token, "https://texts.example.org/twilio/status", carrier.inbound()
            )
        }
        self.refused(edge, edge.carrier_posts(carrier.inbound(), headers=signature))

    def test_a_token_of_somebody_else(self, edge: Edge) -> None:
        self.refused(edge, edge.carrier_posts(carrier.inbound(), token=OTHER_ACCOUNT.token))

    def test_another_account(self, edge: Edge) -> None:
        self.refused(edge, edge.carrier_posts(carrier.inbound(AccountSid=OTHER_ACCOUNT.sid)))

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b'{"Body": "hello"}', "application/json"),
            (b'{"Body": "hello"}', "application/x-www-form-urlencoded"),
            (
                b"--x\r\nContent-Disposition: form-data; name=Body\r\n\r\nhello\r\n--x--",
                "multipart/form-data; boundary=x",
            ),
            (b"<Body/>", "text/xml"),
            (b"", "application/x-www-form-urlencoded"),
            (b"\x00\xff\xfe", "application/octet-stream"),
        ],
    )
    def test_a_body_that_is_no_form(self, edge: Edge, body: bytes, kind: str) -> None:
        self.refused(edge, edge.carrier_posts(carrier.inbound(), data=body, content_type=kind))

    def test_a_body_without_a_length_that_nobody_ends(self, edge: Edge) -> None:
        form = carrier.inbound()
        unended = {"wsgi.input": io.BytesIO(carrier.encode(form)), "CONTENT_LENGTH": ""}
        self.refused(edge, edge.carrier_posts(form, data=None, environ_overrides=unended))

    def test_a_body_that_was_changed_on_its_way(self, edge: Edge) -> None:
        self.refused(edge, edge.carrier_posts(carrier.inbound("yes"), data=carrier.encode(carrier.inbound("no"))))


class TestSignedButMalformed:
    @pytest.mark.parametrize(
        ("form", "endpoint", "says"),
        [
            (carrier.inbound(MessageSid="canary"), "inbound", "MessageSid is not of its shape"),
            (carrier.inbound(From="canary\n"), "fallback", "From is not an address"),
            (carrier.inbound(without=["To"]), "inbound", "To is missing"),
            ([*carrier.inbound(), ("Body", "canary")], "inbound", "Body is given twice"),
            (carrier.inbound(NumMedia="1", MediaUrl0="http://canary/"), "inbound", "MediaUrl0 is not an https address"),
            (carrier.status(MessageStatus="canary!"), "status", "MessageStatus is not of its shape"),
        ],
    )
    def test_the_field_is_named_and_nothing_handed_on(
        self, edge: Edge, form: list[tuple[str, str]], endpoint: str, says: str
    ) -> None:
        answer = edge.carrier_posts(form, endpoint)
        assert (answer.status_code, answer.text) == (400, f"Not accepted: {says}.\n")
        assert answer.content_type == "text/plain; charset=utf-8"
        assert edge.reached == 0

    def test_a_phones_nonsense_too(self, edge: Edge) -> None:
        assert edge.phone_posts([]).status_code == 400
        assert edge.phone_posts({"from": ""}, "texts").status_code == 400
        assert edge.reached == 0

    def test_what_the_use_case_refuses_is_answered_alike(self, edge: Edge) -> None:
        edge.breaks = BadRequest("To is not ours")
        answer = edge.carrier_posts(carrier.inbound())
        assert (answer.status_code, answer.text) == (400, "Not accepted: To is not ours.\n")


class TestTooLarge:
    @pytest.mark.parametrize("path", ["/twilio/inbound", "/twilio/fallback", "/twilio/status", "/simulator/inbound"])
    def test_more_than_64_kib_is_refused_before_it_is_read(self, edge: Edge, path: str) -> None:
        answer = edge.client.post(path, data=b"x" * (MAX_BODY + 1))
        assert (answer.status_code, answer.text) == (413, "That is too much at once.\n")

    def test_a_signed_text_is_no_exception(self, edge: Edge) -> None:
        assert edge.carrier_posts(carrier.inbound("x" * MAX_BODY)).status_code == 413
        assert edge.reached == 0

    def test_a_chunked_body_without_an_end_is_cut_off(self, edge: Edge) -> None:
        class Endless(io.RawIOBase):
            served = 0

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                self.served += len(buffer)
                assert self.served < 4 * MAX_BODY
                buffer[:] = b"x" * len(buffer)
                return len(buffer)

        answer = edge.client.post("/twilio/inbound", environ_overrides=chunked(Endless()))
        assert answer.status_code == 413

    @pytest.mark.parametrize("length", ["-1", "x", "1e3", "", "99999999999999999999", "٣"])
    def test_a_length_that_is_none_never_breaks_it(self, edge: Edge, length: str) -> None:
        form = carrier.inbound()
        header = length.encode().decode("latin-1")
        answer = edge.carrier_posts(form, environ_overrides={"CONTENT_LENGTH": header})
        assert answer.status_code in (403, 413)
        assert edge.reached == 0

    def test_a_body_shorter_than_announced_is_not_taken(self, edge: Edge) -> None:
        form = carrier.inbound()
        longer = str(len(carrier.encode(form)) + 100)
        answer = edge.carrier_posts(form, environ_overrides={"CONTENT_LENGTH": longer})
        assert answer.status_code == 400
        assert edge.reached == 0


class TestNotStored:
    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    @pytest.mark.parametrize(
        "error", [RuntimeError("canary"), OSError(28, "canary"), TimeoutError(), KeyError("canary")]
    )
    def test_the_carrier_is_told_to_try_again_with_an_empty_body(
        self, edge: Edge, caplog: pytest.LogCaptureFixture, endpoint: str, error: Exception
    ) -> None:
        edge.breaks = error
        answer = edge.carrier_posts(form_for(endpoint), endpoint)
        assert (answer.status_code, answer.data) == (503, b"")
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert record.getMessage().startswith(f"unexpected {type(error).__name__} at gateway.")
        assert record.exc_info is None
        assert "canary" not in caplog.text

    def test_it_works_again_once_the_store_does(self, edge: Edge) -> None:
        edge.breaks = OSError()
        assert edge.carrier_posts(carrier.inbound()).status_code == 503
        edge.breaks = None
        assert said(edge.carrier_posts(carrier.inbound())) is not None


class TestBothWays:
    """POST is answered before Flask; under a prefix, or by another method, by Flask's own route."""

    @pytest.mark.parametrize("token", [ACCOUNT.token, OTHER_ACCOUNT.token])
    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_the_answers_are_alike(self, edge: Edge, endpoint: str, token: str) -> None:
        straight = edge.carrier_posts(form_for(endpoint), endpoint, token=token)
        prefixed = edge.carrier_posts(
            form_for(endpoint), endpoint, token=token, environ_overrides={"SCRIPT_NAME": "/texts"}
        )
        assert (straight.status_code, straight.data, dict(straight.headers)) == (
            prefixed.status_code,
            prefixed.data,
            dict(prefixed.headers),
        )
        assert edge.reached == (2 if token == ACCOUNT.token else 0)

    def test_a_form_is_read_anew_for_each_request(self, edge: Edge) -> None:
        for number in range(3):
            edge.carrier_posts(carrier.inbound(f"text {number}", MessageSid=carrier.message_sid(number + 1)))
        assert [text.body for text in edge.texts] == ["text 0", "text 1", "text 2"]


class TestMethodsAndPaths:
    @pytest.mark.parametrize(
        "method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"]
    )
    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_only_post_is_possible(self, edge: Edge, method: str, endpoint: str) -> None:
        answer = edge.client.open(f"/twilio/{endpoint}", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert edge.reached == 0

    @pytest.mark.parametrize(
        "path",
        [
            "/twilio",
            "/twilio/",
            "/twilio/inbound/",
            "/twilio//inbound",
            "/Twilio/inbound",
            "/twilio/x",
            "/\x00",
            "/a\r\nb",
            "/é",
        ],
    )
    def test_elsewhere_is_nothing_and_never_a_redirect(self, edge: Edge, path: str) -> None:
        wire = path.encode().decode("latin-1")
        answer = edge.client.post("/", data=b"x", environ_overrides={"PATH_INFO": wire})
        assert (answer.status_code, answer.text) == (404, "There is nothing here.\n")
        assert "Location" not in answer.headers
